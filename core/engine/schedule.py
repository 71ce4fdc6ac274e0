"""Schedulers and schedules. Every image gets a new scheduler, because it keeps state."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import diffusers
import numpy as np

from core.errors import InvalidInput
from core.models.families.samplers import SAMPLERS

# Settings that a sampler must not inherit from the checkpoint's own scheduler.
_PLAIN = {
    "use_karras_sigmas": False,
    "use_exponential_sigmas": False,
    "use_beta_sigmas": False,
    "algorithm_type": "dpmsolver++",
    "clip_sample": False,
}


def fresh(base: Any, name: str | None, shift: float | None = None) -> Any:
    """A scheduler for one image: the checkpoint's own, or the sampler `name` in its place.

    A sampler inherits the checkpoint's noise schedule and prediction type. `shift` replaces the
    shift of flow matching, and one that follows the size of the image. Raises `InvalidInput`
    for an unknown name, or one that does not work with the model.
    """
    made = _named(base, name)
    if shift is None:
        return made
    return type(made).from_config(made.config, shift=shift, use_dynamic_shifting=False)


def _named(base: Any, name: str | None) -> Any:
    if name is None:
        return type(base).from_config(base.config)
    chosen = SAMPLERS.get(name)
    if chosen is None:
        raise wrong_sampler(name)
    kind = getattr(diffusers, chosen.scheduler)
    known = inspect.signature(kind.__init__).parameters
    settings = {key: value for key, value in _PLAIN.items() if key in known}
    try:
        made = kind.from_config(base.config, **{**settings, **chosen.config})
    except ValueError as error:  # it cannot have settings of the checkpoint's own
        raise wrong_sampler(name) from error
    if is_flow(made) != is_flow(base) or _is_edm(made) != _is_edm(base):
        raise wrong_sampler(name)
    return made


def name_of(scheduler: Any) -> str:
    """The label of the sampler that a scheduler is, else the name of its class.

    A flow's own shift belongs to the checkpoint and makes no other sampler.
    """
    kind = type(scheduler).__name__
    same = [
        sampler
        for sampler in SAMPLERS.values()
        if sampler.scheduler == kind
        and "shift" not in sampler.config
        and all(scheduler.config.get(name) == value for name, value in sampler.config.items())
    ]
    best = max(same, key=lambda sampler: len(sampler.config), default=None)
    return best.label if best else kind.removesuffix("Scheduler")


def is_flow(scheduler: Any) -> bool:
    """True for flow matching: x = (1 - sigma) image + sigma noise."""
    flows = type(scheduler).__name__.startswith("FlowMatch")
    return flows or bool(scheduler.config.get("use_flow_sigmas", False))


def _is_edm(scheduler: Any) -> bool:
    """True for the preconditioning of EDM (Karras et al. 2022), which scales what the network reads
    and returns."""
    return type(scheduler).__name__.startswith("EDM")


def wrong_sampler(name: str) -> InvalidInput:
    """The error for a sampler that does not work with a model."""
    return InvalidInput(
        f"The sampler {name!r} does not work with this model.",
        field="sampler",
        fix="Choose a sampler that the model lists, or none.",
    )


def rounded_down(strength: float, steps: int) -> tuple[float, int]:
    """A strength of at least one step, and the number of `steps` that a UNet's pipeline runs."""
    strength = min(1.0, max(strength, 1.0001 / steps))
    return strength, min(int(steps * strength), steps)


def rounded_up(strength: float, steps: int) -> tuple[float, int]:
    """As `rounded_down` for the pipelines of FLUX.1 and SD3.5, which round up."""
    strength = min(1.0, max(strength, 1.0001 / steps))
    return strength, steps - int(max(steps - min(steps * strength, steps), 0))


def last_part(steps: int, strength: float, whole: Sequence[float] = ()) -> list[float]:
    """The end of a schedule of `steps`, at least one step of it; by default of the plain one of
    flows."""
    schedule = whole or np.linspace(1.0, 1 / steps, steps)
    skipped = min(round(steps * (1 - strength)), steps - 1)
    return [float(sigma) for sigma in schedule[skipped:]]


def resampled(published: Sequence[float], steps: int) -> list[float]:
    """The schedule that a model was distilled for, drawn through `steps` noise levels."""
    if len(published) == steps:
        return [*published]
    levels = [*published, 0.0]
    places = np.linspace(0, len(published), steps, endpoint=False)
    return [float(sigma) for sigma in np.interp(places, range(len(levels)), levels)]


def shorten(scheduler: Any, steps: int) -> None:
    """Make a scheduler of one call run only the last `steps` of each schedule that it gets."""
    begin = scheduler.set_timesteps

    def begin_late(*, sigmas: Any, **others: Any) -> None:
        begin(sigmas=sigmas[-steps:], **others)

    scheduler.set_timesteps = begin_late


def shifted(scheduler: Any, sigmas: list[float], mu: float) -> list[float]:
    """The noise levels that run for `sigmas`, the final 0 included.

    Schedulers that shift them dynamically do so by `mu`.
    """
    probe = type(scheduler).from_config(scheduler.config)
    probe.set_timesteps(sigmas=sigmas, mu=mu, device="cpu")
    return [float(sigma) for sigma in probe.sigmas]


def linear_shift(scheduler: Any, tokens: int, longest: int = 4096) -> float:
    """The `mu` that most pipelines compute for an image of so many `tokens`; `longest` is their
    default of the scheduler's setting."""
    config = scheduler.config
    low, high = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    first = config.get("base_image_seq_len", 256)
    last = config.get("max_image_seq_len", longest)
    slope = (high - low) / (last - first)
    return float(tokens * slope + (low - slope * first))
