"""One run of a sampler as one brick: Generate, Image to image, Inpaint, Outpaint or Edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.operations.declaration.fields import IMAGES_MAX
from core.operations.diffusion.control_use import CONTROLS_MAX
from core.operations.diffusion.lora_use import LORAS_MAX
from core.operations.diffusion.painting import FEATHER_MAX
from core.workflows.comfy.reading import Reading
from core.workflows.comfy.samplers import offered_sampler, studio_sampler
from core.workflows.comfy.values import (
    Conditioning,
    ImageValue,
    LatentValue,
    MaskValue,
    ModelValue,
)

STEPS_MAX = 100
_DEFAULT_FEATHER = 8


@dataclass(frozen=True, slots=True)
class Run:
    """The inputs of a sampler. `strength`: the part of the schedule that runs, above 0 to 1."""

    model: ModelValue
    positive: Conditioning
    negative: Conditioning | None
    cfg: float | None
    seed: int | None
    steps: int
    sampler: str
    scheduler: str
    strength: float
    latent: LatentValue

    @property
    def flow(self) -> bool:
        """True where any part is one of a flow matching model."""
        return self.model.flow or self.positive.flow or self.latent.flow


def draw(r: Reading, run: Run) -> LatentValue:
    """Add the brick of a run, wired. Returns the latents of its images."""
    image = run.latent.image
    if run.strength <= 0 and image is not None:
        r.note("A denoising strength of 0 changes nothing: the image passes through.")
        return run.latent
    type_name, props = _operation(r, run)
    size = _size(run, type_name)
    controls = _controls(r, run, type_name)
    brick = r.brick(type_name, {**_shared(r, run), **props})
    _wire_values(r, run, brick, size)
    _wire_images(r, run, brick, type_name)
    for control in controls:
        r.wall.wire(f"{control}.control", f"{brick}.control")
    width, height = _result_size(run, type_name, size)
    return LatentValue(ImageValue(f"{brick}.image", width, height), flow=run.flow)


def _operation(r: Reading, run: Run) -> tuple[str, dict[str, Any]]:
    """The operation and the props that it alone has."""
    image, mask = run.latent.image, run.latent.mask
    if run.positive.references:
        if mask is not None:
            r.note("An edit has no mask: the whole image may change.")
        return "edit", {}
    if image is None:
        if run.strength < 1:
            r.note("There is no image to start from: all steps run.")
        return "generate", {}
    strength = {"strength": round(run.strength, 4)}
    if run.strength < 1:
        r.note(f"{run.strength:.0%} of the steps run, those after the strength.")
    if mask is None:
        return "img2img", strength
    if mask.padded and image.pad is not None:
        left, top, right, bottom, soft = image.pad
        sides = {"top": top, "right": right, "bottom": bottom, "left": left}
        return "outpaint", {**sides, "mask_feather": soft, **strength}
    inverted = {"invert_mask": True} if mask.inverted else {}
    feather = min(mask.grow, FEATHER_MAX)
    return "inpaint", {"mask_feather": feather, **inverted, **strength}


def _shared(r: Reading, run: Run) -> dict[str, Any]:
    """The props that all of these operations have."""
    if run.steps > STEPS_MAX:
        r.note(f"{run.steps} steps become {STEPS_MAX}.")
    sampler, note = studio_sampler(run.sampler, run.scheduler, flow=run.flow, shift=run.model.shift)
    sampler, replaced = offered_sampler(sampler, r.conversion.files.samplers(run.model.name))
    for text in filter(None, (note, replaced)):
        r.note(text)
    props: dict[str, Any] = {
        "model": run.model.name or None,
        "num_inference_steps": min(run.steps, STEPS_MAX),
        **_guidance(run),
        "sampler": sampler,
        "clip_skip": run.positive.skip,
    }
    return {name: value for name, value in props.items() if value is not None}


def _guidance(run: Run) -> dict[str, float | None]:
    """The guidance of a distilled model goes before; then CFG above 1 is the true one."""
    own, cfg = run.positive.guidance, run.cfg
    if own is not None:
        return {"guidance_scale": own, "true_cfg_scale": cfg if cfg and cfg > 1 else None}
    if run.flow and cfg is not None and cfg <= 1:
        return {}  # no CFG: a distilled model has a guidance of its own
    return {"guidance_scale": cfg}


def _size(run: Run, type_name: str) -> tuple[int, int] | None:
    """The size that is asked for, where the operation takes one."""
    image = run.latent.image
    if type_name in ("inpaint", "outpaint"):
        return None
    if image is not None:
        return image.target
    width, height = run.latent.width, run.latent.height
    return (width, height) if width and height else None


def _wire_values(r: Reading, run: Run, brick: str, size: tuple[int, int] | None) -> None:
    """The bricks of the prompt, the settings and the LoRAs, each shared by equal runs."""
    negative = run.negative if run.negative and not run.negative.zeroed else None
    words = {"prompt": run.positive.text, "negative_prompt": negative.text if negative else ""}
    prompt = r.shared("prompt", words)
    r.wall.wire(f"{prompt}.prompt", f"{brick}.prompt")
    if negative is not None:
        r.wall.wire(f"{prompt}.negative_prompt", f"{brick}.negative_prompt")
    settings: dict[str, Any] = {}
    if size is not None:
        settings |= {"width": size[0], "height": size[1]}
    if run.latent.count > 1:
        settings["num_images"] = run.latent.count
    if run.seed is not None:
        settings["seed"] = run.seed
    if settings:
        r.wall.wire(f"{r.shared('settings', settings)}.settings", f"{brick}.settings")
    if run.model.loras:
        if len(run.model.loras) > LORAS_MAX:
            r.note(f"The first {LORAS_MAX} of {len(run.model.loras)} LoRAs are kept.")
        uses = [{"name": use.name, "weight": use.weight} for use in run.model.loras[:LORAS_MAX]]
        stack = r.shared("lora_stack", {"loras": uses})
        r.wall.wire(f"{stack}.loras", f"{brick}.loras")


def _wire_images(r: Reading, run: Run, brick: str, type_name: str) -> None:
    image = run.latent.image
    if type_name == "edit":
        sources = list(dict.fromkeys(reference.source for reference in run.positive.references))
        if len(sources) > IMAGES_MAX:
            r.note(f"The first {IMAGES_MAX} of {len(sources)} images are kept.")
        for source in sources[:IMAGES_MAX]:
            r.wall.wire(source, f"{brick}.image")
        return
    if image is None or type_name == "generate":
        return
    r.wall.wire(image.source, f"{brick}.image")
    if type_name == "inpaint" and run.latent.mask is not None:
        painter = _painter(r, run.latent.mask)
        r.wall.wire((run.latent.mask.over or image).source, f"{painter}.image")
        r.wall.wire(f"{painter}.mask", f"{brick}.mask")


def _controls(r: Reading, run: Run, type_name: str) -> list[str]:
    """The bricks of control images, each wired to its image."""
    uses = run.positive.controls
    if uses and type_name == "edit":
        r.note("An edit takes no control images.")
        return []
    if len(uses) > CONTROLS_MAX:
        r.note(f"The first {CONTROLS_MAX} of {len(uses)} control images are kept.")
    bricks = []
    for use in uses[:CONTROLS_MAX]:
        props: dict[str, Any] = {"model": use.model, "strength": use.strength}
        props |= {"type": use.type} if use.type else {}
        props |= {"start": use.start} if use.start > 0 else {}
        props |= {"end": use.end} if use.end < 1 else {}
        brick = r.brick("controlnet", props)
        r.wall.wire(use.image.source, f"{brick}.image")
        bricks.append(brick)
    return bricks


def _painter(r: Reading, mask: MaskValue) -> str:
    """The brick of a mask, with the asset that the file names, if any."""
    if mask.asset is not None:
        return r.shared("mask_painter", {"mask": mask.asset})
    if mask.over is not None:
        r.note("Paint the mask again: it is in the alpha channel of the image.")
    return r.shared("mask_painter", {}, **({"file": mask.file} if mask.file else {}))


def _result_size(
    run: Run, type_name: str, size: tuple[int, int] | None
) -> tuple[int | None, int | None]:
    image = run.latent.image
    if size is not None:
        return size
    if image is None or type_name == "edit":
        return None, None
    if type_name == "outpaint" and image.pad and image.width and image.height:
        left, top, right, bottom, _ = image.pad
        return image.width + left + right, image.height + top + bottom
    return (image.width, image.height) if type_name != "outpaint" else (None, None)
