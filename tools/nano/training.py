"""A training run: one step, the loop around it, and how it is stopped, continued and prolonged.

Time is the budget: the learning rates follow the share of it that is over. Holds weights by name,
their optimizers and average. The loss comes from a task (`transformer`, `vae`).
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from tools.nano import checkpoints
from tools.nano.optimizers import Adam, Average, Gradients, Muon, divide
from tools.nano.parallel import Group, StopSignal
from tools.nano.progress import Progress

# The groups of tensors in a checkpoint; the last two are of the optimizers.
WEIGHTS, AVERAGES, MOMENTA, MOMENTS = "weights", "averages", "momenta", "moments"


@dataclass(frozen=True)
class Recipe:
    """Settings of the optimizers. Times are minutes, shares 0..1."""

    minutes: float
    matrix_rate: float = 0.01
    other_rate: float = 1.5e-3
    matrix_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.98)
    warm_up: int = 60  # steps
    decay: float = 0.45  # the last share of the time, in which the rates fall linearly
    floor: float = 0.02  # of the rates, at the end
    clip: float = 2.0
    average: float = 0.998
    save_every: float = 5.0
    print_every: int = 50  # steps

    def scale(self, step: int, done: float) -> float:
        """The factor of the learning rates at `step`, when the share `done` of the time is over."""
        falling = max(self.floor, (1 - done) / self.decay) if done > 1 - self.decay else 1.0
        return min(1.0, (step + 1) / self.warm_up) * falling


@dataclass(frozen=True)
class Outcome:
    """The loss of one batch, a scalar with a gradient; what kind of batch, and how many samples."""

    loss: torch.Tensor
    kind: str
    samples: int


class Task(Protocol):
    """A network with its loss."""

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters that are trained."""

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """True if Muon moves the parameter; AdamW moves the others."""

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's batch of `step`, when the share `done` of the time is over."""


class Training:
    """The state of a run: weights, their average, optimizers, steps and seconds."""

    def __init__(self, group: Group, task: Task, recipe: Recipe, folder: Path) -> None:
        self.group, self.task, self.recipe, self.folder = group, task, recipe, folder
        self.named = task.named()
        for parameter in self.named.values():
            group.share(parameter.data)
        self.gradients = Gradients(list(self.named.values()))
        matrices, others = divide(self.named, task.is_matrix)
        self.muon = Muon(matrices, group, decay=recipe.matrix_decay)
        self.adam = Adam(others, recipe.betas)
        self.average = Average(self.named, recipe.average)
        self.step, self.seconds = 0, 0.0

    @property
    def done(self) -> float:
        """The share of the time that is over; 1 or more is the end."""
        return self.seconds / (60 * self.recipe.minutes)

    def run(self, clock: Callable[[], float] = time.monotonic) -> bool:
        """Train until the time is over or somebody asks to stop, and save; whether it is over."""
        with StopSignal() as stop:
            self._loop(clock, stop, Progress(self.recipe.print_every))
        self.save()
        return self.done >= 1

    def advance(self) -> Outcome:
        """One step on one batch a process."""
        self.gradients.clear()
        outcome = self.task.learn(self.step, self.done)
        outcome.loss.backward()
        self.group.average(self.gradients.flat)
        self.gradients.clip(self.recipe.clip)
        scale = self.recipe.scale(self.step, self.done)
        self.muon.step(self.recipe.matrix_rate * scale)
        self.adam.step(self.recipe.other_rate * scale)
        self.average.step(self.step)
        self.step += 1
        return outcome

    def save(self) -> None:
        """Write a checkpoint; only the leading process does."""
        if self.group.leads:
            tensors = {
                WEIGHTS: self.named,
                AVERAGES: self.average.weights,
                MOMENTA: self.muon.state(),
                MOMENTS: self.adam.state(),
            }
            state = {"seconds": self.seconds, "recipe": asdict(self.recipe)}
            checkpoints.save(self.folder, self.step, tensors, state)
        self.group.wait()

    def resume(self) -> bool:
        """Take over the newest checkpoint; whether there was one."""
        with torch.no_grad():
            checkpoint = checkpoints.newest(self.folder)
            if checkpoint is None:
                return False
            weights = checkpoints.read_tensors(checkpoint, WEIGHTS)
            for name, parameter in self.named.items():
                parameter.copy_(weights[name])
            self.average.restore(checkpoints.read_tensors(checkpoint, AVERAGES))
            self.muon.restore(checkpoints.read_tensors(checkpoint, MOMENTA))
            self.adam.restore(checkpoints.read_tensors(checkpoint, MOMENTS))
            state = checkpoints.read_state(checkpoint)
            self.step, self.seconds = int(state["step"]), float(state["seconds"])
            return True

    def _loop(self, clock: Callable[[], float], stop: StopSignal, progress: Progress) -> None:
        last, saved, stopping = clock(), self.seconds, False
        while self.done < 1 and not stopping:
            outcome = self.advance()
            now = clock()
            spent, loss, stopping = self._agree(now - last, outcome, stop)
            last = now
            self.seconds += spent
            if self.group.leads:
                progress.add(outcome.kind, loss, outcome.samples * self.group.size, spent)
                progress.tell(self.step, self.done, self.recipe.minutes * 60 - self.seconds)
            if self.seconds - saved > 60 * self.recipe.save_every:
                self.save()
                saved = self.seconds

    def _agree(self, spent: float, outcome: Outcome, stop: StopSignal) -> tuple[float, float, bool]:
        """Mean seconds and loss of all processes, and whether any was asked to stop."""
        values = [spent, float(outcome.loss.detach()), float(stop.raised)]
        seconds, loss, asked = self.group.average(
            torch.tensor(values, dtype=torch.float64)
        ).tolist()
        return seconds, loss, asked > 0
