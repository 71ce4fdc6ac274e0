"""Memory that runs out: a smaller plan, one more try, then numbers. And what goes when idle."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine import pool as pools
from core.engine.device import Device
from core.engine.pool import ModelPool
from core.errors import OutOfMemory
from core.models.fit.fit import fit_of
from core.models.fit.plans import GIB, FreeMemory
from core.models.library.library import Library
from tests.integration.engine.reports import Steps
from tests.integration.engine.test_folders import saved
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import tiny


class Gpu(Device):
    """A graphics card that is not there: pipelines stay on the processor."""

    def used(self) -> int:
        return 0

    def free_memory(self) -> FreeMemory:
        return FreeMemory("cuda", self.memory, self.memory, 64 * GIB)

    def free_caches(self) -> None:
        pass


@pytest.fixture
def gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A pool on that card, and the plans that models were loaded by."""
    saved("sd15", tmp_path)
    plans: list[str] = []

    def load(model: Any, device: Device, plan: Any, shared: Any) -> Any:
        plans.append(plan.id)
        return tiny("sd15")

    monkeypatch.setattr(pools, "load_pipeline", load)
    device = Gpu("cuda", "Card", torch.float32, 24 * GIB)
    return ModelPool(Library([tmp_path]), device), plans


class Full:
    """A report that finds memory full the first `times`."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, phase: str, **more: Any) -> None:
        if phase == "denoising" and self.left:
            self.left -= 1
            raise torch.OutOfMemoryError("CUDA out of memory")


def test_running_out_steps_one_plan_down_and_tries_once_more(gpu: Any) -> None:
    pool, plans = gpu
    model, warnings = pool.get("sd15"), []

    def warn(code: str, detail: str, field: str | None = None) -> None:
        warnings.append(code)

    picture = model.draw(
        "generate", parameters("sd15", "generate"), seed=3, report=Full(1), warn=warn
    )
    assert picture.size == (64, 96)
    assert plans == ["device", "offload"]  # an image this small is one tile
    assert warnings == ["memory_plan"]


def test_running_out_twice_fails_with_numbers(gpu: Any) -> None:
    pool, plans = gpu
    with pytest.raises(OutOfMemory, match=r"needs at least .+ GB for 64×96; 24.0 GB are free"):
        pool.get("sd15").draw("generate", parameters("sd15", "generate"), seed=3, report=Full(9))
    assert plans == ["device", "offload"]  # an image this small is one tile


def test_after_stepping_down_the_model_stays_at_the_smaller_plan(gpu: Any) -> None:
    pool, plans = gpu
    for full in (1, 0):
        model = pool.get("sd15")
        model.draw("generate", parameters("sd15", "generate"), seed=3, report=Full(full))
    assert plans == ["device", "offload"]
    assert pool.get("sd15").facts["memory_plan"] == "offload", "as a snapshot will say"


def test_a_model_lost_on_the_way_down_is_loaded_anew(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, plans = gpu
    first, load = pool.get("sd15"), pools.load_pipeline

    def full(*args: Any) -> Any:
        raise OutOfMemory("There is no room.")

    monkeypatch.setattr(pools, "load_pipeline", full)
    with pytest.raises(OutOfMemory):
        first.draw("generate", parameters("sd15", "generate"), seed=3, report=Full(1))
    monkeypatch.setattr(pools, "load_pipeline", load)
    again = pool.get("sd15")
    assert again is not first
    assert again.draw("generate", parameters("sd15", "generate"), seed=3, report=Full(0))
    assert plans == ["device", "device"]


def test_other_failures_are_not_taken_for_full_memory(gpu: Any) -> None:
    pool, plans = gpu
    with pytest.raises(KeyboardInterrupt):
        pool.get("sd15").draw(
            "generate", parameters("sd15", "generate"), seed=3, report=Steps(("denoising", 1))
        )
    assert plans == ["device"]


def test_running_out_while_loading_goes_on_to_the_next_plan(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, plans = gpu

    def load(model: Any, device: Device, plan: Any, shared: Any) -> Any:
        plans.append(plan.id)
        if plan.id != "offload":
            raise OutOfMemory("There is no room.")
        return tiny("sd15")

    monkeypatch.setattr(pools, "load_pipeline", load)
    assert pool.get("sd15").plan.id == "offload"
    assert plans == ["device", "device-tiled", "offload"]


def test_what_nobody_uses_goes(gpu: Any) -> None:
    pool, _ = gpu
    pool.get("sd15")
    assert pool.unload_idle(60) == []
    assert list(pool.loaded()) == ["sd15"]
    assert pool.unload_idle(-1) == ["sd15"]
    assert pool.loaded() == {}


def test_a_model_goes_by_request(gpu: Any) -> None:
    pool, _ = gpu
    pool.get("sd15")
    assert pool.unload("sd15")
    assert not pool.unload("sd15")


def test_the_fit_of_a_model_counts_what_its_files_hold(gpu: Any) -> None:
    pool, _ = gpu
    model = pool.get("sd15").model
    result = fit_of(model, FreeMemory("cpu", 8 * GIB, 8 * GIB, 8 * GIB), 512, 512)
    assert result.plan is not None
    assert result.sentence.startswith("fits: ")
    extra = fit_of(model, result.memory, 512, 512, extra=GIB)
    assert extra.needs[0][1].device == result.needs[0][1].device + GIB
