"""The objectives of a step: noisy latents, the network's target and the weight of each row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from diffusers import DDPMScheduler

from core.training.configuration.sections import TrainingSection


@dataclass(frozen=True, slots=True)
class Noised:
    """Noisy latents at `times`, the `target` of the prediction, and a weight per row."""

    states: torch.Tensor
    times: torch.Tensor
    target: torch.Tensor
    weights: torch.Tensor


class Objective(Protocol):
    """Draws times, and mixes latents with noise."""

    def draw(self, rows: int, generator: torch.Generator, tokens: int) -> torch.Tensor:
        """Noise levels of a batch, 0 … 1, for images of so many tokens."""

    def noised(self, latents: torch.Tensor, noise: torch.Tensor, levels: torch.Tensor) -> Noised:
        """Mix latents and noise, both (b, C, h, w), at these levels."""


def drawn(section: TrainingSection, rows: int, generator: torch.Generator) -> torch.Tensor:
    """Random levels of 0 … 1 before any shift: uniform or logit-normal."""
    if section.timesteps == "uniform":
        return torch.rand(rows, generator=generator)
    return torch.sigmoid(torch.randn(rows, generator=generator))


class Flow:
    """Flow matching: `x = (1 - t) latents + t noise`, predicted is `noise - latents`."""

    def __init__(self, section: TrainingSection, scheduler: Any) -> None:
        self._section = section
        self._scheduler = scheduler

    def draw(self, rows: int, generator: torch.Generator, tokens: int) -> torch.Tensor:
        """See `Objective`: with more tokens, levels are shifted towards noise."""
        levels = drawn(self._section, rows, generator)
        shift = self.shift(tokens)
        return shift * levels / (1 + (shift - 1) * levels)

    def shift(self, tokens: int) -> float:
        """The factor of the odds of a level; 1 is none."""
        if self._section.timestep_shift is not None:
            return self._section.timestep_shift
        config = self._scheduler.config
        if not config.get("use_dynamic_shifting", False):
            return float(config.get("shift", 1.0))
        first, last = config.base_image_seq_len, config.max_image_seq_len
        slope = (config.max_shift - config.base_shift) / (last - first)
        return math.exp(config.base_shift + slope * (tokens - first))

    def noised(self, latents: torch.Tensor, noise: torch.Tensor, levels: torch.Tensor) -> Noised:
        """See `Objective`."""
        share = levels.to(latents).view(-1, 1, 1, 1)
        states = (1 - share) * latents + share * noise
        times = levels.to(latents)
        return Noised(states, times, noise - latents, torch.ones_like(times))


class Diffusion:
    """Denoising diffusion in 1000 timesteps: predicted is the noise or the velocity."""

    def __init__(self, section: TrainingSection, scheduler: Any) -> None:
        self._section = section
        self._scheduler = DDPMScheduler.from_config(scheduler.config)
        self._velocity = self._scheduler.config.prediction_type == "v_prediction"

    def draw(self, rows: int, generator: torch.Generator, tokens: int) -> torch.Tensor:
        """See `Objective`."""
        return drawn(self._section, rows, generator)

    def noised(self, latents: torch.Tensor, noise: torch.Tensor, levels: torch.Tensor) -> Noised:
        """See `Objective`."""
        last = self._scheduler.config.num_train_timesteps
        times = (levels * last).long().clamp(0, last - 1).to(latents.device)
        states = self._scheduler.add_noise(latents, noise, times)
        if self._velocity:
            target = self._scheduler.get_velocity(latents, noise, times)
        else:
            target = noise
        return Noised(states, times, target, self._weights(times).to(latents))

    def _weights(self, times: torch.Tensor) -> torch.Tensor:
        """Min-SNR weights: min(SNR, gamma) / SNR of noise, / (SNR + 1) of velocity."""
        gamma = self._section.min_snr_gamma
        if gamma is None:
            return torch.ones(len(times))
        alphas = self._scheduler.alphas_cumprod[times.cpu()]
        ratio = alphas / (1 - alphas)
        return ratio.clamp(max=gamma) / (ratio + 1 if self._velocity else ratio)


def objective_of(section: TrainingSection, scheduler: Any, *, flow: bool) -> Objective:
    """The objective of a model, by the scheduler that it came with."""
    return Flow(section, scheduler) if flow else Diffusion(section, scheduler)


def loss_of(
    predicted: torch.Tensor, noised: Noised, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean square errors of the rows [b] in float32, weighted by `mask` (b, 1, h, w) and row."""
    squares = (predicted.float() - noised.target.float()).square()
    if mask is None:
        rows = squares.flatten(1).mean(1)
    else:
        wide = mask.to(squares).expand_as(squares).flatten(1)
        rows = (squares.flatten(1) * wide).sum(1) / wide.sum(1).clamp_min(1e-6)
    return rows * noised.weights.float()
