"""Every mode of every family draws exactly what a direct call of diffusers draws."""

from copy import deepcopy
from functools import cache
from importlib import import_module
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from core.engine.loaded import Loaded
from core.engine.loaders.processor import image_text_processor
from core.engine.modes.qwen_image_edit import image_positions
from core.engine.pipeline_run import text_model
from core.engine.render_request import RenderRequest
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CALL, loaded, model
from tests.integration.engine.tiny_models import FAMILY, GUIDED, narrow, tiny

# Outpainting is inpainting with other defaults: its mode names the same function.
ALL = [(name, mode) for name in FAMILY for mode in model(name).modes if mode != "outpaint"]
PARTIAL = ("img2img", "inpaint")
OF_TEXTS = (
    "Flux2KleinPipeline",
    "Flux2KleinKVPipeline",
    "Flux2Pipeline",
    "Krea2Pipeline",
    "ErnieImagePipeline",
    "Flux3DistilledModularPipeline",
    "Flux3ModularPipeline",
    "QwenImageEditPipeline",
    "QwenImageEditPlusPipeline",
    "QwenImage21Pipeline",
)
COUNTS_FROM_ZERO = ("krea2", "z-image")  # their guidance: one less than ours


def ours_alone(name: str, mode: str) -> bool:
    """True where diffusers has no pipeline for the mode."""
    pipeline = model(name).modes[mode].pipeline
    if (name, mode) == ("anima", "inpaint"):
        return True
    return pipeline in OF_TEXTS and mode in PARTIAL


def picture(seed: int = 0, size: tuple[int, int] = (64, 96)) -> Image.Image:
    """Random colours in large squares."""
    small = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def half() -> Image.Image:
    """A mask: the right half is repainted."""
    mask = Image.new("L", (64, 96))
    mask.paste(255, (32, 0, 64, 96))
    return mask


def parameters(name: str, mode: str) -> dict[str, Any]:
    """Our parameters for a small image."""
    result = {
        "prompt": "a red house",
        "width": 64,
        "height": 96,
        "num_inference_steps": 4,
        **GUIDED[name],
    }
    if mode != "generate":
        result["image"] = picture()
    if mode in PARTIAL:
        result["strength"] = 0.6
    if mode == "inpaint":
        result["mask"] = half()
    return result


def direct(name: str, mode: str, call: dict[str, Any], pipeline: Any = None) -> Image.Image:
    """The same image by a direct call of a pipeline that nothing of ours has touched."""
    pipeline = pipeline or tiny(name)
    kind = getattr(diffusers, model(name).modes[mode].pipeline)
    if issubclass(kind, diffusers.ModularPipeline):
        return by_blocks(kind, pipeline, {**parameters(name, mode), **CALL[name], **call})
    if type(pipeline) is not kind:
        pipeline = kind.from_pipe(pipeline, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    if (name, mode) == ("chroma", "inpaint"):  # or diffusers fails at looking for it
        pipeline.transformer.register_to_config(guidance_embeds=False)
    wanted = {**parameters(name, mode), **CALL[name]}
    if name in COUNTS_FROM_ZERO:
        wanted["guidance_scale"] -= 1
    if "mask" in wanted:
        wanted["mask_image"] = wanted.pop("mask")
    if mode == "img2img" and name in ("sd15", "sdxl", "sdxl-refiner", "playground"):
        del wanted["width"], wanted["height"]
    if name == "kontext" and mode != "img2img":
        wanted |= {"max_area": 64 * 96, "_auto_resize": False}
    generator = torch.Generator().manual_seed(3)
    # Or diffusers' own `clip_skip` fails on SD1.5, and Qwen2.5-VL sees images as words.
    sees = image_positions if "Edit" in kind.__name__ else text_model
    with sees(pipeline.text_encoder):
        result: Image.Image = pipeline(**{**wanted, **call}, generator=generator).images[0]
    return result


def by_blocks(kind: type[Any], parts: Any, wanted: dict[str, Any]) -> Image.Image:
    """The image of diffusers' own blocks, all of them in one run."""
    blocks = deepcopy(getattr(diffusers, kind.default_blocks_name)())
    blocks.sub_blocks.pop("prompt_upsampler", None)
    pipeline = kind(blocks)
    pipeline.update_components(**parts.components)
    if blocks.sub_blocks["text_encoder"].model_name.startswith("flux3"):
        processor = image_text_processor("Qwen3VLProcessor", parts.tokenizer)
        processor.chat_template = parts.tokenizer.chat_template
        pipeline.update_components(tokenizer=processor)
    guided = {n: wanted.pop(n) for n in ("guidance_scale", "guidance_rescale") if n in wanted}
    if guided:
        pipeline.update_components(guider=pipeline.guider.new(**guided))
    generator = torch.Generator().manual_seed(3)
    result: Image.Image = pipeline(**wanted, generator=generator, output="images")[0]
    return result


@cache
def kept(name: str) -> Loaded:
    """A tiny model, loaded once for all its modes, as a worker holds it."""
    return loaded(name)


@cache
def kept_narrow(name: str) -> Loaded:
    """The same in the number format of GPUs."""
    return loaded(name, narrow(name))


@cache
def drawn(name: str, mode: str) -> tuple[Image.Image, Steps]:
    """The image of a mode and its reports, drawn once for all tests, after a run that stopped."""
    made, steps = kept(name), Steps()
    made.embeddings.clear()  # or a mode would be given the texts that another has encoded
    with pytest.raises(KeyboardInterrupt):
        made.draw(mode, parameters(name, mode), seed=3, report=Steps(("denoising", 1)))
    return made.draw(mode, parameters(name, mode), seed=3, report=steps), steps


@pytest.mark.parametrize(("name", "mode"), ALL)
def test_a_mode_draws_what_the_plain_pipeline_draws_after_a_stop_between_steps_too(
    name: str, mode: str
) -> None:
    ours, _ = drawn(name, mode)
    assert ours.size == (64, 96)
    if ours_alone(name, mode):  # equal to no pipeline: see test_starting_from_a_picture.py
        fresh = loaded(name).draw(mode, parameters(name, mode), seed=3, report=Steps())
        assert ours.tobytes() == fresh.tobytes()
    else:
        assert ours.tobytes() == direct(name, mode, {}).tobytes()


@pytest.mark.parametrize(("name", "mode"), ALL)
def test_every_mode_tells_its_steps_and_shows_previews(name: str, mode: str) -> None:
    _, steps = drawn(name, mode)
    reported = [step for phase, step in steps.reported if phase == "denoising"]
    assert reported == list(range(reported[-1] + 1))
    assert reported[-1] in ((2, 3) if mode in PARTIAL else (4,))
    assert steps.reported[0] == ("encoding prompt", 0)
    assert steps.reported[-1] == ("decoding", reported[-1])
    assert len(steps.previews) == max(0, reported[-1] - 2)


@pytest.mark.parametrize("name", FAMILY)
def test_modes_share_one_set_of_weights(name: str) -> None:
    made = kept(name)
    for mode in made.model.modes:
        for part, module in made.pipeline_of(mode).components.items():
            if isinstance(module, torch.nn.Module):
                assert module is made.pipeline.components[part]


AVOIDING = {"klein"} | {
    name for name in FAMILY if "negative_prompt" in GUIDED[name] and "generate" in model(name).modes
}


@pytest.mark.parametrize("name", sorted(AVOIDING))
def test_what_is_to_be_avoided_changes_the_picture(name: str) -> None:
    made = kept(name)
    wanted = {**parameters(name, "generate"), "num_inference_steps": 2}
    rain = made.draw("generate", {**wanted, "negative_prompt": "rain"}, seed=3, report=Steps())
    snow = made.draw("generate", {**wanted, "negative_prompt": "snow"}, seed=3, report=Steps())
    assert rain.tobytes() != snow.tobytes()


@pytest.mark.parametrize("name", ["sd15", "sdxl", "sd3"])
def test_skipped_layers_of_the_text_encoder_are_those_of_diffusers(name: str) -> None:
    wanted = {**parameters(name, "generate"), "clip_skip": 1}
    ours = loaded(name).draw("generate", wanted, seed=3, report=Steps())
    assert ours.tobytes() == direct(name, "generate", {"clip_skip": 1}).tobytes()
    assert ours.tobytes() != direct(name, "generate", {}).tobytes()


@pytest.mark.parametrize("name", FAMILY)
def test_a_prompt_is_encoded_once(name: str) -> None:
    made = kept(name)
    mode = next(iter(made.model.modes))
    made.embeddings.clear()
    wanted = {**parameters(name, mode), "num_inference_steps": 2}
    before = made.embeddings.encoded
    made.draw(mode, wanted, seed=1, report=Steps())
    once = made.embeddings.encoded
    assert once > before
    made.draw(mode, wanted, seed=2, report=Steps())
    assert made.embeddings.encoded == once


@pytest.mark.parametrize("name", ["flux1", "klein", "sd3"])
def test_a_longer_text_is_read_when_that_is_asked(name: str) -> None:
    made, wanted = loaded(name), parameters(name, "generate") | {"prompt": "a red house " * 9}
    short = made.draw("generate", wanted, seed=3, report=Steps())
    longer = RenderRequest("generate", seed=3, report=Steps(), max_sequence_length=64, **wanted)
    adapter = import_module(f"core.engine.modes.{model(name).modes['generate'].adapter}")
    assert adapter.generate(made, longer).tobytes() != short.tobytes()


def test_a_vae_that_overflows_in_half_precision_is_measured_in_full() -> None:
    from core.engine import preview

    vae = tiny("sdxl").vae.to(torch.float16)
    vae.register_to_config(force_upcast=True)
    assert preview.fit(vae, "cpu") is not None
    assert vae.dtype == torch.float16


def test_an_edit_looks_at_all_of_its_references() -> None:
    for name in ("klein", "flux2", "kontext", "qwen-edit-plus", "qwen-image-21"):
        made = loaded(name)
        wanted = parameters(name, "edit")
        item = made.draw("edit", wanted, seed=3, report=Steps())
        more = {**wanted, "image": [picture(), picture(1, (96, 64)), picture(2, (70, 90))]}
        three = made.draw("edit", more, seed=3, report=Steps())
        assert item.size == three.size == (64, 96)
        assert item.tobytes() != three.tobytes()


def test_values_that_are_not_finite_fail_with_advice() -> None:
    from core.errors import TaskFailure

    made = loaded("sd15")
    with torch.no_grad():
        made.pipeline.vae.decoder.conv_out.bias.fill_(float("nan"))
    with pytest.raises(TaskFailure, match="not finite") as caught:
        made.draw("generate", parameters("sd15", "generate"), seed=3, report=Steps())
    assert caught.value.fix


def test_an_argument_that_a_pipeline_would_swallow_is_refused() -> None:
    from core.engine.pipeline_run import accepted, check_names

    names = accepted(diffusers.StableDiffusionPipeline.__call__)
    with pytest.raises(TypeError, match="nonsense"):
        check_names({"prompt": "", "nonsense": 1}, names)


@pytest.mark.parametrize(("name", "mode"), ALL)
def test_every_mode_draws_in_the_number_format_of_gpus(name: str, mode: str) -> None:
    """bfloat16 finds every place where tensors of two formats meet."""
    made, steps = kept_narrow(name), Steps()
    made.embeddings.clear()
    wanted = {**parameters(name, mode), "num_inference_steps": 3}  # enough for one preview
    assert made.draw(mode, wanted, seed=3, report=steps).size == (64, 96)
    assert steps.previews or mode in PARTIAL
