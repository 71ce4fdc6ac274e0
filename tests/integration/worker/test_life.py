"""Starting, stopping and giving up; and no worker outlives its server."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.settings import ROOT, Settings
from core.worker.process import VISIBLE_DEVICES
from core.worker.protocol import Finished, Hello, Lost, Progress, Start, Yielded
from core.worker.supervisor import Supervisor
from core.worker.worker_settings import WorkerSettings
from tests.child_processes import survivors

SERVER = """
import asyncio, sys
from pathlib import Path
from core.settings import Settings
from core.worker.local_executor import LocalExecutor
from core.worker.protocol import Start

async def main():
    settings = Settings(data_dir=Path(sys.argv[1]), operation_modules="tests.operations.crash")
    executor = LocalExecutor(settings)
    executor.subscribe(lambda report: print(report.type, flush=True))
    await executor.start()
    start = Start(task_id="deaf", attempt=1, lane="cpu", operation="crash", params={"how": "deaf"})
    await executor.run(start)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_children_die_with_a_killed_server(tmp_path: Path) -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVER,
        str(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert server.stdout is not None
    async with asyncio.timeout(60):
        while (await server.stdout.readline()).strip() != b"progress":
            pass
    children = psutil.Process(server.pid).children(recursive=True)
    assert len(children) == 2, "a device worker that warms and a cpu worker in the middle of a job"
    os.kill(server.pid, signal.SIGKILL)
    await server.wait()
    assert not await asyncio.to_thread(survivors, children, 2)


async def test_stopping_lets_a_short_job_end(bench: Any) -> None:
    await bench.give("counting", until=30, pause=0.01)
    await bench.heard(Progress)
    await bench.executor.stop(60)
    assert isinstance(await bench.ending(), Finished)
    assert bench.executor.lanes()["cpu"].state == "stopped"


async def test_stopping_without_grace_loses_the_job(bench: Any) -> None:
    await bench.give("crash", how="deaf")
    await bench.heard(Progress)
    await bench.executor.stop(0)
    assert isinstance(await bench.ending(), Lost)


async def test_a_job_after_stopping_is_lost(bench: Any) -> None:
    await bench.executor.stop(0)
    assert isinstance(await bench.run("empty"), Lost)


async def test_a_worker_that_cannot_start_gives_up_and_says_why(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, operation_modules="tests.no_such_module", _env_file=None)
    hello = Hello(lane="cpu", settings=WorkerSettings.of(settings))
    reports: list[Any] = []
    changed = asyncio.Event()
    worker = Supervisor(
        hello,
        report=reports.append,
        changed=changed.set,
        cancel_grace=1,
        hang_seconds=20,
        backoff=(0.01, 0.01),
    )
    worker.start(lazy=True)
    await worker.run(Start(task_id="task", attempt=1, lane="cpu", operation="empty", params={}))
    async with asyncio.timeout(90):
        while worker.state != "failed":
            changed.clear()
            await changed.wait()
    assert [type(report) for report in reports] == [Lost]
    assert "no_such_module" in reports[0].reason
    assert worker.free == 1, "a new job makes it try again"
    await worker.stop(0)


async def test_the_device_worker_says_what_it_does_until_it_is_ready_and_logs_no_noise(
    device_bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    state = device_bench.executor.lanes()["device"]
    assert (state.state, state.free) == ("starting", 0)
    ready = await device_bench.lane_is("device", "ready")
    assert ready.device["kind"] in ("cpu", "cuda")
    assert ready.memory["total_bytes"] > 0
    assert ready.free == 1
    size = {"width": 64, "height": 64}
    drawing = {"model": "nano", "prompt": "a house", "num_inference_steps": 1, "seed": 1, **size}
    result = await device_bench.run("generate", lane="device", guidance_scale=1.0, **drawing)
    assert isinstance(result, Finished)
    worker = [record for record in caplog.records if getattr(record, "worker", "") == "device"]
    assert worker, "it says that it loads the model"
    strange = [
        record.getMessage()
        for record in worker
        if record.name == "core.worker.process" or record.levelno != logging.INFO
    ]
    assert strange == [], "libraries write nothing into the log"


async def test_a_killed_worker_comes_back_without_a_task(open_bench: Any) -> None:
    bench = await open_bench(eager=("cpu",))
    ready = await bench.lane_is("cpu", "ready")
    os.kill(ready.pid, signal.SIGKILL)
    await bench.lane_is("cpu", "restarting", "starting")
    again = await bench.lane_is("cpu", "ready")
    assert again.pid != ready.pid
    assert again.restarts == 1


async def test_two_devices_run_two_tasks_at_once_each_on_its_own_worker(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VISIBLE_DEVICES, "")  # two workers that compute on the processor
    bench = await open_bench(eager=("device",), devices="0,1")
    await bench.until(lambda: [True] if bench.executor.lanes()["device"].free == 2 else [])
    assert bench.executor.lanes()["device"].concurrency == 2
    for index in (0, 1):
        expected = bench.executor.lanes()["device"].next_device
        assert expected["index"] == index
        await bench.give(
            "counting_device", lane="device", device=index, task=f"task {index}", until=10_000
        )
    for index in (0, 1):
        await bench.heard(Progress, f"task {index}")
    assert not bench.endings("task 0")
    assert bench.executor.lanes()["device"].free == 0
    for index in (0, 1):
        await bench.executor.request_yield(f"task {index}", 1)
        assert isinstance(await bench.ending(f"task {index}"), Yielded)
    pids = [
        (await bench.run("probe_device", lane="device", device=index, task=f"probe {index}"))
        .outputs[0]
        .value["pid"]
        for index in (1, 0, 1)
    ]
    assert pids[0] == pids[2] != pids[1]


async def test_workers_leave_no_process_behind(bench: Any) -> None:
    done = await bench.run("probe")
    pid = done.outputs[0].value["pid"]
    await bench.executor.stop(5)
    with suppress(psutil.NoSuchProcess):
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
