"""Variants of one call: FreeU, perturbed attention, rescaled guidance, eta, sigmas, step cache.

Which of them a model has is data of its family; here are only their names in diffusers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from core.engine.step_cache import cached, check_placement

if TYPE_CHECKING:
    from core.engine.loaded import Loaded
    from core.engine.render_request import RenderRequest

_ARGUMENTS = (
    "eta",
    "guidance_rescale",
    "pag_scale",
    "sigmas",
    "denoising_end",
    "denoising_start",
)


def pipeline_for(loaded: Loaded, request: RenderRequest, controls: Any) -> Any:
    """The pipeline of the request's mode, or its sibling with perturbed-attention guidance."""
    if request.pag_scale:
        model = loaded.model
        return loaded.sibling(model.family.pag[model.modes[request.mode].pipeline])
    return loaded.pipeline_of(request.mode, controls)


def arguments(request: RenderRequest) -> dict[str, Any]:
    """The arguments of the call for the variants in use."""
    given = {name: getattr(request, name) for name in _ARGUMENTS}
    call = {name: value for name, value in given.items() if value}
    return {**call, "sigmas": list(request.sigmas)} if request.sigmas else call


@contextmanager
def applied(loaded: Loaded, pipeline: Any, request: RenderRequest, steps: int) -> Iterator[None]:
    """Change the network for one call of `steps` steps. However it ends, it is then as it was."""
    core = getattr(pipeline, loaded.model.family.core)
    processors = core.attn_processors if request.pag_scale else None
    if request.cache_interval:
        check_placement(loaded.plan.placement)
    with ExitStack() as changes:
        if request.freeu:
            changes.callback(pipeline.disable_freeu)
            pipeline.enable_freeu(**loaded.model.family.freeu)
        if processors is not None:  # a cancelled call leaves those of perturbed attention
            changes.callback(core.set_attn_processor, processors)
        interval = request.cache_interval
        cache = changes.enter_context(cached(core, interval, steps)) if interval else None
        yield
        if cache is not None:
            loaded.noted["step_cache"] = cache.facts
