"""The pool: what stays warm, what goes, and models that cannot be loaded."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelBroken, ModelMissing
from core.models.library.library import Library
from core.settings import ROOT
from tests.integration.engine.reports import Steps

NANO = ROOT / "models" / "nano"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A models directory with two copies of the built-in model."""
    for name in ("one", "two"):
        shutil.copytree(NANO, tmp_path / name)
    return tmp_path


def pool_of(shelf: Path, budget: int = 0) -> Any:
    import torch

    from core.engine.device import Device
    from core.engine.pool import ModelPool

    return ModelPool(Library([shelf]), Device("cpu", "CPU", torch.float32, 8 << 30), budget)


def rewrite(path: Path, drop: str) -> None:
    """Write a safetensors file again without one tensor."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    start, end = header.pop(drop)["data_offsets"]
    body = raw[8 + length :]
    for entry in header.values():
        if "data_offsets" in entry and entry["data_offsets"][0] >= end:
            entry["data_offsets"] = [at - (end - start) for at in entry["data_offsets"]]
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body[:start] + body[end:])


def test_a_model_is_loaded_once(shelf: Path) -> None:
    pool = pool_of(shelf)
    assert pool.get("one") is pool.get("one")
    assert pool.loads == 1


def test_the_model_used_longest_ago_makes_room(shelf: Path) -> None:
    pool = pool_of(shelf, budget=50 << 20)
    first = pool.get("one")
    pool.get("two")
    assert pool.get("one") is not first
    assert pool.loads == 3


def test_two_models_stay_when_there_is_room(shelf: Path) -> None:
    pool = pool_of(shelf, budget=100 << 20)
    first = pool.get("one")
    pool.get("two")
    assert pool.get("one") is first


def test_another_model_beside_it_does_not_reload_it(shelf: Path) -> None:
    pool = pool_of(shelf)
    first = pool.get("one")
    shutil.copytree(NANO, shelf / "three")
    assert pool.get("one") is first


def test_a_model_whose_record_changed_is_loaded_again(shelf: Path) -> None:
    pool = pool_of(shelf)
    first = pool.get("one")
    (shelf / "one" / "qpyt.json").write_text(
        json.dumps({"label": "another name"}), encoding="utf-8"
    )
    assert pool.get("one") is not first


def test_after_running_out_of_memory_everything_can_be_loaded_again(shelf: Path) -> None:
    pool = pool_of(shelf)
    pool.get("one")
    pool.free_caches()
    pool.get("one")
    assert pool.loads == 2


def test_nothing_is_collected_on_the_way_of_a_warm_model(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pool_of(shelf, budget=50 << 20)
    collected: list[str] = []
    pool.get("one")
    monkeypatch.setattr("gc.collect", lambda: collected.append("collected"))
    call = {**pool.get("one").model.defaults("generate"), "prompt": "a", "num_inference_steps": 1}
    pool.get("one").draw("generate", call, seed=1, report=Steps())
    assert collected == []
    pool.get("two")
    assert collected == ["collected"], "between two models, when one makes room"


def test_a_missing_model_is_named(shelf: Path) -> None:
    with pytest.raises(ModelMissing, match="nowhere"):
        pool_of(shelf).get("nowhere")


def test_a_file_cut_off_behind_the_librarys_back_is_named(shelf: Path) -> None:
    pool = pool_of(shelf)
    weights = shelf / "one" / "transformer" / "diffusion_pytorch_model.safetensors"
    pool._library.models()
    os.truncate(weights, weights.stat().st_size - 10)
    with pytest.raises(ModelBroken, match=r"transformer/diffusion_pytorch_model\.safetensors"):
        pool.get("one")
    assert pool.get("two")


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder"])
def test_a_tensor_that_is_missing_is_named(shelf: Path, part: str) -> None:
    path = next((shelf / "one" / part).glob("*.safetensors"))
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    name = sorted(key for key in header if key != "__metadata__")[-1]
    rewrite(path, name)
    with pytest.raises(ModelBroken) as caught:
        pool_of(shelf).get("one")
    assert name.removeprefix("model.") in caught.value.detail
    assert part in caught.value.detail


def test_weights_of_another_shape_are_refused(shelf: Path) -> None:
    config = shelf / "one" / "transformer" / "config.json"
    content = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps({**content, "num_attention_heads": 4}), encoding="utf-8")
    with pytest.raises(ModelBroken):
        pool_of(shelf).get("one")
