"""The optimization of trained layers: one call is one optimizer step.

All random numbers are a function of the seed and the number of the batch, so the weights, the
optimizer and the number of the step are the whole state of a training.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from core.engine.training.adapters.base import Adapter, Texts
from core.engine.training.layers import Trained
from core.engine.training.objectives import Noised, loss_of, objective_of
from core.engine.training.optimizers import optimizer_of, share_of_rate
from core.training.configuration.schema import TrainingConfig


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of equal size: latents (b, C, h, w), texts, masks (b, 1, h, w), and their names."""

    latents: torch.Tensor
    texts: Texts
    masks: torch.Tensor | None
    names: tuple[str, ...]


class Diverged(Exception):
    """A loss or gradient that is not finite, in a step on the images of `names`."""

    def __init__(self, step: int, names: Sequence[str], why: str) -> None:
        super().__init__(why)
        self.step = step
        self.names = tuple(dict.fromkeys(names))
        self.why = why


@dataclass(frozen=True, slots=True)
class StepResult:
    """The mean loss of a step, its learning rate and the norm of its gradient before clipping."""

    loss: float
    rate: float
    norm: float


class Session:
    """The trained layers of a network with optimizer and average. `step` counts finished steps."""

    def __init__(
        self, adapter: Adapter, config: TrainingConfig, trained: Trained, steps: int
    ) -> None:
        self.adapter = adapter
        self.config = config
        self.trained = trained
        self.steps = steps
        self.step = 0
        self.device = torch.device(adapter.pipeline._execution_device)
        adapter.network.to(self.device)  # a plan may have left it in RAM
        section = config.training
        scheduler = adapter.loaded.scheduler(None)
        self.objective = objective_of(section, scheduler, flow=adapter.flow)
        self.optimizer = optimizer_of(trained.values(), section)
        self.average: dict[str, torch.Tensor] = {}
        self._replaced: dict[str, torch.Tensor] = {}
        if section.ema_decay:
            self.average = {name: value.detach().clone() for name, value in trained.items()}
        self._dtype = compute_dtype(config.model.dtype, self.device)
        if section.gradient_checkpointing:
            adapter.network.enable_gradient_checkpointing()

    def train_step(self, batches: Sequence[Batch]) -> StepResult:
        """One optimizer step on the mean of the batches' losses.

        Raises `Diverged` where a number is not finite; the weights are those of the last step then.
        """
        section = self.config.training
        rate = section.learning_rate * share_of_rate(section, self.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.set_mode(training=True)
        total = 0.0
        for place, batch in enumerate(batches):
            number = self.step * len(batches) + place
            with self._dropout(number):
                loss = self.loss(batch, self.noised(batch, number)).mean() / len(batches)
            loss.backward()
            total += float(loss.detach())
        norm = self._clip()
        if not (math.isfinite(total) and math.isfinite(norm)):
            self.optimizer.zero_grad()
            names = [name for batch in batches for name in batch.names]
            raise Diverged(self.step, names, f"the loss is {total}, the gradient {norm}")
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._update_average()
        self.step += 1
        return StepResult(total, rate, norm)

    def noised(self, batch: Batch, number: int) -> Noised:
        """The noise and the noise levels of a batch, by its number."""
        generator = generator_of(self.config.training.seed, "noise", number)
        noise = torch.randn(batch.latents.shape, generator=generator)
        tokens = self.adapter.tokens(batch.latents.shape)
        levels = self.objective.draw(len(noise), generator, tokens)
        latents = batch.latents.to(self.device)
        return self.objective.noised(latents, noise.to(self.device), levels.to(self.device))

    def loss(self, batch: Batch, noised: Noised) -> torch.Tensor:
        """The loss of each row [b]."""
        texts = {name: text.to(self.device) for name, text in batch.texts.items()}
        kind, enabled = self.device.type, self._dtype is not torch.float32
        with torch.autocast(kind, self._dtype, enabled=enabled):
            predicted = self.adapter.predict(
                noised.states, texts, noised.times, self.config.training.guidance_scale
            )
        masks = None if batch.masks is None else batch.masks.to(self.device)
        return loss_of(predicted, noised, masks)

    @contextmanager
    def evaluated(self) -> Iterator[None]:
        """The network as it is delivered: averaged weights where they are kept, no dropout.

        What draws inside may move the network to RAM; afterwards it is on the device again.
        """
        if self._replaced:  # inside another one
            yield
            return
        self.set_mode(training=False)
        self._replaced = {name: self.trained[name].data for name in self.average}
        for name, value in self.average.items():
            self.trained[name].data = value
        try:
            yield
        finally:
            self.adapter.network.to(self.device)
            for name, value in self._replaced.items():
                self.trained[name].data = value
            self._replaced = {}

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        """The weights under training, also while averaged ones are in their place."""
        return {**self.trained, **self._replaced}

    def set_mode(self, *, training: bool) -> None:
        """Switch dropout and the weights of a schedule-free optimizer."""
        self.adapter.network.train(training)
        switch = getattr(self.optimizer, "train" if training else "eval", None)
        if switch is not None:  # schedule-free keeps two sets of weights
            switch()

    def _clip(self) -> float:
        limit = self.config.training.max_grad_norm or float("inf")
        return float(torch.nn.utils.clip_grad_norm_(list(self.trained.values()), limit))

    @contextmanager
    def _dropout(self, number: int) -> Iterator[None]:
        """Random numbers of dropout layers, by the number of the batch."""
        if not self.config.lora.dropout:
            yield
            return
        with torch.random.fork_rng():
            torch.manual_seed(seed_of(self.config.training.seed, "dropout", number))
            yield

    def _update_average(self) -> None:
        decay = self.config.training.ema_decay
        # A short run must not end on its first weights.
        decay = min(decay, (1 + self.step) / (10 + self.step))
        for name, value in self.average.items():
            value.lerp_(self.trained[name].detach(), 1 - decay)


def compute_dtype(name: str, device: torch.device) -> torch.dtype:
    """The number format of the network's computation; auto: bfloat16 where it has instructions."""
    if name != "auto":
        dtype: torch.dtype = getattr(torch, name)
        return dtype
    fast = device.type == "cuda" or (device.type == "cpu" and torch.cpu._is_avx512_bf16_supported())
    return torch.bfloat16 if fast else torch.float32


def seed_of(*parts: Any) -> int:
    """A seed below 2⁶³ for these parts."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def generator_of(*parts: Any) -> torch.Generator:
    """A generator on the processor for these parts."""
    return torch.Generator("cpu").manual_seed(seed_of(*parts))
