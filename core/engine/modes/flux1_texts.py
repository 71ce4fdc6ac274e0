"""Text inputs of all FLUX.1 pipelines."""

from __future__ import annotations

from typing import Any

from core.engine.pipeline_run import PipelineRun
from core.engine.regions import regional


@regional
def texts(run: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call. `guidance_scale` is an input of the transformer."""
    embeds, pooled, *_ids = run.embed(run.request.prompt)
    return {
        "prompt_embeds": embeds,
        "pooled_prompt_embeds": pooled,
        "guidance_scale": run.request.guidance_scale,
    }


@regional
def guided_texts(run: PipelineRun) -> dict[str, Any]:
    """`texts` with the negative prompt, which costs a second run of the transformer per step.

    Only where `true_cfg_scale` is above 1; guidance of this kind was distilled away.
    """
    request, inputs = run.request, texts(run)
    if request.true_cfg_scale > 1:
        embeds, pooled, *_ids = run.embed(request.negative_prompt)
        inputs |= {
            "true_cfg_scale": request.true_cfg_scale,
            "negative_prompt_embeds": embeds,
            "negative_pooled_prompt_embeds": pooled,
        }
    return inputs
