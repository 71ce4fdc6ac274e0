"""Operations and processes that go wrong: each job gets one ending, and work goes on."""

import hashlib
import os
import random
import signal
from typing import Any

import pytest

import core.worker.process
from core.worker.protocol import Computed, Failed, Finished, Lost, Progress


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("error", "task_failed"),
        ("memory", "out_of_memory"),
        ("sys_exit", "task_failed"),
        ("not_json", "task_failed"),
    ],
)
async def test_what_an_operation_raises_fails_the_task_and_spares_the_worker(
    bench: Any, how: str, code: str
) -> None:
    await bench.run("empty", task="before")
    pid = bench.executor.lanes()["cpu"].pid
    done = await bench.run("crash", how=how)
    assert isinstance(done, Failed)
    assert done.error["code"] == code
    assert isinstance(await bench.run("empty", task="after"), Finished)
    assert bench.executor.lanes()["cpu"].pid == pid


@pytest.mark.parametrize(("how", "words"), [("exit", "exit code 3"), ("kill", "SIGKILL")])
async def test_a_worker_that_dies_loses_its_job_with_the_reason_and_comes_back(
    bench: Any, how: str, words: str
) -> None:
    lost = await bench.run("crash", how=how)
    assert isinstance(lost, Lost)
    assert words in lost.reason
    assert f"about to misbehave: {how}" in lost.reason
    assert isinstance(await bench.run("empty", task="after"), Finished)


async def test_a_job_that_kills_its_worker_once_succeeds_the_second_time(bench: Any) -> None:
    assert isinstance(await bench.run("crash", how="kill_once"), Lost)
    assert isinstance(await bench.run("crash", how="kill_once", attempt=2), Finished)


async def test_prints_of_an_operation_do_not_reach_the_protocol(bench: Any) -> None:
    assert isinstance(await bench.run("crash", how="print"), Finished)


async def test_lines_that_are_no_messages_are_ignored(bench: Any) -> None:
    assert isinstance(await bench.run("crash", how="garbage"), Finished)


async def test_a_line_over_the_limit_ends_the_worker(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.worker.process, "LINE_LIMIT", 100_000)
    bench = await open_bench()
    lost = await bench.run("crash", how="garbage")
    assert isinstance(lost, Lost)
    assert "100000 bytes" in lost.reason
    assert isinstance(await bench.run("empty", task="after"), Finished)


async def test_a_store_that_cannot_be_written_fails_the_task_and_recovers(bench: Any) -> None:
    blocked = bench.settings.data_dir / "assets"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    done = await bench.run("painting", count=2)
    assert isinstance(done, Failed)
    assert done.error["code"] in ("storage_unavailable", "storage_full")
    blocked.unlink()
    assert isinstance(await bench.run("painting", task="after"), Finished)


async def test_killing_workers_at_random_moments_leaves_no_partial_file(bench: Any) -> None:
    moments = random.Random(0)
    bench.executor._lanes["cpu"][0]._backoff = (0.01,)
    for round_number in range(8):
        task = f"task {round_number}"
        await bench.give("painting", task=task, count=20, side=300, noise=True)
        await bench.heard(Progress if moments.random() < 0.7 else Computed, task)
        pid = bench.executor.lanes()["cpu"].pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        assert isinstance(await bench.ending(task), Lost | Finished)
    for key in bench.store.keys():
        assert hashlib.sha256(bench.store.local_path(key).read_bytes()).hexdigest() == key


async def test_every_job_has_exactly_one_ending(bench: Any) -> None:
    for number, how in enumerate(("error", "exit", "print", "kill", "memory")):
        await bench.run("crash", task=f"task {number}", how=how)
    assert isinstance(await bench.run("empty", task="after"), Finished)
    assert [len(bench.endings(f"task {number}")) for number in range(5)] == [1] * 5
