"""The script for full-size models on a GPU: all of it, on tiny models and a processor."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks import full_size, gpu, gpu_ways
from tests.integration.engine.stand_in import CPU
from tests.integration.engine.tiny_models import tiny

TINY = {
    "flux1-dev": "flux1",
    "flux2-klein-4b": "klein-distilled",
    "sdxl-base": "sdxl",
    "sd35-large": "sd3",
}


STEPS = 2
"""Steps of an image where the ways to run a model are compared, not their figures."""


def few_steps(*arguments: Any) -> dict[str, Any]:
    """The arguments of a pipeline call of few steps."""
    return {**full_size.call(*arguments), "num_inference_steps": STEPS}


def wordless(name: str) -> Any:
    """A tiny model of the same kind, without tokenizers."""
    pipeline = tiny(TINY[name])
    for part in pipeline.components:
        if part.startswith("tokenizer"):
            setattr(pipeline, part, None)
    return pipeline


@pytest.fixture
def tiny_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that answers as a GPU, and models that it can hold."""
    monkeypatch.setattr(gpu, "choose_device", lambda: CPU)
    monkeypatch.setattr(gpu, "quiet", lambda: None)
    monkeypatch.setattr(full_size, "make", lambda name, device, dtype: wordless(name))
    monkeypatch.setattr(gpu_ways, "PICTURES", dict.fromkeys(gpu_ways.PICTURES, 2))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    for name in ("memory_allocated", "max_memory_allocated", "max_memory_reserved"):
        monkeypatch.setattr(torch.cuda, name, lambda: 3 << 30)


@pytest.mark.usefixtures("tiny_gpu")
def test_every_model_is_read_drawn_and_told_beside_its_estimate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "fits", lambda need, room: True)
    assert gpu.main(["--size", "64", "--json", str(tmp_path / "found.json")]) == 0
    result = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert [item["model"] for item in result] == list(full_size.CASES)
    assert [item["steps"] for item in result] == [28, 4, 30, 28]
    assert all(0 < item["picture"] <= item["first"] for item in result)
    assert "3.0 GiB" in capsys.readouterr().out


@pytest.mark.usefixtures("tiny_gpu")
def test_a_model_that_does_not_fit_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "fits", lambda need, room: False)
    assert gpu.main(["sdxl-base"]) == 0
    assert "sdxl-base        device           skipped: needs" in capsys.readouterr().out


@pytest.mark.usefixtures("tiny_gpu")
def test_every_way_to_run_a_model_is_measured_or_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gpu, "fits", lambda need, room: True)
    monkeypatch.setattr(gpu, "full_size", SimpleNamespace(**{**vars(full_size), "call": few_steps}))
    monkeypatch.setattr(gpu, "ways", lambda name, kind: gpu_ways.ways(name, "cuda"))
    monkeypatch.setattr(gpu_ways.Way, "missing", property(lambda way: bool(way.needs)))
    monkeypatch.setattr(torch.nn.Module, "compile", lambda network: None)
    monkeypatch.setattr(torch.compiler, "reset", lambda: None)
    asked = ["sdxl-base", "--way", "all", "--size", "64", "--json"]
    assert gpu.main([*asked, str(tmp_path / "r")]) == 0
    rows = {row["way"]: row for row in json.loads((tmp_path / "r").read_text(encoding="utf-8"))}
    assert rows.keys() == gpu_ways.ways("sdxl-base", "cuda").keys()
    assert {name for name, row in rows.items() if "missing" in row} == {
        way.name for way in gpu_ways.ways("sdxl-base", "cuda").values() if way.needs
    }
    assert rows["lora"]["difference"] > 0 == rows["device"]["difference"]
    assert rows["lora"]["estimate"] > rows["device"]["estimate"]
