"""What all FLUX.1 pipelines share: their text inputs."""

from __future__ import annotations

from typing import Any

from core.engine.pipeline_run import PipelineRun


def texts(drawing: PipelineRun) -> dict[str, Any]:
    """The text inputs of the call. `guidance_scale` is an input of the transformer."""
    embeds, pooled, *_ids = drawing.embed(drawing.order.prompt)
    return {
        "prompt_embeds": embeds,
        "pooled_prompt_embeds": pooled,
        "guidance_scale": drawing.order.guidance_scale,
    }


def guided_texts(drawing: PipelineRun) -> dict[str, Any]:
    """`texts` with what is to be avoided: it costs a second run of the transformer per step.

    Only where `true_cfg_scale` is above 1; guidance of this kind was distilled away.
    """
    order, found = drawing.order, texts(drawing)
    if order.true_cfg_scale > 1:
        embeds, pooled, *_ids = drawing.embed(order.negative_prompt)
        found |= {
            "true_cfg_scale": order.true_cfg_scale,
            "negative_prompt_embeds": embeds,
            "negative_pooled_prompt_embeds": pooled,
        }
    return found
