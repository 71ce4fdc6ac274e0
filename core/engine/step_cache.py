"""Step cache: diffusers' TaylorSeer around one call, and the measured error of what it predicts.

Every n-th step runs the network in full. Between them the blocks are skipped and the output of the
last projection is extrapolated from the full steps before: the lite mode of Liu et al., "From
Reusing to Forecasting" (2025), which needs no data about a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from diffusers import TaylorSeerCacheConfig
from PIL.Image import Image

from core.engine.render_request import RenderRequest
from core.errors import InvalidInput

LAST = "proj_out"  # the projection that the lite mode predicts
COMPARING = "measuring drift"
_HOOK = "taylorseer_cache"
_TEXT = "encoder_hidden_states"


def configuration(interval: int, steps: int) -> TaylorSeerCacheConfig:
    """The cache of a call of `steps` steps with every `interval`-th in full; the first three and
    the last always are."""
    return TaylorSeerCacheConfig(
        cache_interval=interval,
        disable_cache_after_step=steps - 1,
        taylor_factors_dtype=torch.float32,
        use_lite_mode=True,
    )


class Measured:
    """Counts of the calls of a network, and the errors of predictions that a full call followed."""

    def __init__(self, last: Any) -> None:
        self._cache = last._diffusers_hook.get_hook(_HOOK).state_manager
        self._predicted: torch.Tensor | None = None
        self._errors: list[float] = []
        self._calls = self._skipped = 0
        self.texts: set[int] = set()

    def before(self, _last: Any, _arguments: Any) -> None:
        """After predicted calls, predict this one too, to compare it if it runs in full."""
        state = self._cache.get_state()
        self._predicted = None
        if state.last_update_step is not None and state.last_update_step < state.current_step:
            state.current_step += 1
            (self._predicted,) = state.predict()
            state.current_step -= 1

    def after(self, _last: Any, _arguments: Any, output: torch.Tensor) -> None:
        """Count the call, and measure the prediction where it ran in full."""
        state = self._cache.get_state()
        full = state.last_update_step == state.current_step
        self._calls += 1
        self._skipped += not full
        if full and self._predicted is not None:
            true = output.float()
            error = (self._predicted.float() - true).abs().mean() / true.abs().mean()
            self._errors.append(error.item())

    @property
    def facts(self) -> Mapping[str, Any]:
        """The number of steps and of predicted ones, and `error`: the mean relative error (L1) of
        the predictions at the full steps after predicted ones, 0 where there was none."""
        texts = max(1, len(self.texts))
        return {
            "steps": self._calls // texts,
            "predicted": self._skipped // texts,
            "error": round(sum(self._errors) / max(1, len(self._errors)), 4),
        }


@contextmanager
def cached(core: Any, interval: int, steps: int) -> Iterator[Measured]:
    """The network with a step cache for one call; however that ends, it is then as it was."""
    core.enable_cache(configuration(interval, steps))
    with ExitStack() as cleanup:
        cleanup.callback(core.disable_cache)
        last = getattr(core, LAST)
        measured = Measured(last)
        context = cleanup.enter_context(ExitStack())

        def of_its_text(_core: Any, _arguments: Any, named: Mapping[str, Any]) -> None:
            # Not every pipeline separates the calls of its two prompts; each has its own tensor.
            text = named[_TEXT].data_ptr()
            measured.texts.add(text)
            context.close()
            context.enter_context(core.cache_context(str(text)))

        for handle in (
            core.register_forward_pre_hook(of_its_text, with_kwargs=True),
            last.register_forward_pre_hook(measured.before),
            last.register_forward_hook(measured.after),
        ):
            cleanup.callback(handle.remove)
        yield measured


def without(request: RenderRequest) -> RenderRequest:
    """The same image without a step cache, to compare; its steps are those of another phase."""

    def report(
        phase: str, *, step: int = 0, steps: int = 0, preview: Callable[[], bytes] | None = None
    ) -> None:
        request.report(COMPARING if phase == "denoising" else phase, step=step, steps=steps)

    return replace(request, cache_interval=0, report=report, on_latents=None)


def drift(image: Image, plain: Image) -> float:
    """The mean absolute difference of two images' pixels, as a share of their range."""
    difference = np.asarray(image, np.float32) - np.asarray(plain, np.float32)
    return round(float(np.abs(difference).mean()) / 255, 4)


def check_placement(placement: str) -> None:
    """Refuse layers that are loaded one after the other: skipped ones would not load the next."""
    if placement == "group_offload":
        raise InvalidInput(
            "A step cache skips layers, and this model is loaded layer by layer.",
            field="cache_interval",
            fix="Leave `cache_interval` out, or free memory.",
        )
