"""Resolved parameters of one image, under diffusers' names, as adapters read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from PIL.Image import Image

from core.models.progress import ProgressCallback
from core.prompts.attention import PromptText

_BETWEEN_PASSES = ("latents", "on_latents")  # never of a request


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One image of `width` × `height` pixels.

    The defaults are those of parameters that a model does not support. `guidance_scale` 1 means no
    classifier-free guidance. `image` is a sequence where a mode takes several references. White in
    `mask` is repainted. `control` are the fields of `core.engine.controlled.ControlInput`,
    `reference` those of `core.engine.references.ReferenceInput`, `regions` those of
    `core.engine.regions.RegionInput`, `region_method` is `blend` or `attention`. `layers` is the
    number of layers that an image is split into, at about `resolution` squared pixels. `on_latents`
    gets the final latents as `core.engine.latents.grid`, and `latents` are such ones to start from
    instead of `image`: with `denoising_start` as they are, where another model has stopped at this
    `denoising_end` of the schedule, else with noise.
    """

    mode: str
    seed: int
    report: ProgressCallback
    width: int
    height: int
    num_inference_steps: int
    prompt: PromptText = ""
    negative_prompt: PromptText = ""
    guidance_scale: float = 1.0
    true_cfg_scale: float = 1.0
    clip_skip: int = 0
    max_sequence_length: int | None = None
    sampler: str | None = None
    schedule_shift: float | None = None
    sigmas: Sequence[float] = ()
    eta: float = 0.0
    guidance_rescale: float = 0.0
    freeu: bool = False
    pag_scale: float = 0.0
    cache_interval: int = 0
    measure_drift: bool = False
    strength: float = 1.0
    image: Image | Sequence[Image] | None = None
    mask: Image | None = None
    control: Sequence[Mapping[str, Any]] = ()
    reference: Sequence[Mapping[str, Any]] = ()
    regions: Sequence[Mapping[str, Any]] = ()
    layers: int = 4
    resolution: int = 640
    region_method: str = "blend"
    denoising_end: float = 0.0
    denoising_start: float = 0.0
    latents: Any = None
    on_latents: Callable[[Any], None] | None = None

    @classmethod
    def of(
        cls,
        mode: str,
        parameters: Mapping[str, Any],
        supported: Sequence[str],
        *,
        seed: int,
        report: ProgressCallback,
    ) -> RenderRequest:
        """A request from `parameters`, without those that are not `supported` in `mode`."""
        known = {field.name for field in fields(cls)} - {"seed", "mode", "report"}
        names = known & {*supported, *_BETWEEN_PASSES}
        chosen = {name: parameters[name] for name in names if parameters.get(name) is not None}
        return cls(mode=mode, seed=seed, report=report, **chosen)

    @property
    def picture(self) -> Image:
        """The image to start from, in modes that take one."""
        return self.references[0]

    @property
    def stencil(self) -> Image:
        """The mask, in modes that take one."""
        assert self.mask is not None
        return self.mask

    @property
    def references(self) -> list[Image]:
        """The reference images of an edit, the main one first; at least one."""
        assert self.image is not None
        return [*self.image] if isinstance(self.image, Sequence) else [self.image]
