"""What to draw, as an adapter gets it: resolved parameters under diffusers' names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from PIL.Image import Image

if TYPE_CHECKING:
    from core.operations.declaration.base import Report


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """One picture of `width` × `height` pixels.

    The defaults are those of parameters that a model has no use for. `guidance_scale` 1 means no
    classifier-free guidance. `image` may be several where a mode looks at references. In
    `mask` white is repainted.
    """

    mode: str
    seed: int
    report: Report
    width: int
    height: int
    num_inference_steps: int
    prompt: str = ""
    negative_prompt: str = ""
    guidance_scale: float = 1.0
    true_cfg_scale: float = 1.0
    clip_skip: int = 0
    max_sequence_length: int | None = None
    sampler: str | None = None
    strength: float = 1.0
    image: Image | Sequence[Image] | None = None
    mask: Image | None = None

    @classmethod
    def of(
        cls,
        mode: str,
        parameters: Mapping[str, Any],
        known: Sequence[str],
        *,
        seed: int,
        report: Report,
    ) -> RenderRequest:
        """An order from `parameters`, without those that the model does not know in `mode`."""
        names = {field.name for field in fields(cls)} & set(known) - {"seed", "mode", "report"}
        chosen = {name: parameters[name] for name in names if parameters.get(name) is not None}
        return cls(mode=mode, seed=seed, report=report, **chosen)

    @property
    def picture(self) -> Image:
        """The picture to start from. Every mode that takes one has it by now."""
        return self.references[0]

    @property
    def stencil(self) -> Image:
        """The mask. Every mode that takes one has it by now."""
        assert self.mask is not None
        return self.mask

    @property
    def references(self) -> list[Image]:
        """The pictures that an edit looks at, the main one first; at least one."""
        assert self.image is not None
        return [*self.image] if isinstance(self.image, Sequence) else [self.image]
