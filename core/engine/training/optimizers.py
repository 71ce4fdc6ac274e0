"""Optimizers and the course of the learning rate."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch

from core.errors import TaskFailure
from core.training.configuration.sections import Optimizer, TrainingSection

Parameters = list[torch.nn.Parameter]


def _adamw(parameters: Parameters, section: TrainingSection) -> Any:
    return torch.optim.AdamW(
        parameters, lr=section.learning_rate, weight_decay=section.weight_decay
    )


def _adamw8bit(parameters: Parameters, section: TrainingSection) -> Any:
    return _module("bitsandbytes.optim").AdamW8bit(
        parameters, lr=section.learning_rate, weight_decay=section.weight_decay
    )


def _adafactor(parameters: Parameters, section: TrainingSection) -> Any:
    # Scaled by the weights' own size, a matrix of zeros would hardly start to learn.
    return _module("transformers.optimization").Adafactor(
        parameters,
        lr=section.learning_rate,
        weight_decay=section.weight_decay,
        relative_step=False,
        scale_parameter=False,
        warmup_init=False,
    )


def _prodigy(parameters: Parameters, section: TrainingSection) -> Any:
    # With its default `d0` a run of some hundred steps ends before it has found a learning rate.
    return _module("prodigyopt").Prodigy(
        parameters,
        lr=section.learning_rate,
        weight_decay=section.weight_decay,
        d0=1e-4,
        d_coef=2.0,
    )


def _schedule_free(parameters: Parameters, section: TrainingSection) -> Any:
    return _module("schedulefree").AdamWScheduleFree(
        parameters,
        lr=section.learning_rate,
        weight_decay=section.weight_decay,
        warmup_steps=section.warmup_steps,
    )


_MAKERS: Mapping[Optimizer, Callable[[Parameters, TrainingSection], Any]] = {
    "adamw": _adamw,
    "adamw8bit": _adamw8bit,
    "adafactor": _adafactor,
    "prodigy": _prodigy,
    "schedule_free": _schedule_free,
}


def optimizer_of(parameters: Iterable[torch.nn.Parameter], section: TrainingSection) -> Any:
    """The optimizer of a configuration. Raises `TaskFailure` where its package is missing."""
    return _MAKERS[section.optimizer](list(parameters), section)


def share_of_rate(section: TrainingSection, step: int, steps: int) -> float:
    """The share of the peak learning rate in `step`, counted from 0, of `steps`."""
    if section.optimizer == "schedule_free":
        return 1.0  # it schedules itself
    warm = section.warmup_steps
    if step < warm:
        return (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return _DECAYS[section.scheduler](min(done, 1.0), section)


def _cosine(done: float, section: TrainingSection) -> float:
    least = section.min_lr_ratio
    return least + (1 - least) * 0.5 * (1 + math.cos(math.pi * done))


_DECAYS: Mapping[str, Callable[[float, TrainingSection], float]] = {
    "constant": lambda done, section: 1.0,
    "linear": lambda done, section: 1 - (1 - section.min_lr_ratio) * done,
    "cosine": _cosine,
    "restarts": lambda done, section: _cosine(done * section.restarts % 1.0, section),
}


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise TaskFailure(
            f"The optimizer needs the package {package}, which is not installed.",
            field="training.optimizer",
            fix=f"Choose `adamw`, or install it with `pip install {package}`.",
        ) from error
