"""A worker that stops answering is noticed in every phase, killed and replaced."""

import os
import signal
from typing import Any

from core.worker.protocol import Finished, Lost, Progress

HANG_SECONDS = 1.5


def stop(bench: Any) -> int:
    """Stop the worker as a debugger would; returns its process id."""
    pid = int(bench.executor.lanes()["cpu"].pid)
    os.kill(pid, signal.SIGSTOP)
    return pid


async def successor(bench: Any, pid: int) -> None:
    """Wait for a worker with another process id."""
    await bench.until(
        lambda: [
            state.pid
            for state in [bench.executor.lanes()["cpu"]]
            if state.pid not in (None, pid) and state.state == "ready"
        ]
    )


async def test_a_worker_that_hangs_in_a_job_loses_it_with_the_reason(open_bench: Any) -> None:
    bench = await open_bench(hang_seconds=HANG_SECONDS)
    await bench.give("counting", until=100_000)
    await bench.heard(Progress)
    pid = stop(bench)
    silent = await bench.until(
        lambda: [state for state in [bench.executor.lanes()["cpu"]] if "answered" in state.detail]
    )
    assert silent.free == 0
    lost = await bench.ending()
    assert isinstance(lost, Lost)
    assert "has not answered for 3 s" in lost.reason
    assert isinstance(await bench.run("empty", task="after"), Finished)
    assert bench.executor.lanes()["cpu"].pid != pid


async def test_an_idle_worker_that_hangs_is_replaced(open_bench: Any) -> None:
    bench = await open_bench(eager=("cpu",), hang_seconds=HANG_SECONDS)
    await bench.lane_is("cpu", "ready")
    await successor(bench, stop(bench))


async def test_a_worker_that_hangs_while_it_starts_is_replaced(open_bench: Any) -> None:
    bench = await open_bench(hang_seconds=HANG_SECONDS)
    await bench.give("empty", value=7)
    await bench.until(lambda: [pid for pid in [bench.executor.lanes()["cpu"].pid] if pid])
    pid = stop(bench)
    done = await bench.ending()
    assert isinstance(done, Finished), "a job that no worker began is not lost"
    assert bench.executor.lanes()["cpu"].pid != pid


async def test_a_worker_that_goes_on_in_time_keeps_its_job(open_bench: Any) -> None:
    bench = await open_bench(hang_seconds=6)
    await bench.give("counting", until=300)
    await bench.heard(Progress)
    pid = stop(bench)
    await bench.until(
        lambda: [state for state in [bench.executor.lanes()["cpu"]] if "answered" in state.detail]
    )
    os.kill(pid, signal.SIGCONT)
    assert isinstance(await bench.ending(), Finished)
    assert bench.executor.lanes()["cpu"].detail == ""


async def test_a_long_silent_operation_is_not_a_hung_worker(open_bench: Any) -> None:
    bench = await open_bench(hang_seconds=HANG_SECONDS)
    done = await bench.run("crash", how="deaf", seconds=5)
    assert isinstance(done, Finished)
