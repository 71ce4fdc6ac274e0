"""Guidance variants of one call: FreeU, perturbed attention, rescaled guidance, eta, sigmas.

Which of them a model has is data of its family; here are only their names in diffusers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
def applied(loaded: Loaded, pipeline: Any, request: RenderRequest) -> Iterator[None]:
    """Change the network for one call. However the call ends, it is then as it was."""
    core = getattr(pipeline, loaded.model.family.core)
    processors = core.attn_processors if request.pag_scale else None
    if request.freeu:
        pipeline.enable_freeu(**loaded.model.family.freeu)
    try:
        yield
    finally:
        if request.freeu:
            pipeline.disable_freeu()
        if processors is not None:  # a cancelled call leaves those of perturbed attention
            core.set_attn_processor(processors)
