"""Callback after each denoising step: progress and a preview of the unfinished image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from core.engine import preview
from core.engine.latents import ToVae
from core.engine.render_request import RenderRequest
from core.engine.schedule import is_flow
from core.models.families.family import Preview

# After a step: (index of the step, the new latents) to the latents to continue with.
Change = Callable[[int, torch.Tensor], torch.Tensor]


class Steps:
    """A pipeline's `callback_on_step_end`. Raises what the `report` of a request raises.

    Every request of a batch gets the progress and the preview of its own image.
    Latents are noisy until the end, so the preview shows the predicted result: it extrapolates the
    last step to the end of the schedule.
    """

    def __init__(
        self,
        requests: Sequence[RenderRequest],
        factors: Preview | None,
        to_vae: ToVae,
        change: Change | None = None,
    ) -> None:
        self._requests = requests
        self._factors = factors
        self._to_vae = to_vae
        self._change = change
        self._before: torch.Tensor | None = None

    @property
    def latents(self) -> torch.Tensor:
        """The latents after the last step that ran."""
        assert self._before is not None
        return self._before

    def __call__(
        self, pipeline: Any, index: int, _time: Any, values: dict[str, Any]
    ) -> dict[str, Any]:
        """Report step `index`, counted from 0."""
        now: torch.Tensor = values["latents"]
        if self._change is not None:
            now = self._change(index, now)
        before, self._before = self._before, now
        # The pipeline of ERNIE-Image does not count them; it runs the whole schedule.
        steps = int(getattr(pipeline, "num_timesteps", len(pipeline.scheduler.timesteps)))
        last = index + 1 == steps
        for number, request in enumerate(self._requests):
            image = None
            if not last and before is not None and self._factors is not None:
                own = slice(number, number + 1)
                image = self._preview(pipeline, self._factors, request, before[own], now[own])
            request.report("denoising", step=index + 1, steps=steps, preview=image)
            if last:
                request.report("decoding", step=steps, steps=steps)
        return {} if self._change is None else {"latents": now}

    def _preview(
        self,
        pipeline: Any,
        factors: Preview,
        request: RenderRequest,
        before: torch.Tensor,
        now: torch.Tensor,
    ) -> Callable[[], bytes]:
        def to_jpeg() -> bytes:
            clean = predicted(pipeline.scheduler, before, now)
            return preview.to_jpeg(
                self._to_vae(pipeline, clean, request.width, request.height).float(), factors
            )

        return to_jpeg


def predicted(scheduler: Any, before: torch.Tensor, now: torch.Tensor) -> torch.Tensor:
    """The final latents that the last step predicts, in the form of `now`."""
    index = getattr(scheduler, "step_index", None)
    sigmas = getattr(scheduler, "sigmas", None)
    if not index or sigmas is None or index >= len(sigmas):
        return now
    here, there = float(sigmas[index - 1]), float(sigmas[index])
    if here == there:  # half a step of a second-order sampler
        return now
    now, before = now * _scale(scheduler, there), before * _scale(scheduler, here)
    return now - there * (now - before) / (there - here)


def _scale(scheduler: Any, sigma: float) -> float:
    """The factor to image + sigma × noise: some schedulers scale latents to variance 1."""
    scaled = float(getattr(scheduler, "init_noise_sigma", 1.0)) <= 1.0
    if is_flow(scheduler) or not scaled:
        return 1.0
    return float((1 + sigma**2) ** 0.5)
