"""Playground 2.5: the network of SDXL, trained with the noise levels of EDM (Karras et al. 2022).

Sources: diffusers 0.42.1 and the model card. diffusers' inpainting does not normalise latents by
channel, and ControlNets of SDXL read its own time steps, so neither is offered.
"""

from __future__ import annotations

from dataclasses import replace

from core.models.families.family import Component, Mode, Variant
from core.models.families.parameters import DRAWING, IMG2IMG, RESCALED, SQUARE
from core.models.families.samplers import EDM
from core.models.families.sdxl import SDXL

_BASE = SDXL.variants[0]
_PARAMS = (*DRAWING, *RESCALED, "clip_skip")

SDXL_PLAYGROUND = replace(
    SDXL,
    id="playground-v2-5",
    label="Playground 2.5",
    class_names=("StableDiffusionXLPipeline",),
    scheduler={
        "sigma_min": 0.002,
        "sigma_max": 80.0,
        "sigma_data": 0.5,
        "rho": 7.0,
        "prediction_type": "epsilon",
        "solver_order": 2,
        "solver_type": "midpoint",
    },
    components={
        **SDXL.components,
        "scheduler": Component((("diffusers", "EDMDPMSolverMultistepScheduler"),)),
        "vae": replace(SDXL.components["vae"], parts=("vae-playground-v2-5",)),
    },
    modes={
        "generate": Mode("StableDiffusionXLPipeline", "sd", _PARAMS),
        "img2img": Mode(
            "StableDiffusionXLImg2ImgPipeline", "sd", (*_PARAMS, *IMG2IMG), {"strength": 0.6}
        ),
    },
    defaults={
        **SQUARE,
        "num_inference_steps": 50,
        "guidance_scale": 3.0,
        "sampler": "edm_dpmpp_2m",
    },
    variants=(
        Variant(
            "playground-v2-5",
            "Playground 2.5",
            {**_BASE.traits, "edm": 1},
            _BASE.parameters,
            hints=("playground-v2-5", "playground-v2.5", "playground_v2.5", "playground-2.5"),
        ),
    ),
    samplers=EDM,
    training=None,
    untrainable="it needs the noise levels of EDM, which the trainer lacks",
    freeu={},
    pag={},
)
