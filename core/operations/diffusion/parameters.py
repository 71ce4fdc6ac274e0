"""The parameters of everything that a diffusion model draws, but for the size. diffusers' names."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from core.configuration.declaration import SEED_MAX
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import PortField, TextPort, ui
from core.operations.diffusion.lora_use import LorasPort
from core.operations.diffusion.styling import StylesPort


class DiffusionParameters(Operation):
    """Fields only. `DiffusionRequest` resolves them and draws with them."""

    form_order: ClassVar[tuple[str, ...]] = (
        "prompt",
        "negative_prompt",
        "model",
        "num_inference_steps",
        "guidance_scale",
        "width",
        "height",
        "num_images",
    )

    prompt: TextPort = Field(
        title="Prompt",
        description="What to draw; `{a|b}` and `__list__` are chosen by each image's seed.",
        json_schema_extra=ui("textarea", tokens=True),
    )
    negative_prompt: TextPort = Field(
        "",
        title="Negative prompt",
        description="What the image should not show.",
        json_schema_extra=ui("textarea", tokens=True),
    )
    model: str | None = Field(
        None,
        max_length=200,
        title="Model",
        description="A model's id.",
        json_schema_extra=ui("model"),
    )
    num_inference_steps: int | None = Field(
        None,
        ge=1,
        le=100,
        title="Inference steps",
        description="Denoising steps.",
        json_schema_extra=ui("slider", step=1, from_model=True),
    )
    guidance_scale: float | None = Field(
        None,
        ge=0,
        le=30,
        title="Guidance (CFG)",
        description="How closely the image follows the prompt.",
        json_schema_extra=ui("slider", step=0.1, from_model=True),
    )
    true_cfg_scale: float | None = Field(
        None,
        ge=1,
        le=30,
        title="True CFG scale",
        description="Above 1 the negative prompt counts; each step takes twice as long.",
        json_schema_extra=ui("slider", step=0.1, from_model=True, advanced=True),
    )
    sampler: str | None = Field(
        None,
        max_length=100,
        title="Sampler / Scheduler",
        description="The scheduler that removes noise; empty uses the model's own.",
        json_schema_extra=ui("select", from_list="samplers", advanced=True),
    )
    schedule_shift: float | None = Field(
        None,
        gt=0,
        le=20,
        title="Schedule shift",
        description="Above 1 more steps at high noise, which decide the composition.",
        json_schema_extra=ui("number", step=0.1, advanced=True, placeholder="the model's"),
    )
    sigmas: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        (),
        max_length=100,
        title="Sigmas",
        description="Noise levels of the steps before the shift, falling from 1; they replace the "
        "number of steps.",
        json_schema_extra=ui("list", advanced=True),
    )
    eta: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Eta",
        description="Share of fresh noise in each step; DDIM only.",
        json_schema_extra=ui("number", step=0.05, advanced=True),
    )
    guidance_rescale: float | None = Field(
        None,
        ge=0,
        le=1,
        title="CFG rescale",
        description="Against overexposure by a high guidance; 0.7 is usual.",
        json_schema_extra=ui("number", step=0.05, advanced=True),
    )
    pag_scale: float | None = Field(
        None,
        ge=0,
        le=10,
        title="PAG scale",
        description="Perturbed-attention guidance: clearer structure, each step takes longer; 3 is "
        "usual.",
        json_schema_extra=ui("number", step=0.1, advanced=True),
    )
    freeu: bool = Field(
        False,
        title="FreeU",
        description="Weighs the network's backbone above its skip connections.",
        json_schema_extra=ui("toggle", advanced=True),
    )
    cache_interval: int | None = Field(
        None,
        ge=2,
        le=10,
        title="Step cache",
        description="Every n-th step in full, those between predicted: faster, slightly different. "
        "The error is measured.",
        json_schema_extra=ui("number", step=1, advanced=True, placeholder="off"),
    )
    measure_drift: bool = Field(
        False,
        title="Measure drift",
        description="Draws each image without the step cache too, and states how far the pixels "
        "are apart.",
        json_schema_extra=ui("toggle", advanced=True),
    )
    clip_skip: int | None = Field(
        None,
        ge=1,
        le=4,
        title="CLIP skip",
        description="Last layers of the text encoder to skip.",
        json_schema_extra=ui("number", advanced=True),
    )
    vae: str | None = Field(
        None,
        max_length=300,
        title="VAE",
        description="Another VAE than the model's own: its id or content hash.",
        json_schema_extra=ui("select", from_list="vaes", advanced=True),
    )
    loras: LorasPort = ()
    styles: StylesPort = ()
    lora_policy: Literal["refuse", "skip"] = Field(
        "refuse",
        title="Incompatible LoRAs",
        description="Refuse the request, or skip a LoRA that does not fit the model.",
        json_schema_extra=ui("hidden"),
    )
    seed: Annotated[int | None, PortField("settings", "settings")] = Field(
        None,
        ge=0,
        le=SEED_MAX,
        title="Seed",
        description="The same seed gives the same image; empty picks a random one.",
        json_schema_extra=ui("seed"),
    )
