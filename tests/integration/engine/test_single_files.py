"""Models that are a single file in the library: completed, loaded, drawing as the whole one."""

import gc
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.engine.device import Device
from core.engine.loaded import Loaded
from core.engine.loaders.assembly import Shared
from core.engine.loading import load_pipeline
from core.engine.loras import inspected
from core.engine.pool import ModelPool
from core.errors import InvalidInput, ModelBroken
from core.models.families import FAMILIES
from core.models.fit.fit import fit_of
from core.models.fit.plans import GIB, FreeMemory, MemoryPlan
from core.models.library.library import Library
from core.models.library.model import Model, WeightsSource
from core.models.library.record import Record
from core.models.recognition.finding import Finding
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.integration.engine import layouts
from tests.integration.engine.stand_in import CALL, loaded
from tests.integration.engine.test_folders import drawn, saved
from tests.integration.engine.tiny_models import tiny

CPU = Device("cpu", "CPU", torch.float32, 8 << 30)


def offered(path: Path, part: str, *files: Path, **more: Any) -> WeightsSource:
    return WeightsSource(path, part, weights=tuple(read_weights(file) for file in files), **more)


def folder_of(path: Path, part: str, **more: Any) -> WeightsSource:
    return offered(path, part, *sorted(path.glob("*.safetensors")), **more)


def klein(shelf: Path, kind: str) -> Model:
    """A klein as the library describes a single file: its transformer here, the rest there."""
    whole = saved("klein", shelf)
    pipeline = tiny("klein")
    state = layouts.flux2_original(pipeline.transformer.state_dict())
    vae = layouts.flux2_vae_original(pipeline.vae.state_dict())
    prefix = ""
    if kind == "gguf":
        path = layouts.write_gguf(state, shelf / "one.gguf", "F32")
    elif kind == "checkpoint":
        prefix = "model.diffusion_model."
        both = {prefix + name: item for name, item in state.items()}
        both |= {f"first_stage_model.{name}": item for name, item in vae.items()}
        path = layouts.write(both, shelf / "one.safetensors")
    else:
        path = layouts.write(state, shelf / "one.safetensors")
    if kind == "checkpoint":
        vae_source = offered(path, "vae-flux2", path, prefix="first_stage_model.")
    else:
        alone = layouts.write(vae, shelf / "ae.safetensors")
        vae_source = offered(alone, "vae-flux2", alone)
    return Model(
        "one",
        path,
        FAMILIES["flux2-klein"],
        Record(call=CALL["klein"]),
        False,
        {"transformer": (read_weights(path),)},
        layout="checkpoint" if kind == "checkpoint" else "transformer",
        finding=Finding("transformer", prefix=prefix),
        sources={
            "text_encoder": folder_of(whole / "text_encoder", "qwen3-4b"),
            "tokenizer": offered(whole / "tokenizer", "tokenizer-qwen"),
            "vae": vae_source,
        },
    )


@pytest.mark.parametrize("kind", ["safetensors", "gguf"])
def test_a_family_that_the_engine_knows_by_its_record_alone_loads_from_a_single_file(
    tmp_path: Path, kind: str
) -> None:
    """Chroma: nothing in the loaders names it."""
    if kind == "gguf":
        pytest.importorskip("gguf")
    whole, pipeline = saved("chroma", tmp_path), tiny("chroma")
    state = pipeline.transformer.state_dict()
    path = tmp_path / f"one.{kind}"
    if kind == "gguf":
        layouts.write_gguf(state, path, "F32")
    else:
        layouts.write(state, path)
    network = read_weights(path)
    vae = layouts.write(pipeline.vae.state_dict(), tmp_path / "ae.safetensors")
    known = {"latent_channels": 16, "scaling_factor": 0.3611, "shift_factor": 0.1159}
    model = Model(
        "one",
        path,
        FAMILIES["chroma"],
        Record(call=CALL["chroma"]),
        False,
        {"transformer": (network,)},
        layout="transformer",
        finding=recognise(network.header, path),
        sources={
            "text_encoder": folder_of(whole / "text_encoder", "t5-xxl"),
            "tokenizer": offered(whole / "tokenizer", "tokenizer-t5"),
            "vae": offered(vae, "vae-flux1", vae),
        },
    )
    result = load_pipeline(model, CPU)
    assert {key: result.vae.config[key] for key in known} == known
    ours = drawn(loaded("chroma", result), "chroma", "generate")
    assert ours == drawn(loaded("chroma"), "chroma", "generate")


@pytest.mark.parametrize("kind", ["transformer", "checkpoint", "gguf"])
def test_a_single_file_draws_what_the_whole_model_draws(tmp_path: Path, kind: str) -> None:
    if kind == "gguf":
        pytest.importorskip("gguf")
    pipeline = load_pipeline(klein(tmp_path, kind), CPU)
    whole = tiny("klein")
    whole.scheduler = pipeline.scheduler  # the record's, not the folder's
    ours = drawn(loaded("klein", pipeline), "klein", "generate")
    assert ours == drawn(loaded("klein", whole), "klein", "generate")
    assert pipeline.config.is_distilled is False


def test_a_folder_that_completes_a_file_is_complete_itself(tmp_path: Path) -> None:
    model = klein(tmp_path, "transformer")
    path = model.sources["text_encoder"].path / "model.safetensors"
    state = load_file(path)
    del state["model.layers.3.mlp.up_proj.weight"]
    save_file(state, path, {"format": "pt"})
    lacking = folder_of(path.parent, "qwen3-4b")
    changed = replace(model, sources={**model.sources, "text_encoder": lacking})
    with pytest.raises(ModelBroken, match=r"model\.layers\.3\.mlp\.up_proj\.weight' is missing"):
        load_pipeline(changed, CPU)


def test_a_leased_model_shares_no_part_with_one_that_is_loaded_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, library = klein(tmp_path, "transformer"), Library([])
    monkeypatch.setattr(library, "get", lambda _model_id: model)
    pool = ModelPool(library, CPU)
    with pool.lease("one") as leased:
        beside = pool.get("one")
        for name in ("transformer", "text_encoder", "vae"):
            assert getattr(leased.pipeline, name) is not getattr(beside.pipeline, name)
    assert pool.get("one") is beside


def test_parts_are_shared_unless_a_plan_changes_them(tmp_path: Path) -> None:
    model, shared = klein(tmp_path, "transformer"), Shared()
    first = load_pipeline(model, CPU, shared=shared)
    second = load_pipeline(model, CPU, shared=shared)
    assert weight_of(first) is weight_of(second)
    small = MemoryPlan("small", "", "device", {"transformer": "fp8"})
    assert weight_of(load_pipeline(model, CPU, small, shared)) is not weight_of(first)
    assert first.transformer.dtype is torch.float32
    del first, second
    gc.collect()
    assert not shared, "weights go with the last model that uses them"


def weight_of(pipeline: Any) -> torch.nn.Parameter:
    weight: torch.nn.Parameter = next(pipeline.text_encoder.parameters())
    return weight


def test_a_snapshot_names_the_format_that_each_part_is_held_in(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    model = klein(tmp_path, "gguf")
    packed = Loaded(model, load_pipeline(model, CPU), CPU).facts["precision"]
    assert packed == {"transformer": "gguf F32", "text_encoder": "float32", "vae": "float32"}
    smaller = MemoryPlan("small", "", "device", {"transformer": "nf4"})
    small = Loaded(loaded("klein").model, tiny("klein"), CPU, plan=smaller).facts
    assert small["precision"]["transformer"] == "nf4"
    assert small["memory_plan"] == "small"


def test_an_fp8_folder_is_expanded_where_there_is_no_gpu(tmp_path: Path) -> None:
    model = klein(tmp_path, "transformer")
    folder = model.sources["text_encoder"].path
    path = folder / "model.safetensors"
    state = load_file(path)
    name = "model.layers.0.mlp.up_proj.weight"
    weight = state[name]
    state[name] = (weight / 0.05).to(torch.float8_e4m3fn)
    state[f"{name}_scale_inv"] = torch.tensor([[0.05]])
    save_file(state, path, {"format": "pt"})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["quantization_config"] = {"quant_method": "fp8", "weight_block_size": [128, 128]}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    fp8 = folder_of(folder, "qwen3-4b", precision="fp8_e4m3")
    sources = {**model.sources, "text_encoder": fp8}
    changed = replace(model, sources=sources)
    result = load_pipeline(changed, CPU).text_encoder
    expanded = result.get_parameter(name)
    assert expanded.dtype is torch.float32
    assert torch.allclose(expanded, weight, rtol=0.07, atol=1e-3)


def test_the_fit_counts_the_parts_that_complete_a_file(tmp_path: Path) -> None:
    model = klein(tmp_path, "checkpoint")
    numbers = sum(
        item.numel()
        for part in ("transformer", "text_encoder", "vae")
        for item in getattr(tiny("klein"), part).state_dict().values()
    )
    room = FreeMemory("cpu", 8 * GIB, 8 * GIB, 8 * GIB)
    needs = {plan.id: need.device for plan, need in fit_of(model, room, 64, 64).needs}
    small = {plan.id: need.device for plan, need in fit_of(model, room, 64, 48).needs}
    assert needs["device"] > numbers * 4
    assert small["device"] < needs["device"]


def test_a_file_that_is_no_lora_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    model = klein(tmp_path, "transformer")
    with pytest.raises(InvalidInput, match="is not a LoRA"):
        inspected(model.path, model)
    (tmp_path / "pickle.safetensors").write_bytes(b"\x80\x04rubbish")
    with pytest.raises(Exception, match="pickle"):
        inspected(tmp_path / "pickle.safetensors", model)
    with pytest.raises(InvalidInput, match="cannot be read"):
        inspected(tmp_path / "nowhere.safetensors", model)


def test_a_lora_for_another_model_names_the_models_it_fits(tmp_path: Path) -> None:
    state = {}
    for block in range(2):
        stem = f"unet.down_blocks.1.attentions.{block}.transformer_blocks.0.attn2.to_k"
        state[f"{stem}.lora_A.weight"] = torch.ones(2, 2048)
        state[f"{stem}.lora_B.weight"] = torch.ones(640, 2)
    path = layouts.write(state, tmp_path / "xl.safetensors")
    with pytest.raises(InvalidInput, match="SDXL"):
        inspected(path, klein(tmp_path, "transformer"))
