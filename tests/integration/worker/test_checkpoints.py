"""Checkpoints: files that a worker streams into the store and back, and the folder they lie in."""

import os
import signal
from typing import Any

from core.worker.protocol import Finished, Lost, Progress, Yielded

OPERATIONS = "tests.operations.empty,tests.operations.checkpointing"
MEGABYTES = 64
LIMIT_KIB = 24 << 10  # far less than the checkpoint


async def test_a_large_checkpoint_never_comes_into_memory(open_bench: Any) -> None:
    bench = await open_bench(operation_modules=OPERATIONS)
    before = (await bench.run("probe", task="before")).outputs[0].value["peak_kib"]
    await bench.give("checkpointing", megabytes=MEGABYTES)
    await bench.heard(Progress)
    await bench.executor.request_yield("task", 1)
    yielded = await bench.ending()
    assert isinstance(yielded, Yielded)
    assert bench.store.stat(yielded.checkpoint_key).size == MEGABYTES << 20
    after = (await bench.run("probe", task="after")).outputs[0].value["peak_kib"]
    assert after - before < LIMIT_KIB
    done = await bench.run("checkpointing", attempt=2, checkpoint=yielded.checkpoint_key)
    assert isinstance(done, Finished)
    assert done.outputs[0].value["sha256"] == yielded.checkpoint_key
    assert done.outputs[0].value["peak_kib"] - before < LIMIT_KIB


async def test_the_files_of_a_run_are_removed_at_its_end(open_bench: Any) -> None:
    bench = await open_bench(operation_modules=OPERATIONS)
    work = bench.settings.data_dir / "work"
    await bench.give("checkpointing", megabytes=1)
    await bench.heard(Progress)
    assert len(list(work.iterdir())) == 1
    await bench.executor.cancel("task", 1)
    await bench.ending()
    await bench.run("empty", task="next")
    assert list(work.iterdir()) == []


async def test_the_files_of_a_killed_worker_are_removed_by_the_next_one(open_bench: Any) -> None:
    bench = await open_bench(operation_modules=OPERATIONS)
    work = bench.settings.data_dir / "work"
    await bench.give("checkpointing", megabytes=1)
    await bench.heard(Progress)
    os.kill(bench.executor.lanes()["cpu"].pid, signal.SIGKILL)
    assert isinstance(await bench.ending(), Lost)
    assert len(list(work.iterdir())) == 1
    await bench.run("empty", task="next")
    assert list(work.iterdir()) == []
