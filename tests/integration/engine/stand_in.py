"""A tiny model with just enough of a record to be drawn with: no files, no library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from core.engine.device import Device
from core.engine.loaded import Loaded
from core.models.family import Mode
from tests.integration.engine.tiny_models import tiny

CPU = Device("cpu", "CPU", torch.float32, 8 << 30)
EVERYTHING = (
    "prompt negative_prompt width height num_inference_steps guidance_scale true_cfg_scale "
    "clip_skip sampler strength image mask_image images"
).split()
# Per tiny model: adapter, and the pipeline of each mode.
MODES: dict[str, tuple[str, dict[str, str]]] = {
    "sd15": (
        "sd15",
        {
            "generate": "StableDiffusionPipeline",
            "img2img": "StableDiffusionImg2ImgPipeline",
            "inpaint": "StableDiffusionInpaintPipeline",
        },
    ),
    "sdxl": (
        "sdxl",
        {
            "generate": "StableDiffusionXLPipeline",
            "img2img": "StableDiffusionXLImg2ImgPipeline",
            "inpaint": "StableDiffusionXLInpaintPipeline",
        },
    ),
    "sd3": (
        "sd3",
        {
            "generate": "StableDiffusion3Pipeline",
            "img2img": "StableDiffusion3Img2ImgPipeline",
            "inpaint": "StableDiffusion3InpaintPipeline",
        },
    ),
    "flux1": (
        "flux1",
        {
            "generate": "FluxPipeline",
            "img2img": "FluxImg2ImgPipeline",
            "inpaint": "FluxInpaintPipeline",
        },
    ),
    "kontext": (
        "flux1_kontext",
        {
            "generate": "FluxKontextPipeline",
            "edit": "FluxKontextPipeline",
            "inpaint": "FluxKontextInpaintPipeline",
        },
    ),
    "fill": ("flux1_fill", {"inpaint": "FluxFillPipeline"}),
    "klein": (
        "flux2_klein",
        dict.fromkeys(("generate", "img2img", "inpaint", "edit"), "Flux2KleinPipeline"),
    ),
    "flux2": (
        "flux2_dev",
        dict.fromkeys(("generate", "img2img", "inpaint", "edit"), "Flux2Pipeline"),
    ),
}
MODES["schnell"] = MODES["flux1"]
MODES["klein-distilled"] = MODES["klein"]


@dataclass
class StandIn:
    """What `Loaded` asks of a model."""

    id: str
    modes: Mapping[str, Mode]
    call: Mapping[str, Any] = field(default_factory=dict)
    parameter_count: int = 0
    preview: None = None

    @property
    def label(self) -> str:
        """Its name."""
        return self.id

    def parameters(self, mode: str) -> list[str]:
        """All there are."""
        return EVERYTHING

    def defaults(self, mode: str) -> dict[str, Any]:
        """A small picture."""
        return {"width": 64, "height": 64, "num_inference_steps": 2}


def loaded(name: str, pipeline: Any = None, **call: Any) -> Loaded:
    """A tiny model, loaded. `call` is what every call of its pipeline gets."""
    from core.engine import preview

    adapter, classes = MODES[name]
    modes = {mode: Mode(kind, adapter, tuple(EVERYTHING)) for mode, kind in classes.items()}
    pipeline = pipeline or tiny(name)
    factors = preview.fit(pipeline.vae, "cpu")
    return Loaded(StandIn(name, modes, call), pipeline, CPU, factors)  # type: ignore[arg-type]
