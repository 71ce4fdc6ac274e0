"""A cancel in every phase of a job: one ending, and the worker goes on."""

from typing import Any

from core.worker.protocol import Cancelled, Computed, Finished, Lost, Progress


async def test_a_job_that_waits_for_its_worker_is_cancelled_at_once(bench: Any) -> None:
    await bench.give("empty", task="waiting")
    await bench.executor.cancel("waiting", 1)
    assert isinstance(await bench.ending("waiting"), Cancelled)
    assert isinstance(await bench.run("empty"), Finished)


async def test_a_job_behind_another_is_cancelled_without_waiting_for_it(bench: Any) -> None:
    await bench.give("counting", task="long", until=100_000)
    await bench.heard(Progress, "long")
    await bench.give("empty", task="behind")
    await bench.executor.cancel("behind", 1)
    assert isinstance(await bench.ending("behind"), Cancelled)
    assert not bench.endings("long")


async def test_a_running_job_stops_within_a_step(bench: Any) -> None:
    await bench.give("counting", until=1_000_000)
    await bench.heard(Progress)
    pid = bench.executor.lanes()["cpu"].pid
    await bench.executor.cancel("task", 1)
    assert isinstance(await bench.ending(), Cancelled)
    assert isinstance(await bench.run("empty", task="next"), Finished)
    assert bench.executor.lanes()["cpu"].pid == pid


async def test_a_job_whose_pictures_are_being_stored_ends_once(bench: Any) -> None:
    await bench.give("painting", count=4, side=900, noise=True)
    await bench.heard(Computed)
    await bench.executor.cancel("task", 1)
    assert isinstance(await bench.ending(), Cancelled | Finished)
    assert isinstance(await bench.run("empty", task="next"), Finished)
    assert len(bench.endings()) == 1


async def test_a_job_that_does_not_listen_is_killed_after_the_grace(open_bench: Any) -> None:
    bench = await open_bench(cancel_grace_seconds=0.3)
    await bench.give("crash", how="deaf")
    await bench.heard(Progress)
    await bench.executor.cancel("task", 1)
    assert isinstance(await bench.ending(), Cancelled)
    assert isinstance(await bench.run("empty", task="next"), Finished)
    assert bench.executor.lanes()["cpu"].restarts == 1


async def test_only_the_cancelled_job_is_cancelled_when_its_worker_is_killed(
    open_bench: Any,
) -> None:
    bench = await open_bench(cancel_grace_seconds=0.3)
    await bench.give("crash", how="deaf", task="deaf")
    await bench.heard(Progress, "deaf")
    worker = bench.executor._lanes["cpu"][0]
    worker._held[("storing", 1)] = "storing"  # as if its images were still being written
    await bench.executor.cancel("deaf", 1)
    assert isinstance(await bench.ending("deaf"), Cancelled)
    assert isinstance(await bench.ending("storing"), Lost)


async def test_a_cancel_for_an_ended_or_unknown_job_does_nothing(bench: Any) -> None:
    await bench.run("empty")
    await bench.executor.cancel("task", 1)
    await bench.executor.cancel("nobody", 9)
    assert isinstance(await bench.run("empty", task="next"), Finished)
    assert len(bench.endings()) == 1


async def test_a_generation_is_cancelled_in_every_phase(device_bench: Any) -> None:
    bench = device_bench
    drawing = {
        "prompt": "a red house at night",
        "model": "nano",
        "width": 128,
        "height": 128,
        "num_inference_steps": 8,
        "guidance_scale": 3.0,
        "seed": 4,
    }
    for phase in ("loading", "encoding prompt", "denoising", "decoding"):
        await bench.give("generate", lane="device", task=phase, num_images=64, **drawing)
        await bench.heard(Progress, phase, phase=phase)
        await bench.executor.cancel(phase, 1)
        assert isinstance(await bench.ending(phase), Cancelled)
    after = await bench.run("generate", lane="device", task="after", num_images=1, **drawing)
    assert isinstance(after, Finished)
