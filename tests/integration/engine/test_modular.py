"""Models that diffusers has as modular blocks only: folders and single files of the library."""

import json
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.engine.loading import load_pipeline
from core.engine.pipeline_class import pipeline_class
from core.errors import ModelBroken
from core.models.families import FAMILIES
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CALL, CPU, loaded
from tests.integration.engine.test_folders import drawn, pool
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.test_new_layouts import anima
from tests.integration.engine.test_single_files import folder_of, offered
from tests.integration.engine.tiny_models import tiny


def published(shelf: Path, name: str = "anima") -> Path:
    """A folder as diffusers saves it from its own pipeline."""
    folder, parts = shelf / name, tiny(name)
    pipeline = parts.modular()
    pipeline.update_components(**parts.components)
    pipeline.save_pretrained(str(folder), overwrite_modular_index=True)
    (folder / "qpyt.json").write_text(json.dumps({"call": CALL[name]}), encoding="utf-8")
    return folder


def change_index(folder: Path, **entries: Any) -> None:
    path = folder / "modular_model_index.json"
    index = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**index, **entries}), encoding="utf-8")


def test_a_folder_without_a_scheduler_gets_that_of_the_record(tmp_path: Path) -> None:
    folder = published(tmp_path, "flux3")
    assert not (folder / "scheduler").exists()
    change_index(folder, tokenizer=["transformers", "Qwen3VLProcessor", {}])
    model = pool(tmp_path).get("flux3")
    assert drawn(model, "flux3", "generate") == drawn(loaded("flux3"), "flux3", "generate")


def test_a_folder_with_a_modular_index_draws_what_its_parts_draw(tmp_path: Path) -> None:
    folder = published(tmp_path)
    # As published: parts that were never loaded have only the type to load.
    spec = {"repo": "somebody/else", "type_hint": ["diffusers", "AutoencoderKLQwenImage"]}
    change_index(folder, vae=[None, None, spec])
    model = pool(tmp_path).get("anima")
    assert drawn(model, "anima", "generate") == drawn(loaded("anima"), "anima", "generate")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"vae": ["my_code", "Thing", {}]}, "'vae' must be AutoencoderKLQwenImage"),
        ({"extra": ["my_code", "Thing", {}]}, "the unknown entry 'extra'"),
        ({"_class_name": "WanModularPipeline"}, "'WanModularPipeline' is not one"),
    ],
)
def test_an_index_that_names_other_code_is_refused(
    tmp_path: Path, entry: dict[str, Any], words: str
) -> None:
    change_index(published(tmp_path), **entry)
    refused = Library([tmp_path]).refused()
    assert words in refused["anima"].detail


@pytest.mark.parametrize("part", ["transformer", "text_conditioner"])
def test_a_tensor_too_many_or_too_few_in_a_folder_ends_with_its_name(
    tmp_path: Path, part: str
) -> None:
    (path,) = (published(tmp_path) / part).glob("*.safetensors")
    state = load_file(path)
    save_file({**state, "surprise.weight": torch.ones(2)}, path, {"format": "pt"})
    with pytest.raises(ModelBroken, match=rf"{part}/.+: unexpected: surprise\.weight"):
        pool(tmp_path).get("anima")
    lost = next(name for name in state if "norm_k" in name or "k_norm" in name)
    del state[lost]
    save_file(state, path, {"format": "pt"})
    with pytest.raises(ModelBroken, match=f"'{lost}' is missing"):
        pool(tmp_path).get("anima")


def test_the_arguments_of_a_call_are_those_of_the_blocks() -> None:
    from core.engine.pipeline_run import accepted

    kind = pipeline_class("AnimaModularPipeline")
    names = accepted(kind.__call__)
    assert {"prompt_embeds", "image", "strength", "sigmas", "callback_on_step_end"} <= names
    assert "prompt" not in names, "texts are encoded apart"
    assert kind is pipeline_class("AnimaModularPipeline")


def test_blocks_that_pipelines_share_stay_as_they_were() -> None:
    tiny("anima")
    loop = diffusers.AnimaAutoBlocks().sub_blocks["denoise"].sub_blocks["img2img"]
    assert list(loop.sub_blocks["denoise"].sub_blocks) == [
        "before_denoiser",
        "denoiser",
        "after_denoiser",
    ]


def test_the_original_file_brings_its_conditioner(tmp_path: Path) -> None:
    """The text encoder, the VAE and the tokenizers come from elsewhere in the library."""
    folder, whole = published(tmp_path), tiny("anima")
    path = tmp_path / "one.safetensors"
    state = {f"net.{name}": t for name, t in anima(whole.transformer.state_dict()).items()}
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    file = read_weights(path)
    finding = recognise(file.header, path)
    assert (finding.role, finding.family, finding.prefix) == ("checkpoint", "anima", "net.")
    assert finding.matched == finding.total
    own = {"text_encoder": "qwen3-0.6b", "vae": "vae-qwen-image"}
    tokenizers = {"tokenizer": "tokenizer-qwen", "t5_tokenizer": "tokenizer-t5"}
    sources = {name: folder_of(folder / name, part) for name, part in own.items()}
    sources |= {name: offered(folder / name, part) for name, part in tokenizers.items()}
    sources["text_conditioner"] = offered(
        path, "anima-text-conditioner", path, prefix=finding.contains["text_conditioner"]
    )
    model = Model(
        "one",
        path,
        FAMILIES["anima"],
        Record(call=CALL["anima"]),
        False,
        {"transformer": (file,)},
        layout="checkpoint",
        finding=finding,
        sources=sources,
    )
    result = load_pipeline(model, CPU)
    result.text_conditioner.register_to_config(min_sequence_length=32)  # as the tiny one has it
    expected = drawn(loaded("anima"), "anima", "generate")
    assert drawn(loaded("anima", result), "anima", "generate") == expected


def lora_of(path: Path, sides: dict[str, tuple[int, int]]) -> dict[str, torch.Tensor]:
    """A LoRA of rank 2 for modules with these outputs and inputs, in a file."""
    random = torch.Generator().manual_seed(0)
    state = {
        f"{name}.lora_{matrix}.weight": torch.randn(*shape, generator=random)
        for name, (out, into) in sides.items()
        for matrix, shape in (("A", (2, into)), ("B", (out, 2)))
    }
    save_file(state, path)
    return state


@pytest.mark.parametrize(
    "sides",
    [
        {
            "diffusion_model.blocks.0.self_attn.q_proj": (32, 32),
            "diffusion_model.llm_adapter.blocks.0.self_attn.v_proj": (16, 16),
        },
        {"text_conditioner.blocks.0.cross_attn.q_proj": (16, 16)},
    ],
    ids=["original", "diffusers"],
)
def test_a_lora_of_network_and_conditioner_is_that_of_diffusers(
    tmp_path: Path, sides: dict[str, tuple[int, int]]
) -> None:
    path = tmp_path / "anima.safetensors"
    state, made, parts = lora_of(path, sides), loaded("anima"), tiny("anima")
    plain = drawn(made, "anima", "generate")
    wanted = {**parameters("anima", "generate"), "loras": [{"name": str(path), "weight": 1.0}]}
    ours = made.draw("generate", wanted, seed=3, report=Steps()).tobytes()
    parts.load_lora_weights(state, adapter_name="own")  # a method of diffusers
    assert ours == drawn(loaded("anima", parts), "anima", "generate") != plain
    assert drawn(made, "anima", "generate") == plain
