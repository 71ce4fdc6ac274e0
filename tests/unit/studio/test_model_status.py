"""Models for clients: their memory needs against the device, and the time of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelMissing
from core.models.library.library import Library
from core.settings import ROOT, Settings
from core.studio.model_status import ModelStatus
from core.tasks.estimate import Estimates
from tests.decoding import shared_decoders

GPU = {"kind": "cuda", "memory_bytes": 24 << 30, "free_bytes": 20 << 30}
TINY = {"kind": "cuda", "memory_bytes": 1 << 20, "free_bytes": 1 << 20}
Make = Callable[..., ModelStatus]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The status of the built-in model on a device."""

    def made(device: dict[str, Any], estimates: Estimates | None = None) -> ModelStatus:
        settings = Settings(data_dir=tmp_path, model_dirs=(ROOT / "models",))
        library = Library([ROOT / "models"], presets_dir=ROOT / "presets")
        estimates = estimates or Estimates()
        return ModelStatus(settings, library, estimates, shared_decoders(), lambda: device)

    return made


def test_the_memory_of_a_device_is_its_own_and_that_of_a_processor_the_machines(make: Make) -> None:
    on_gpu, on_cpu = make(GPU).free_memory(), make({"kind": "cpu"}).free_memory()
    assert (on_gpu.kind, on_gpu.total, on_gpu.free) == ("cuda", 24 << 30, 20 << 30)
    assert on_cpu.kind == "cpu"
    assert on_cpu.free == on_cpu.ram_free <= on_cpu.total


def test_a_fit_takes_the_defaults_of_the_model_and_names_its_plan(make: Make) -> None:
    status = make(GPU)
    fit = status.fit("nano", None, None, 2, ())
    assert (fit["model"], fit["num_images"]) == ("nano", 2)
    assert fit["fits"] is True
    assert fit["plan"]["id"] in {plan["id"] for plan in fit["plans"] if plan["fits"]}
    assert fit["needed_bytes"] <= fit["free_bytes"]
    larger = status.fit("nano", 2 * fit["width"], 2 * fit["height"], 2, ())
    assert larger["width"] == 2 * fit["width"]
    assert larger["needed_bytes"] >= fit["needed_bytes"]


def test_a_device_without_room_has_no_plan_and_says_so(make: Make) -> None:
    fit = make(TINY).fit("nano", None, None, 1, ())
    assert (fit["fits"], fit["plan"]) == (False, None)
    assert fit["needed_bytes"] > fit["free_bytes"]
    assert fit["sentence"]


def test_an_unknown_model_or_lora_is_named(make: Make) -> None:
    for model, loras in (("flux9", ()), ("nano", ("no such LoRA",))):
        with pytest.raises(ModelMissing):
            make(GPU).fit(model, None, None, 1, loras)


def test_the_models_of_this_machine_come_with_modes_and_state(make: Make) -> None:
    models = {model["id"]: model for model in make(GPU).models()}
    assert models["nano"]["state"] == "present"
    assert "generate" in models["nano"]["modes"]
    assert models["nano"]["memory"]["fits"] is True
    missing = [model for model in models.values() if model["state"] == "missing"]
    assert missing
    assert all(model["memory"] is None and model["modes"] for model in missing)
