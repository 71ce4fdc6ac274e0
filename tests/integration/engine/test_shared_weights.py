"""Models that share weights: adapters stay apart, and weights go with the last model."""

import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from core.engine import loras
from core.engine import pool as pools
from core.engine.device import Device
from core.engine.pool import ModelPool
from core.errors import OutOfMemory
from core.models.families import FAMILIES
from core.models.fit.fit import parts_of
from core.models.fit.plans import FreeMemory, need, plans
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.recognition.finding import Finding
from core.models.weights.file import read_weights
from tests.integration.engine import layouts
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CALL
from tests.integration.engine.test_folders import saved
from tests.integration.engine.test_loras import RANK, lora
from tests.integration.engine.test_memory import Full, Gpu
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.test_single_files import folder_of, offered
from tests.integration.engine.tiny_models import tiny

CPU = Device("cpu", "CPU", torch.float32, 8 << 30)


class Pair(Library):
    """Two FLUX.1 transformers in single files that take all other parts from the same places."""

    def __init__(self, shelf: Path) -> None:
        super().__init__([])
        whole, pipeline = saved("flux1", shelf), tiny("flux1")
        vae = layouts.write(pipeline.vae.state_dict(), shelf / "ae.safetensors")
        sources = {
            "text_encoder": folder_of(whole / "text_encoder", "clip-l"),
            "text_encoder_2": folder_of(whole / "text_encoder_2", "t5-xxl"),
            "tokenizer": offered(whole / "tokenizer", "tokenizer-clip"),
            "tokenizer_2": offered(whole / "tokenizer_2", "tokenizer-t5"),
            "vae": offered(vae, "vae-flux1", vae),
        }
        path = layouts.write(pipeline.transformer.state_dict(), shelf / "first.safetensors")
        first = Model(
            "first",
            path,
            FAMILIES["flux1"],
            Record(call=CALL["flux1"]),
            False,
            {"transformer": (read_weights(path),)},
            layout="transformer",
            finding=Finding("transformer"),
            sources=sources,
        )
        self.pair = {"first": first, "second": replace(first, id="second")}

    def get(self, model_id: str) -> Model:
        return self.pair[model_id]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Pair(tmp_path)


def drawn(pool: ModelPool, model_id: str, *used: Any) -> bytes:
    wanted = {**parameters("flux1", "generate"), "loras": used}
    result: bytes = pool.get(model_id).draw("generate", wanted, seed=3, report=Steps()).tobytes()
    return result


@pytest.fixture
def of_text_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A LoRA of the text encoder; a tiny model's widths are those of no family."""
    monkeypatch.setattr(loras, "inspected", lambda *_: Finding("lora"))
    random, state = torch.Generator().manual_seed(0), {}
    for key, module in tiny("flux1").text_encoder.named_modules():
        if key.endswith(("q_proj", "v_proj")):
            stem = f"text_encoder.text_model.{key}"
            down = torch.randn(RANK, module.in_features, generator=random)
            up = torch.randn(module.out_features, RANK, generator=random)
            state |= {f"{stem}.lora_A.weight": down, f"{stem}.lora_B.weight": up}
    path = tmp_path / "voice.safetensors"
    save_file(state, path)
    return lora(path)


def test_a_lora_of_one_model_never_acts_in_another_that_shares_its_text_encoder(
    library: Library, of_text_encoder: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = ModelPool(library, CPU, find_lora=Path)
    plain = drawn(pool, "second")
    changed = drawn(pool, "first", of_text_encoder)
    assert changed != plain
    pool.get("second").embeddings.clear()
    assert drawn(pool, "second") == plain
    assert drawn(pool, "second", of_text_encoder) == changed
    pool.get("first").embeddings.clear()
    assert drawn(pool, "first") == plain
    pool.get("second").embeddings.clear()
    assert drawn(pool, "second", of_text_encoder) == changed
    monkeypatch.setattr(loras, "KEPT", 0)
    assert drawn(pool, "first") == plain, "its copy of the adapter is deleted"
    pool.get("second").embeddings.clear()
    assert drawn(pool, "second", of_text_encoder) == changed


def test_shared_weights_count_once(library: Library) -> None:
    pool = ModelPool(library, CPU)
    alone = pool.get("first").bytes
    pool.get("second")
    assert pool._held() == alone, "the transformer's file is the same, too"


@pytest.fixture
def third(library: Any, tmp_path: Path) -> str:
    """A model with a transformer of its own and all other parts of the first."""
    state = {name: tensor + 1 for name, tensor in tiny("flux1").transformer.state_dict().items()}
    path = layouts.write(state, tmp_path / "third.safetensors")
    library.pair["third"] = replace(
        library.pair["first"], id="third", path=path, weights={"transformer": (read_weights(path),)}
    )
    return "third"


@pytest.mark.parametrize(("spare", "stays"), [(0, True), (-1, False)])
def test_weights_that_a_loaded_model_shares_count_once_against_the_budget(
    library: Any, third: str, spare: int, stays: bool
) -> None:
    sizes = parts_of(library.get(third), "cpu").bytes({})
    pool = ModelPool(library, CPU, sum(sizes.values()) + sizes["transformer"] + spare)
    pool.get("first")
    pool.get(third)
    assert set(pool.loaded()) == ({"first", third} if stays else {third})


@pytest.mark.parametrize(("spare", "stays"), [(0, True), (-1, False)])
def test_weights_that_a_loaded_model_shares_need_no_free_memory(
    library: Any, third: str, spare: int, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parts_of(library.get(third), "cpu")
    whole = need(plans("cpu")[-1], parts, "cpu", 1024, 1024).device
    total = whole + parts.bytes({})["transformer"] + spare
    pool = ModelPool(library, CPU)

    def left(device: Device) -> FreeMemory:
        return FreeMemory("cpu", total, total - pool._held(), total - pool._held())

    monkeypatch.setattr(Device, "free_memory", left)
    pool.get("first")
    pool.get(third)
    assert set(pool.loaded()) == ({"first", third} if stays else {third})


def test_a_leased_copy_needs_room_for_all_its_weights(library: Any, third: str) -> None:
    """It shares nothing, because its weights may be changed."""
    sizes = parts_of(library.get(third), "cpu").bytes({})
    pool = ModelPool(library, CPU, sum(sizes.values()) + sizes["transformer"])
    pool.get("first")
    with pool.lease(third):
        assert not pool.loaded()


@pytest.fixture
def weights(library: Library, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A pool on a card that is not there, and the plans with the weights alive at each load."""
    loads: list[tuple[str, int]] = []
    tensors: list[weakref.ref[Any]] = []
    load = pools.load_pipeline

    def watched(model: Any, device: Device, plan: Any, shared: Any) -> Any:
        loads.append((plan.id, sum(tensor() is not None for tensor in tensors)))
        pipeline = load(model, CPU, replace(plan, placement="device", formats={}), shared)
        parts = (part for part in pipeline.components.values() if isinstance(part, torch.nn.Module))
        tensors.extend(weakref.ref(tensor) for part in parts for tensor in part.parameters())
        return pipeline

    monkeypatch.setattr(pools, "load_pipeline", watched)
    return ModelPool(library, Gpu("cuda", "Card", torch.float32, 24 << 30)), loads


def test_stepping_down_frees_the_weights_of_a_single_file_before_it_loads_them_anew(
    weights: Any,
) -> None:
    pool, loads = weights
    wanted = parameters("flux1", "generate")
    assert pool.get("first").draw("generate", wanted, seed=3, report=Full(1))
    assert [alive for _, alive in loads] == [0, 0]
    assert len({plan for plan, _ in loads}) == 2


def test_a_model_whose_files_changed_is_freed_before_it_is_loaded_again(
    weights: Any, library: Any
) -> None:
    pool, loads = weights
    pool.get("first")
    library.pair["first"] = replace(library.pair["first"], distilled=True)
    pool.get("first")
    assert [alive for _, alive in loads] == [0, 0]


def test_weights_that_ran_out_of_memory_while_loading_are_freed_before_the_next_plan(
    weights: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, loads = weights
    load = pools.load_pipeline

    def short(*arguments: Any) -> Any:
        pipeline = load(*arguments)
        if len(loads) == 1:
            raise OutOfMemory(f"No memory is left for {pipeline}.")
        return pipeline

    monkeypatch.setattr(pools, "load_pipeline", short)
    assert pool.get("first")
    assert [alive for _, alive in loads] == [0, 0]
