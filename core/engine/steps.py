"""What a pipeline tells after each step: progress, and a way to look at the unfinished picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from core.engine import preview
from core.engine.latents import ToVae
from core.engine.schedule import is_flow
from core.models.families.family import Preview

if TYPE_CHECKING:
    from core.engine.render_request import RenderRequest

# After a step: (index of the step, the new latents) to the latents to go on with.
Change = Callable[[int, torch.Tensor], torch.Tensor]


class Steps:
    """A pipeline's `callback_on_step_end`. Raises what the order's report raises, within a step.

    Latents are noisy until the end, so the preview shows where they are heading: the step just
    made gives the direction, and following it to the end gives the picture as guessed by now.
    """

    def __init__(
        self,
        order: RenderRequest,
        factors: Preview | None,
        to_vae: ToVae,
        change: Change | None = None,
    ) -> None:
        self._order = order
        self._factors = factors
        self._to_vae = to_vae
        self._change = change
        self._before: torch.Tensor | None = None

    def __call__(
        self, pipeline: Any, index: int, _time: Any, values: dict[str, Any]
    ) -> dict[str, Any]:
        """Tell of one step, numbered from 0."""
        now: torch.Tensor = values["latents"]
        if self._change is not None:
            now = self._change(index, now)
        before, self._before = self._before, now
        steps = int(pipeline.num_timesteps)
        last = index + 1 == steps
        look = None
        if not last and before is not None and self._factors is not None:
            look = self._look(pipeline, self._factors, before, now)
        self._order.report("denoising", step=index + 1, steps=steps, preview=look)
        if last:
            self._order.report("decoding", step=steps, steps=steps)
        return {} if self._change is None else {"latents": now}

    def _look(
        self, pipeline: Any, factors: Preview, before: torch.Tensor, now: torch.Tensor
    ) -> Callable[[], bytes]:
        def look() -> bytes:
            clean = heading(pipeline.scheduler, before, now)
            order = self._order
            return preview.to_jpeg(
                self._to_vae(pipeline, clean, order.width, order.height).float(), factors
            )

        return look


def heading(scheduler: Any, before: torch.Tensor, now: torch.Tensor) -> torch.Tensor:
    """The picture that the last step was heading for, in the latents' own form."""
    index = getattr(scheduler, "step_index", None)
    sigmas = getattr(scheduler, "sigmas", None)
    if not index or sigmas is None or index >= len(sigmas):
        return now
    here, there = float(sigmas[index - 1]), float(sigmas[index])
    if here == there:  # half a step of a sampler that looks twice
        return now
    grown, growing = _growth(scheduler, there), _growth(scheduler, here)
    now, before = now * grown, before * growing
    return now - there * (now - before) / (there - here)


def _growth(scheduler: Any, sigma: float) -> float:
    """What makes latents picture + sigma × noise: some samplers hold them scaled to variance 1."""
    scaled = float(getattr(scheduler, "init_noise_sigma", 1.0)) <= 1.0
    if is_flow(scheduler) or not scaled:
        return 1.0
    return float((1 + sigma**2) ** 0.5)
