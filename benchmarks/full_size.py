"""Published models at their full size with random weights: made on a device, nothing fetched.

What a record says of a family is enough to make its networks. There is no tokenizer: the texts are
random too, so pictures mean nothing, but time and memory are those of the real weights.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import diffusers
import torch

from core.models.families import of_variant
from core.models.families.family import Component, Family, Variant
from core.models.families.parts import PARTS

TOKENS = 512  # of a text, where the encoder reads as many
SD3_MEASURES = {"head": 64, "channels": 16, "positions": 192 * 192}
Texts = Callable[[Any], dict[str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Case:
    """A variant to run, the shapes that stand for texts in its call, and measures of its files.

    The measures are those that a record reads from files, where the variant does not name them.
    """

    variant: str
    texts: Texts
    measures: Mapping[str, int] = field(default_factory=lambda: {"head": 128})


def _flux1(pipeline: Any) -> dict[str, tuple[int, ...]]:
    sides = pipeline.transformer.config
    return {
        "prompt_embeds": (1, TOKENS, sides.joint_attention_dim),
        "pooled_prompt_embeds": (1, sides.pooled_projection_dim),
    }


def _flux2(pipeline: Any) -> dict[str, tuple[int, ...]]:
    return {"prompt_embeds": (1, TOKENS, pipeline.transformer.config.joint_attention_dim)}


def _sdxl(pipeline: Any) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for before in ("", "negative_"):
        shapes[f"{before}prompt_embeds"] = (1, 77, pipeline.unet.config.cross_attention_dim)
        width = pipeline.text_encoder_2.config.projection_dim
        shapes[f"{before}pooled_prompt_embeds"] = (1, width)
    return shapes


def _sd3(pipeline: Any) -> dict[str, tuple[int, ...]]:
    sides = pipeline.transformer.config
    shapes: dict[str, tuple[int, ...]] = {}
    for before in ("", "negative_"):
        shapes[f"{before}prompt_embeds"] = (1, 77 + 256, sides.joint_attention_dim)
        shapes[f"{before}pooled_prompt_embeds"] = (1, sides.pooled_projection_dim)
    return shapes


CASES: Mapping[str, Case] = {
    "flux1-dev": Case("flux1-dev", _flux1),
    "flux2-klein-4b": Case("flux2-klein-4b", _flux2),
    "sdxl-base": Case("sdxl-base", _sdxl),
    "sd35-large": Case("sd35-large", _sd3, SD3_MEASURES),
}


def known(variant_id: str) -> tuple[Family, Variant]:
    """The records of a variant that is in `CASES`."""
    match = of_variant(variant_id)
    assert match is not None
    return match


def make(variant_id: str, device: str, dtype: torch.dtype) -> Any:
    """The pipeline that generates with the variant, all of it on `device`."""
    family, variant = known(variant_id)
    parts: dict[str, Any] = {}
    for name, component in family.components.items():
        if name == "scheduler":
            parts[name] = _scheduler(family, variant)
        elif "tokenizer" in name:
            parts[name] = None
        elif component.loaded:
            with _made_as(device, dtype):
                parts[name] = _network(family, variant, name, component)
    pipeline = getattr(diffusers, family.modes["generate"].pipeline)(**parts)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def call(case: Case, pipeline: Any, device: str, dtype: torch.dtype) -> dict[str, Any]:
    """Arguments of the pipeline call: the variant's own steps and guidance, random texts."""
    family, variant = known(case.variant)
    settled = {**family.defaults, **variant.defaults}
    random = torch.Generator("cpu").manual_seed(0)
    texts = {
        name: torch.randn(shape, generator=random).to(device, dtype)
        for name, shape in case.texts(pipeline).items()
    }
    return {
        **texts,
        "num_inference_steps": settled["num_inference_steps"],
        "guidance_scale": settled["guidance_scale"],
        "generator": torch.Generator("cpu").manual_seed(0),
    }


def read(pipeline: Any, device: str) -> None:
    """Every text encoder reads one text of random tokens."""
    for name, part in pipeline.components.items():
        if name.startswith("text_encoder") and part is not None:
            end = part.config.vocab_size - 1  # where CLIP finds the end of a text
            length = min(TOKENS, getattr(part.config, "max_position_embeddings", TOKENS))
            tokens = torch.randint(0, end, (1, length), device=device)
            tokens[:, -1] = end
            with torch.no_grad():
                part(input_ids=tokens)


def _scheduler(family: Family, variant: Variant) -> Any:
    _, class_name = family.components["scheduler"].classes[0]
    return getattr(diffusers, class_name)(**{**family.scheduler, **variant.scheduler})


def _network(family: Family, variant: Variant, name: str, component: Component) -> Any:
    """One network with random weights."""
    library, class_name = component.classes[0]
    network = getattr(importlib.import_module(library), class_name)
    if name == family.core:
        return network.from_config(
            family.network({**CASES[variant.id].measures, **variant.traits})
        ).eval()
    config = dict(PARTS[variant.parts.get(name, component.parts[0])].build)
    if library == "transformers":
        return network(network.config_class(**config)).eval()
    return network.from_config(config).eval()


@contextmanager
def _made_as(device: str, dtype: torch.dtype) -> Iterator[None]:
    """Networks are made on this device in this format, never anywhere else first."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)
