"""Prompts per region: the predictions of the network for each prompt, blended by masks.

The core's `forward` is replaced during one ordinary call of a pipeline: it runs once for every
prompt and returns the weighted sum. Scheduler, callback, LoRAs and controls are those of the call.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from PIL.Image import Image, Resampling

from core.prompts.attention import PromptText

if TYPE_CHECKING:
    from core.engine.render_request import RenderRequest

Texts = Mapping[str, Any]  # the text inputs of a call
Keywords = dict[str, Any]  # the arguments of the core
TextInputs = Callable[[Any], dict[str, Any]]  # of a run
NEGATIVE = "negative_prompt_embeds"


class Run(Protocol):
    """The parts of a `PipelineRun` that are used here."""

    request: RenderRequest
    pipeline: Any
    loaded: Any
    region_texts: list[Mapping[str, Any]]

    def with_texts(self, prompt: PromptText, negative_prompt: PromptText) -> Run:
        """The same run with other texts, to encode them."""


@dataclass(frozen=True, slots=True)
class RegionInput:
    """One region of an image: its mask of grey levels, its prompts, its share where it is white.

    `loras` are the files with weights that act in it, all of them; None: those of the image.
    """

    mask: Image
    prompt: PromptText
    negative_prompt: PromptText = ""
    strength: float = 1.0
    loras: Mapping[Path, float] | None = None


@dataclass(frozen=True, slots=True)
class CoreTexts:
    """The text arguments of a core. `change` replaces them; its last argument is true in the second
    of two calls a step. `together`: both prompts run in one call. `packed`: a picture is a row of
    tokens, not a grid, each for a square of `patch` latents; `ends`: after all others."""

    change: Callable[[Run, Keywords, Texts, bool], Keywords]
    together: bool = False
    packed: bool = True
    patch: int = 2
    ends: bool = False


def regional(texts: TextInputs) -> TextInputs:
    """The text inputs of a call, with those of the regions of its request encoded too."""

    @wraps(texts)
    def with_regions(run: Run) -> dict[str, Any]:
        inputs = texts(run)
        if not run.request.regions:
            return inputs
        run.region_texts = []
        with run.loaded.switchable_loras() as switch:
            for region in regions_of(run.request):
                switch(region.loras)  # they may change the text encoders
                run.region_texts.append(
                    texts(run.with_texts(region.prompt, region.negative_prompt))
                )
        return inputs

    return with_regions


def regions_of(request: RenderRequest) -> list[RegionInput]:
    """The regions of a request."""
    return [RegionInput(**dict(region)) for region in request.regions]


def shares(regions: Sequence[RegionInput], rows: int, columns: int) -> list[np.ndarray[Any, Any]]:
    """The share of each region in every cell of a grid, and last that of the background; they add
    up to 1. Where regions overlap, each has its part by strength."""
    own = [
        np.asarray(region.mask.resize((columns, rows), Resampling.BOX), np.float32)
        / 255
        * region.strength
        for region in regions
    ]
    total = np.maximum(np.sum(own, axis=0), 1)
    own = [share / total for share in own]
    return [*own, np.clip(1 - np.sum(own, axis=0, dtype=np.float32), 0, 1)]


@contextmanager
def blended(run: Run, core: Any, *, guided: bool) -> Iterator[None]:
    """The core with all regions of the run, while its pipeline runs; `guided`: with a negative
    prompt. Each region has its LoRAs in the core. Afterwards it is as it was."""
    texts = CORES[run.loaded.model.family.architecture]
    names = list(inspect.signature(type(core).forward).parameters)[1:]
    hooked = "forward" in vars(core)  # by model offload
    forward = core.forward
    calls = itertools.count()
    loras = [*(region.loras for region in regions_of(run.request)), None]

    @wraps(forward)  # modular pipelines read its arguments
    def blend(*arguments: Any, **keywords: Any) -> tuple[Any]:
        given = {**dict(zip(names, arguments, strict=False)), **keywords, "return_dict": False}
        negative = guided and not texts.together and next(calls) % 2 == 1
        total: Any = None
        # The background comes last, with the texts of the call itself.
        inputs = [*run.region_texts, None]
        weights = shares_of(run, given[names[0]], texts)
        for weight, own, files in zip(weights, inputs, loras, strict=True):
            if weight is not None:
                switch(files)
                changed = texts.change(run, given, own, negative) if own is not None else {}
                predicted = forward(**{**given, **changed})[0]
                total = _add(total, predicted, weight, ends=texts.ends)
        return (total,)

    with run.loaded.switchable_loras() as switch:
        core.forward = blend
        try:
            yield
        finally:
            if hooked:
                core.forward = forward
            else:
                del core.forward


def shares_of(run: Run, latents: Any, texts: CoreTexts) -> list[torch.Tensor | None]:
    """The weight of each region and of the background; None where it has none at all."""
    first = latents if texts.packed else latents[0]  # a tensor, or a list of them
    if texts.packed:
        cell = run.pipeline.vae_scale_factor * texts.patch
        rows, columns = run.request.height // cell, run.request.width // cell
    else:
        rows, columns = first.shape[-2:]
    weights: list[torch.Tensor | None] = []
    for share in shares(regions_of(run.request), rows, columns):
        weight = torch.from_numpy(share).to(first.device, first.dtype)
        shaped = weight.view(1, -1, 1) if texts.packed else weight[None]
        weights.append(shaped if weight.any() else None)
    return weights


def _add(total: Any, predicted: Any, weight: torch.Tensor, *, ends: bool = False) -> Any:
    """`total` and a prediction times its weight; tokens of references, which come after those of
    the picture (`ends`: all others come before them), are left out."""
    if isinstance(predicted, list):
        parts = [None] * len(predicted) if total is None else total
        return [_add(part, own, weight) for part, own in zip(parts, predicted, strict=True)]
    if predicted.dim() == weight.dim() == 3 and weight.shape[2] == 1 < predicted.shape[2]:
        count = weight.shape[1]
        predicted = predicted[:, -count:] if ends else predicted[:, :count]
    weighed = predicted * weight
    return weighed if total is None else total + weighed


def _unet(_run: Run, given: Keywords, texts: Texts, _negative: bool) -> Keywords:
    states = given["encoder_hidden_states"]
    changed: Keywords = {"encoder_hidden_states": _both(texts, "prompt_embeds", states)}
    added = given.get("added_cond_kwargs") or {}
    if "text_embeds" in added:
        pooled = _both(texts, "pooled_prompt_embeds", added["text_embeds"])
        changed["added_cond_kwargs"] = {**added, "text_embeds": pooled}
    return changed


def _sd3(_run: Run, given: Keywords, texts: Texts, _negative: bool) -> Keywords:
    return {
        "encoder_hidden_states": _both(texts, "prompt_embeds", given["encoder_hidden_states"]),
        "pooled_projections": _both(texts, "pooled_prompt_embeds", given["pooled_projections"]),
    }


def _flux1(_run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    states = _single(texts, "prompt_embeds", given["encoder_hidden_states"], negative)
    return {
        "encoder_hidden_states": states,
        "pooled_projections": _single(
            texts, "pooled_prompt_embeds", given["pooled_projections"], negative
        ),
        "txt_ids": given["txt_ids"].new_zeros(states.shape[1], given["txt_ids"].shape[1]),
    }


def _chroma(run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    states = _single(texts, "prompt_embeds", given["encoder_hidden_states"], negative)
    mask = texts["negative_prompt_attention_mask" if negative else "prompt_attention_mask"]
    pictures = given["img_ids"].shape[0]
    return {
        "encoder_hidden_states": states,
        "txt_ids": given["txt_ids"].new_zeros(states.shape[1], given["txt_ids"].shape[1]),
        "attention_mask": run.pipeline._prepare_attention_mask(
            states.shape[0], pictures, states.dtype, mask.to(states.device)
        ),
    }


def _flux2(run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    states = _single(texts, "prompt_embeds", given["encoder_hidden_states"], negative)
    ids = run.pipeline._prepare_text_ids(states).to(states.device)
    return {"encoder_hidden_states": states, "txt_ids": ids}


def _flux3(_run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    states = _single(texts, "prompt_embeds", given["encoder_hidden_states"], negative)
    ids = given["txt_ids"].new_zeros(states.shape[1], 4)
    ids[:, 3] = torch.arange(states.shape[1])  # a text advances along the last axis
    return {"encoder_hidden_states": states, "txt_ids": ids}


def _krea2(_run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    # Prompts are padded to one length, so the positions stay.
    states = _single(texts, "prompt_embeds", given["encoder_hidden_states"], negative)
    mask = given["encoder_attention_mask"]
    return {
        "encoder_hidden_states": states,
        "encoder_attention_mask": _single(texts, "prompt_embeds_mask", mask, negative),
    }


def _qwen_image(_run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    states = _single(texts, "prompt_embeds", given["encoder_hidden_states"], negative)
    # The pipeline leaves out a mask of ones.
    mask = texts.get("negative_prompt_embeds_mask" if negative else "prompt_embeds_mask")
    return {"encoder_hidden_states": states, "encoder_hidden_states_mask": mask}


def _anima(_run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    states = given["encoder_hidden_states"]
    return {"encoder_hidden_states": _single(texts, "prompt_embeds", states, negative)}


def _qwen_image21(_run: Run, given: Keywords, texts: Texts, negative: bool) -> Keywords:
    before = given["encoder_hidden_states"]
    states = _single(texts, "prompt_embeds", before, negative)
    images, target = given["img_mask"].tensor_split([before.shape[1]], dim=1)
    changed: Keywords = {
        "encoder_hidden_states": states,
        "img_mask": torch.cat([image_slots(images, states.shape[1]), target], dim=1),
    }
    cache = given["kv_cache"]
    if cache is not None:  # each text has one of its own, while the call has this one
        own = cache.__dict__.setdefault("regions", {})
        changed["kv_cache"] = own.setdefault(id(texts), type(cache)(len(cache.layer_caches)))
    return changed


def image_slots(mask: torch.Tensor, length: int) -> torch.Tensor:
    """The places of images in a text of `length` tokens, from those of another text, (1, n).

    The images come first.
    """
    return torch.nn.functional.pad(mask, (0, length - mask.shape[1]))


def _ernie_image(run: Run, given: Keywords, texts: Texts, _negative: bool) -> Keywords:
    both = [*texts.get(NEGATIVE, ()), *texts["prompt_embeds"]]
    states = given["text_bth"]
    padded, lengths = run.pipeline._pad_text(both, states.device, states.dtype, states.shape[-1])
    return {"text_bth": padded, "text_lens": lengths}


def _z_image(_run: Run, _given: Keywords, texts: Texts, _negative: bool) -> Keywords:
    return {"cap_feats": [*texts["prompt_embeds"], *texts.get(NEGATIVE, ())]}


def _single(texts: Texts, name: str, like: torch.Tensor, negative: bool) -> torch.Tensor:
    """One text input, in the format of another."""
    tensor: torch.Tensor = texts[f"negative_{name}" if negative else name]
    return tensor.to(like)


def _both(texts: Texts, name: str, like: torch.Tensor) -> torch.Tensor:
    """A text input of one call for both prompts, the negative one first where there is one."""
    negative = texts.get(f"negative_{name}")
    parts = [texts[name]] if negative is None else [negative, texts[name]]
    return torch.cat([part.to(like) for part in parts])


CORES: Mapping[str, CoreTexts] = {
    "sd15": CoreTexts(_unet, together=True, packed=False),
    "sdxl": CoreTexts(_unet, together=True, packed=False),
    "sdxl-refiner": CoreTexts(_unet, together=True, packed=False),
    "sd3": CoreTexts(_sd3, together=True, packed=False),
    "flux1": CoreTexts(_flux1),
    "chroma": CoreTexts(_chroma),
    "flux2": CoreTexts(_flux2),
    "flux3": CoreTexts(_flux3),
    "krea2": CoreTexts(_krea2),
    "qwen-image": CoreTexts(_qwen_image),
    "anima": CoreTexts(_anima, packed=False),
    "qwen-image-21": CoreTexts(_qwen_image21, patch=1, ends=True),
    "ernie-image": CoreTexts(_ernie_image, together=True, packed=False),
    "z-image": CoreTexts(_z_image, together=True, packed=False),
}
