"""FLUX.1 Canny and Depth: networks that take the latents of a control image beside the noise.

Both have the same shapes, so only a file's name distinguishes them. Defaults: their cards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.models.families.family import Mode, Variant
from core.models.families.flux1 import CALL, FLUX1, PARAMETERS, SHAPE, WIDE
from core.models.families.parameters import CONTROL, FLOW_DRAWING, IMG2IMG, SQUARE, painting

_ADAPTER = "flux1_control"
_DRAWN = tuple(name for name in FLOW_DRAWING if name != "negative_prompt")
_PARAMS = (*_DRAWN, "max_sequence_length", *CONTROL)


def _variant(name: str, steps: int, guidance: float, *hints: str) -> Variant:
    defaults: dict[str, Any] = {"num_inference_steps": steps, "guidance_scale": guidance}
    return Variant(
        f"flux1-{name}-dev",
        f"FLUX.1 {name.capitalize()} dev",
        {**SHAPE, "channels": 128, "guidance": 1},
        PARAMETERS,
        hints=hints,
        defaults=defaults,
        call=CALL,
        wide=WIDE,
    )


FLUX1_CONTROL = replace(
    FLUX1,
    id="flux1-control",
    label="FLUX.1 Control",
    class_names=("FluxControlPipeline", "FluxControlImg2ImgPipeline", "FluxControlInpaintPipeline"),
    own_control=True,
    modes={
        "generate": Mode("FluxControlPipeline", _ADAPTER, _PARAMS),
        "img2img": Mode(
            "FluxControlImg2ImgPipeline", _ADAPTER, (*_PARAMS, *IMG2IMG), {"strength": 0.8}
        ),
        **painting("FluxControlInpaintPipeline", _ADAPTER, _PARAMS, 0.85),
    },
    defaults={**SQUARE, "num_inference_steps": 50, "guidance_scale": 30.0},
    training=None,
    untrainable="a control image is an input of its network",
    guided=frozenset({"guidance_scale"}),
    variants=(_variant("canny", 50, 30.0), _variant("depth", 30, 10.0, "depth")),
)
