"""The nodes of one brick that draws: loaders, prompts, latents, sampler and decoder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.workflows.comfy.control_nodes import controlled
from core.workflows.comfy.model_files import GuidanceKind
from core.workflows.comfy.samplers import comfy_sampler
from core.workflows.comfy.writing import BrickWriting, Output

_STEPS, _CFG, _SIDE = 20, 7.0, 1024
_GROW_MAX = 64  # of VAEEncodeForInpaint
_FEATHER = 8  # of Inpaint, where the brick has none


@dataclass(frozen=True, slots=True)
class Parts:
    """The outputs of the loaders of one brick."""

    model: Output
    clip: Output
    vae: Output


def draw(w: BrickWriting) -> Output | None:
    """Write the nodes of a brick that draws. Returns the output of its images."""
    kind = _guidance_kind(w)
    sampler, scheduler, shift = comfy_sampler(w.text("sampler") or None)
    parts = _parts(w, shift)
    positive = base = (_encoded(w, w.wired_text("prompt") or w.text("prompt"), parts), 0)
    references: list[Output] = []
    if w.brick.type == "edit":
        references = [
            (w.share("VAEEncode", pixels=image, vae=parts.vae), 0) for image in w.images()
        ]
        for reference in references:
            node = w.add("ReferenceLatent", conditioning=positive, latent=reference)
            positive = (node, 0)
    positive, cfg = _guided(w, kind, positive, shift)
    latent, strength = _latent(w, parts, references, flow=kind in ("flow", "distilled"))
    if latent is None:
        w.note("No image arrives.")
        return None
    positive, negative = controlled(w, positive, _negative(w, parts, base))
    settings = {
        "steps": int(w.number("num_inference_steps", _STEPS)),
        "cfg": cfg,
        "sampler_name": sampler,
        "scheduler": scheduler,
    }
    if _hands_over(w):
        return _finished(w, parts, settings, (positive, negative, latent))
    if w.brick.type == "refine":
        w.note("The draft is written, not its refinement.")
    node = w.add(
        "KSampler",
        seed=int(w.number("seed", 0)),
        **settings,
        denoise=strength,
        model=parts.model,
        positive=positive,
        negative=negative,
        latent_image=latent,
    )
    return w.add("VAEDecode", samples=(node, 0), vae=parts.vae), 0


def _hands_over(w: BrickWriting) -> bool:
    """True for Draft and refine whose refiner finishes the schedule of the draft."""
    return w.brick.type == "refine" and bool(w.text("refiner") and w.optional("denoising_end"))


def _finished(
    w: BrickWriting, parts: Parts, settings: Mapping[str, Any], inputs: tuple[Output, ...]
) -> Output:
    """The nodes of a base model and of a refiner that goes on from its latents."""
    refiner = w.share("CheckpointLoaderSimple", ckpt_name=f"{w.text('refiner')}.safetensors")
    own = Parts((refiner, 0), (refiner, 1), parts.vae if w.text("vae") else (refiner, 2))
    end = round((w.optional("denoising_end") or 1) * settings["steps"])
    seed = int(w.optional("seed") or 0)

    def sampled(first: int, last: int, model: Output, given: tuple[Output, ...]) -> Output:
        node = w.add(
            "KSamplerAdvanced",
            add_noise="disable" if first else "enable",
            noise_seed=seed,
            **settings,
            start_at_step=first,
            end_at_step=last,
            return_with_leftover_noise="disable" if first else "enable",
            model=model,
            **dict(zip(("positive", "negative", "latent_image"), given, strict=True)),
        )
        return node, 0

    draft = sampled(0, end, parts.model, inputs)
    positive = _encoded(w, w.wired_text("prompt") or w.text("prompt"), own), 0
    texts = (positive, _negative(w, own, positive))
    latent = sampled(end, settings["steps"], own.model, (*texts, draft))
    return w.add("VAEDecode", samples=latent, vae=own.vae), 0


def _guidance_kind(w: BrickWriting) -> GuidanceKind:
    """The model's own kind, else what the brick's values say."""
    known = w.writer.guidance_of(w.text("model"))
    if known:
        return known
    sampler = w.text("sampler")
    if sampler.startswith("flow_euler_shift"):
        return "flow"
    unguided = w.optional("guidance_scale") is None and not sampler
    true_cfg = w.optional("true_cfg_scale") is not None
    distilled = true_cfg or unguided or sampler == "flow_euler" or w.brick.type == "edit"
    return "distilled" if distilled else "cfg"


def _parts(w: BrickWriting, shift: float | None) -> Parts:
    name = w.text("model")
    if not name:
        w.note("Choose a checkpoint in ComfyUI.")
    loader = w.share("CheckpointLoaderSimple", ckpt_name=f"{name}.safetensors" if name else "")
    model, clip, vae = (loader, 0), (loader, 1), (loader, 2)
    for use_name, weight in _loras(w):
        node = w.share(
            "LoraLoader",
            lora_name=f"{use_name}.safetensors",
            strength_model=weight,
            strength_clip=weight,
            model=model,
            clip=clip,
        )
        model, clip = (node, 0), (node, 1)
    if shift is not None:
        model = (w.share("ModelSamplingSD3", shift=shift, model=model), 0)
    skip = w.optional("clip_skip")
    if skip:
        clip = (w.share("CLIPSetLastLayer", stop_at_clip_layer=-1 - int(skip), clip=clip), 0)
    if w.text("vae"):
        vae = (w.share("VAELoader", vae_name=f"{w.text('vae')}.safetensors"), 0)
    return Parts(model, clip, vae)


def _loras(w: BrickWriting) -> Iterator[tuple[str, float]]:
    uses = w.props.get("loras")
    for use in uses if isinstance(uses, list) else ():
        if not isinstance(use, Mapping) or use.get("enabled") is False:
            continue
        name, weight = use.get("name"), use.get("weight", 1.0)
        if isinstance(name, str) and isinstance(weight, int | float):
            yield name, weight


def _encoded(w: BrickWriting, text: str, parts: Parts) -> str:
    return w.share("CLIPTextEncode", text=text, clip=parts.clip)


def _negative(w: BrickWriting, parts: Parts, positive: Output) -> Output:
    """The negative prompt; without one, the prompt without its words."""
    text = w.wired_text("negative_prompt")
    if text is None:
        text = w.text("negative_prompt") or None
    if text is None:
        return w.share("ConditioningZeroOut", conditioning=positive), 0
    return _encoded(w, text, parts), 0


def _guided(
    w: BrickWriting, kind: GuidanceKind, positive: Output, shift: float | None
) -> tuple[Output, float]:
    """The prompt with the scale of a distilled model, and the CFG of the sampler."""
    guidance, true_cfg = w.optional("guidance_scale"), w.optional("true_cfg_scale")
    if kind == "distilled" and shift is None:
        if guidance is not None:
            node = w.add("FluxGuidance", guidance=guidance, conditioning=positive)
            positive = (node, 0)
        return positive, true_cfg or 1.0
    if guidance is None and kind == "flow":
        return positive, 1.0
    return positive, w.number("guidance_scale", _CFG)


def _latent(
    w: BrickWriting, parts: Parts, references: list[Output], *, flow: bool
) -> tuple[Output | None, float]:
    """The latents that the sampler starts from, and its denoising strength."""
    if w.brick.type in ("generate", "refine"):
        return _empty(w, flow=flow), 1.0
    if w.brick.type == "edit":
        sized = w.optional("width") is not None
        if not references:
            return None, 1.0
        return (_empty(w, flow=True) if sized else _repeated(w, references[0])), 1.0
    image = w.image()
    if image is None:
        return None, 1.0
    if w.brick.type == "img2img":
        encoded = (w.add("VAEEncode", pixels=_scaled(w, image), vae=parts.vae), 0)
        return _repeated(w, encoded), w.number("strength", 0.6)
    strength = w.number("strength", 1.0)
    mask = _mask(w)
    if w.brick.type == "outpaint":
        image, mask = _padded(w, image)
    return _repeated(w, _masked(w, parts, image, mask, strength)), strength


def _empty(w: BrickWriting, *, flow: bool) -> Output:
    name = "EmptySD3LatentImage" if flow else "EmptyLatentImage"
    width, height = int(w.number("width", _SIDE)), int(w.number("height", _SIDE))
    count = int(w.optional("num_images") or 1)
    return w.add(name, width=width, height=height, batch_size=count), 0


def _repeated(w: BrickWriting, latent: Output) -> Output:
    count = int(w.optional("num_images") or 1)
    return (w.add("RepeatLatentBatch", amount=count, samples=latent), 0) if count > 1 else latent


def _scaled(w: BrickWriting, image: Output) -> Output:
    width, height = w.optional("width"), w.optional("height")
    if width is None and height is None:
        return image
    sides = {"width": int(width or 0), "height": int(height or 0)}
    node = w.add("ImageScale", upscale_method="lanczos", **sides, crop="disabled", image=image)
    return node, 0


def _padded(w: BrickWriting, image: Output) -> tuple[Output, Output]:
    if w.text("unit") == "percent":
        w.note("ComfyUI pads by pixels, not by percent.")
    sides = {name: int(w.optional(name) or 0) for name in ("left", "top", "right", "bottom")}
    feathering = int(w.optional("mask_feather") or 0)
    node = w.add("ImagePadForOutpaint", **sides, feathering=feathering, image=image)
    return (node, 0), (node, 1)


def _mask(w: BrickWriting) -> Output | None:
    """The mask of a painter: of a file, or the alpha of the image under it."""
    source = next(iter(w.sources("mask")), "").partition(".")[0]
    painter = w.writer.workflow.brick(source) if source else None
    asset = painter.props.get("mask") if painter else w.props.get("mask")
    file = (painter.model_extra or {}).get("file") if painter else None
    output: Output
    image = None
    if painter is not None:
        image = BrickWriting(painter, w.writer).image()
    if not file and not asset and image is not None:
        output = (image[0], 1)
    else:
        name = file if isinstance(file, str) else f"{asset or 'mask'}.png"
        output = (w.share("LoadImageMask", image=name, channel="red"), 0)
    if w.props.get("only_masked") is True:
        w.note("The whole image is encoded, not the masked part alone.")
    if w.props.get("invert_mask") is True:
        output = (w.add("InvertMask", mask=output), 0)
    return output


def _masked(
    w: BrickWriting, parts: Parts, image: Output, mask: Output | None, strength: float
) -> Output:
    feather = int(w.optional("mask_feather") or 0) if "mask_feather" in w.props else _FEATHER
    painted = w.brick.type == "inpaint"
    if strength >= 1 and feather <= _GROW_MAX:
        grow = feather if painted else 0
        node = w.add(
            "VAEEncodeForInpaint", grow_mask_by=grow, pixels=image, mask=mask, vae=parts.vae
        )
        return node, 0
    if painted and feather:
        mask = (w.add("GrowMask", expand=feather, tapered_corners=True, mask=mask), 0)
    encoded = (w.add("VAEEncode", pixels=image, vae=parts.vae), 0)
    return w.add("SetLatentNoiseMask", samples=encoded, mask=mask), 0
