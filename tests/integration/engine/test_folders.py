"""Whole models from disk: folders of every family, and models whose parts lie in several places."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.engine.device import Device
from core.engine.loaders.assembly import Assembly, assemble
from core.engine.loaders.part import PartSource
from core.engine.pool import ModelPool
from core.errors import ModelBroken
from core.models.families import FAMILIES
from core.models.library.library import Library
from tests.integration.engine import layouts
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CALL, FAMILY, loaded
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import tiny

FLOAT = {"default": torch.float32}


def saved(name: str, shelf: Path) -> Path:
    """A tiny model as a diffusers folder, with a record that keeps its texts short."""
    folder = shelf / name
    tiny(name).save_pretrained(folder)
    (folder / "qpyt.json").write_text(json.dumps({"call": CALL[name]}), encoding="utf-8")
    if name == "flux2":  # as the published folder has it
        rewrite_index(folder, tokenizer=["transformers", "PixtralProcessor"])
    processor = FAMILIES[FAMILY[name]].components.get("processor")
    if processor is not None:
        rewrite_index(folder, processor=[*processor.classes[0]])
    return folder


def rewrite_index(folder: Path, **entries: Any) -> None:
    index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    (folder / "model_index.json").write_text(json.dumps({**index, **entries}), encoding="utf-8")


def pool(shelf: Path) -> ModelPool:
    return ModelPool(Library([shelf]), Device("cpu", "CPU", torch.float32, 8 << 30))


def drawn(model: Any, name: str, mode: str) -> bytes:
    result: bytes = model.draw(mode, parameters(name, mode), seed=3, report=Steps()).tobytes()
    return result


def align(model: Any) -> None:
    """Move the weights to addresses as torch gives them.

    Those of a file lie where its header ends, and some processors round otherwise there.
    """
    for part in model.pipeline.components.values():
        for tensor in part.parameters() if isinstance(part, torch.nn.Module) else ():
            tensor.data = tensor.data.clone()


@pytest.mark.parametrize("name", FAMILY)
def test_a_folder_draws_what_the_model_in_memory_draws(tmp_path: Path, name: str) -> None:
    saved(name, tmp_path)
    model = pool(tmp_path).get(name)
    align(model)
    mode = next(iter(model.model.modes))
    assert drawn(model, name, mode) == drawn(loaded(name), name, mode)
    assert model.preview is not None, "its factors are measured when it is loaded"
    meta = [
        key
        for part in model.pipeline.components.values()
        if isinstance(part, torch.nn.Module)
        for key, item in part.state_dict().items()
        if item.is_meta
    ]
    assert not meta


def test_a_folder_that_names_a_checker_of_pictures_is_loaded_without_it(tmp_path: Path) -> None:
    folder = saved("sd15", tmp_path)
    rewrite_index(
        folder,
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
        feature_extractor=["transformers", "CLIPImageProcessor"],
        requires_safety_checker=True,
    )
    assert pool(tmp_path).get("sd15").pipeline.safety_checker is None


def test_a_folder_with_half_precision_files_only_is_loaded(tmp_path: Path) -> None:
    folder = saved("sdxl", tmp_path)
    for part in ("unet", "vae"):
        plain = folder / part / "diffusion_pytorch_model.safetensors"
        plain.rename(plain.with_name("diffusion_pytorch_model.fp16.safetensors"))
    model = pool(tmp_path).get("sdxl")
    assert drawn(model, "sdxl", "generate") == drawn(loaded("sdxl"), "sdxl", "generate")


def rewritten(path: Path, rename: Callable[[str], str], **more: torch.Tensor) -> None:
    """The same tensors under other names, and more of them."""
    state = {rename(name): item.contiguous() for name, item in load_file(path).items()}
    save_file(state | more, path, {"format": "pt"})


def old_attention(name: str) -> str:
    """A VAE's attention under the names of diffusers when SD1.5 was published."""
    for new, old in (
        ("to_q", "query"),
        ("to_k", "key"),
        ("to_v", "value"),
        ("to_out.0", "proj_attn"),
    ):
        name = name.replace(f".attentions.0.{new}.", f".attentions.0.{old}.")
    return name


@pytest.mark.parametrize("name", ["sd15", "sdxl", "flux1"])
def test_a_folder_with_the_names_of_older_libraries_draws_the_same(
    tmp_path: Path, name: str
) -> None:
    """As the published ones are: CLIP a level deeper, the VAE with other words."""
    folder = saved(name, tmp_path)
    rewritten(folder / "text_encoder" / "model.safetensors", lambda key: f"text_model.{key}")
    rewritten(folder / "vae" / "diffusion_pytorch_model.safetensors", old_attention)
    model = pool(tmp_path).get(name)
    assert drawn(model, name, "generate") == drawn(loaded(name), name, "generate")


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_a_tensor_in_a_folder_that_nothing_asks_for_is_named(tmp_path: Path, part: str) -> None:
    folder = saved("sd15", tmp_path)
    (path,) = (folder / part).glob("*.safetensors")
    rewritten(path, str, **{"decoder.surprise.weight": torch.ones(2)})
    with pytest.raises(ModelBroken, match=rf"{part}/.+: unexpected: decoder\.surprise\.weight"):
        pool(tmp_path).get("sd15")


def test_what_older_tools_leave_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    folder = saved("sd15", tmp_path)
    left = {
        "text_model.embeddings.position_ids": torch.arange(77)[None],
        "text_projection.weight": torch.ones(32, 32),
    }
    rewritten(
        folder / "text_encoder" / "model.safetensors", lambda key: f"text_model.{key}", **left
    )
    model = pool(tmp_path).get("sd15")
    assert drawn(model, "sd15", "generate") == drawn(loaded("sd15"), "sd15", "generate")


def klein_in_parts(shelf: Path) -> Assembly:
    """A single transformer in the original layout, the VAE as one file, the rest in folders."""
    whole = saved("klein", shelf)
    pipeline = tiny("klein")
    transformer = layouts.write(
        layouts.flux2_original(pipeline.transformer.state_dict()), shelf / "klein.safetensors"
    )
    vae = layouts.write(
        layouts.flux2_vae_original(pipeline.vae.state_dict()), shelf / "ae.safetensors"
    )
    return Assembly(
        "Flux2KleinPipeline",
        {
            "transformer": PartSource(
                "transformer", ("diffusers", "Flux2Transformer2DModel"), transformer
            ),
            "vae": PartSource("vae", ("diffusers", "AutoencoderKLFlux2"), vae),
        },
        {
            "text_encoder": (("transformers", "Qwen3ForCausalLM"), whole / "text_encoder"),
            "tokenizer": (("transformers", "Qwen2TokenizerFast"), whole / "tokenizer"),
        },
        ("FlowMatchEulerDiscreteScheduler", dict(pipeline.scheduler.config)),
        {"is_distilled": False},
    )


def test_a_model_in_parts_draws_what_the_whole_one_draws(tmp_path: Path) -> None:
    pipeline = assemble(klein_in_parts(tmp_path), FLOAT)
    pipeline.set_progress_bar_config(disable=True)
    whole = drawn(loaded("klein"), "klein", "generate")
    assert drawn(loaded("klein", pipeline), "klein", "generate") == whole


def test_models_in_parts_share_what_they_have_in_common(tmp_path: Path) -> None:
    shared: dict[Any, Any] = {}
    assembly = klein_in_parts(tmp_path)
    item, other = assemble(assembly, FLOAT, shared), assemble(assembly, FLOAT, shared)
    for name in ("text_encoder", "vae"):
        mine, theirs = getattr(item, name), getattr(other, name)
        assert mine is not theirs, "an adapter or a hook of one model must not act in the other"
        addresses = [[value.data_ptr() for value in part.parameters()] for part in (mine, theirs)]
        assert addresses[0] == addresses[1]
    assert item.scheduler is not other.scheduler


def test_a_part_that_is_nowhere_is_named(tmp_path: Path) -> None:
    assembly = klein_in_parts(tmp_path)
    without = {name: item for name, item in assembly.folders.items() if name != "text_encoder"}
    with pytest.raises(ModelBroken, match="'text_encoder' is missing"):
        assemble(Assembly(assembly.class_name, assembly.files, without, assembly.scheduler), FLOAT)
