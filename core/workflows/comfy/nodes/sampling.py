"""Samplers, and the nodes of the custom sampler: noise, guider, sampler, schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.workflows.comfy.nodes.drawing import Run, draw
from core.workflows.comfy.reading import NodeType, Reading
from core.workflows.comfy.values import (
    Conditioning,
    GuiderValue,
    LatentValue,
    ModelValue,
    NoiseValue,
    SamplerValue,
    SigmasValue,
    StoppedSampler,
)

CFG_MAX = 30.0
STEPS_MOST = 10_000  # that ComfyUI accepts
_ALL_RUN = "All steps run: the next brick starts from a finished image."


def ksampler(r: Reading) -> tuple[Any, ...]:
    """A run over a part of the schedule."""
    return (
        _drawn(
            r,
            GuiderValue(r.model(), _positive(r), r.find("negative", Conditioning), _cfg(r)),
            NoiseValue(r.seed("seed")),
            r.text("sampler_name", "euler"),
            SigmasValue(r.text("scheduler", "normal"), _steps(r), r.number("denoise", 1.0, 0, 1)),
            _latent(r, "latent_image"),
        ),
    )


def ksampler_advanced(r: Reading) -> tuple[Any, ...]:
    """A run from one step to another: the rest of a base model's schedule is a refiner's."""
    steps = _steps(r)
    start = min(r.integer("start_at_step", 0, 0, STEPS_MOST), steps)
    end = min(max(r.integer("end_at_step", steps, 0, 2**31), start), steps)
    latent = _latent(r, "latent_image")
    if finished := _refined(r, latent, start, steps):
        return (finished,)
    if start == 0 and end < steps:
        r.note(_ALL_RUN)
    if start > 0 and r.text("add_noise", "enable") == "disable":
        r.note("New noise is added for the steps of this brick.")
    strength = 1.0 if start == 0 else (end - start) / steps
    positive = _positive(r)
    drawn = _drawn(
        r,
        GuiderValue(r.model(), positive, r.find("negative", Conditioning), _cfg(r)),
        NoiseValue(r.seed("noise_seed")),
        r.text("sampler_name", "euler"),
        SigmasValue(r.text("scheduler", "normal"), steps, strength),
        latent,
    )
    if start or end == steps or r.text("return_with_leftover_noise", "disable") != "enable":
        return (drawn,)
    return (replace(drawn, stopped=StoppedSampler(r.entry.node, end, steps, positive.text)),)


def _refined(r: Reading, latent: LatentValue, start: int, steps: int) -> LatentValue | None:
    """The result of a refiner that finishes the schedule of the sampler before it: the brick of
    that sampler becomes Draft and refine."""
    stopped, model = latent.stopped, r.model()
    if stopped is None or (stopped.end, stopped.steps) != (start, steps) or model.loras:
        return None
    brick = r.wall.bricks[latent.image.source.partition(".")[0]] if latent.image else {}
    named = "refiner" in model.name.lower() and brick.get("type") == "generate"
    if not named or r.text("add_noise", "enable") == "enable":
        return None
    brick["type"] = "refine"
    brick["props"] |= {"refiner": model.name, "denoising_end": start / steps}
    r.conversion.report.entries[stopped.node].notes.remove(_ALL_RUN)
    r.entry.bricks.append(brick["id"])
    if _positive(r).text != stopped.prompt:
        r.note("Both models draw the prompt of the first.")
    return replace(latent, stopped=None)


def sampler_custom(r: Reading) -> tuple[Any, ...]:
    """A run of a named sampler over a schedule."""
    guider = GuiderValue(r.model(), _positive(r), r.find("negative", Conditioning), _cfg(r))
    result = _drawn(
        r,
        guider,
        NoiseValue(r.seed("noise_seed")),
        _sampler(r),
        _sigmas(r),
        _latent(r, "latent_image"),
    )
    return result, result


def sampler_custom_advanced(r: Reading) -> tuple[Any, ...]:
    """As `sampler_custom`, with the guider and the noise of nodes of their own."""
    guider = r.find("guider", GuiderValue)
    if guider is None:
        r.note("No guider arrives: the model and the prompt are missing.")
        guider = GuiderValue(ModelValue(), Conditioning())
    noise = r.find("noise", NoiseValue) or NoiseValue(None)
    result = _drawn(r, guider, noise, _sampler(r), _sigmas(r), _latent(r, "latent_image"))
    return result, result


def _drawn(
    r: Reading,
    guider: GuiderValue,
    noise: NoiseValue,
    sampler: str,
    sigmas: SigmasValue,
    latent: LatentValue,
) -> LatentValue:
    model = replace(guider.model, flow=guider.model.flow or sigmas.flow)
    run = Run(
        model=model,
        positive=guider.positive,
        negative=guider.negative,
        cfg=guider.cfg,
        seed=noise.seed,
        steps=max(sigmas.steps, 1),
        sampler=sampler,
        scheduler=sigmas.scheduler,
        strength=sigmas.strength,
        latent=latent,
    )
    return draw(r, run)


def _positive(r: Reading) -> Conditioning:
    prompt = r.find("positive", Conditioning)
    if prompt is None:
        r.note("No prompt arrives.")
    return prompt or Conditioning()


def _latent(r: Reading, name: str) -> LatentValue:
    latent = r.find(name, LatentValue)
    if latent is None:
        r.note("No latents arrive: the size is the model's own.")
    return latent or LatentValue()


def _steps(r: Reading) -> int:
    return r.integer("steps", 20, 1, STEPS_MOST)


def _cfg(r: Reading) -> float:
    return r.number("cfg", 8.0, 0, CFG_MAX)


def _sampler(r: Reading) -> str:
    return (r.find("sampler", SamplerValue) or SamplerValue("euler")).name


def _sigmas(r: Reading) -> SigmasValue:
    sigmas = r.find("sigmas", SigmasValue)
    if sigmas is None:
        r.note("No schedule arrives: 20 steps of the model's own.")
    return sigmas or SigmasValue("normal", 20)


def named_sampler(r: Reading) -> tuple[Any, ...]:
    """A sampler by name."""
    return (SamplerValue(r.text("sampler_name", "euler")),)


def fixed_sampler(name: str) -> Any:
    """A reader of a node that is one sampler, with settings of its own."""

    def read(r: Reading) -> tuple[Any, ...]:
        if r.node.inputs:
            r.note("The sampler's own settings are the usual ones.")
        return (SamplerValue(name),)

    return read


def basic_scheduler(r: Reading) -> tuple[Any, ...]:
    """A schedule by name."""
    model = r.find("model", ModelValue)
    strength = r.number("denoise", 1.0, 0, 1)
    flow = model.flow if model else False
    return (SigmasValue(r.text("scheduler", "normal"), _steps(r), strength, flow),)


def flux2_scheduler(r: Reading) -> tuple[Any, ...]:
    """The schedule of FLUX.2, which shifts by the image's size as the model's own does."""
    return (SigmasValue("flux2", _steps(r), flow=True),)


def turbo_scheduler(r: Reading) -> tuple[Any, ...]:
    """The schedule of SD and SDXL Turbo: one to ten steps of the last."""
    return (SigmasValue("sd_turbo", _steps(r), r.number("denoise", 1.0, 0, 1)),)


def schedule(name: str) -> Any:
    """A reader of a node that is one schedule."""

    def read(r: Reading) -> tuple[Any, ...]:
        if name not in ("karras",):
            r.note(f"The sampler's own schedule replaces {name}.")
        return (SigmasValue(name, _steps(r), r.number("denoise", 1.0, 0, 1)),)

    return read


def split(r: Reading) -> tuple[Any, ...]:
    """The two parts of a schedule before and after a step."""
    sigmas = _sigmas(r)
    step = min(r.integer("step", 0, 0, STEPS_MOST), sigmas.steps)
    rest = sigmas.strength * (sigmas.steps - step) / max(sigmas.steps, 1)
    if step:
        r.note("The first part runs to the end; the second part starts from its image.")
    return sigmas, replace(sigmas, strength=rest)


def noise(r: Reading) -> tuple[Any, ...]:
    """Noise of a seed."""
    return (NoiseValue(r.seed("noise_seed")),)


def no_noise(r: Reading) -> tuple[Any, ...]:
    """No new noise: a run that goes on with another one's."""
    r.note("New noise is added.")
    return (NoiseValue(None),)


def basic_guider(r: Reading) -> tuple[Any, ...]:
    """A model with one prompt, without CFG."""
    return (GuiderValue(r.model(), r.prompt("conditioning")),)


def cfg_guider(r: Reading) -> tuple[Any, ...]:
    """A model with two prompts."""
    return (GuiderValue(r.model(), _positive(r), r.find("negative", Conditioning), _cfg(r)),)


_CHOICE = ("sampler_name", "scheduler")
NODES = (
    NodeType(
        "KSampler",
        "Generate, Image to image, Inpaint, Outpaint or Edit",
        ksampler,
        ("seed", "steps", "cfg", *_CHOICE, "denoise"),
    ),
    NodeType(
        "KSamplerAdvanced",
        "Generate, Image to image, Inpaint, Outpaint, Edit or Draft and refine",
        ksampler_advanced,
        (
            "add_noise",
            "noise_seed",
            "steps",
            "cfg",
            *_CHOICE,
            "start_at_step",
            "end_at_step",
            "return_with_leftover_noise",
        ),
    ),
    NodeType(
        "SamplerCustom",
        "Generate, Image to image, Inpaint, Outpaint or Edit",
        sampler_custom,
        ("add_noise", "noise_seed", "cfg"),
    ),
    NodeType(
        "SamplerCustomAdvanced",
        "Generate, Image to image, Inpaint, Outpaint or Edit",
        sampler_custom_advanced,
    ),
    NodeType("KSamplerSelect", "Sampler", named_sampler, ("sampler_name",)),
    NodeType(
        "SamplerEulerAncestral", "Sampler", fixed_sampler("euler_ancestral"), ("eta", "s_noise")
    ),
    NodeType(
        "SamplerDPMPP_2M_SDE",
        "Sampler",
        fixed_sampler("dpmpp_2m_sde"),
        ("solver_type", "eta", "s_noise", "noise_device"),
    ),
    NodeType(
        "SamplerDPMPP_SDE",
        "Sampler",
        fixed_sampler("dpmpp_sde"),
        ("eta", "s_noise", "r", "noise_device"),
    ),
    NodeType(
        "BasicScheduler", "Steps, sampler", basic_scheduler, ("scheduler", "steps", "denoise")
    ),
    NodeType("Flux2Scheduler", "Steps", flux2_scheduler, ("steps", "width", "height")),
    NodeType("SDTurboScheduler", "Steps", turbo_scheduler, ("steps", "denoise")),
    NodeType(
        "KarrasScheduler",
        "Steps, sampler",
        schedule("karras"),
        ("steps", "sigma_max", "sigma_min", "rho"),
    ),
    NodeType(
        "ExponentialScheduler",
        "Steps, sampler",
        schedule("exponential"),
        ("steps", "sigma_max", "sigma_min"),
    ),
    NodeType(
        "BetaSamplingScheduler", "Steps, sampler", schedule("beta"), ("steps", "alpha", "beta")
    ),
    NodeType(
        "AlignYourStepsScheduler",
        "Steps, sampler",
        schedule("align_your_steps"),
        ("model_type", "steps", "denoise"),
    ),
    NodeType("SplitSigmas", "Denoising strength", split, ("step",)),
    NodeType("RandomNoise", "Seed", noise, ("noise_seed",)),
    NodeType("DisableNoise", "Seed", no_noise),
    NodeType("BasicGuider", "Prompt", basic_guider),
    NodeType("CFGGuider", "Prompts, guidance (CFG)", cfg_guider, ("cfg",)),
)
