"""Advice for the next training, each with the figure that triggered it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

RISE = 1.1
"""The validation loss over its lowest from which the training went on too long."""
FEW_IMAGES = 10
LEAKING = 0.3
COPYING = 0.1
GAP = 1.3
"""The gap between held-out and trained images from which a checkpoint begins to copy."""
IDLE_RANK = 0.5
"""The effective rank as a share of the rank below which the rank is larger than needed."""
WEAK = 0.5
"""The z-score of fidelity below which the concept was hardly learnt."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one checkpoint at weight 1; None where one was not measured."""

    step: int
    copies: float | None = None
    gap: float | None = None
    leakage: float | None = None
    fidelity_z: float | None = None
    validation_loss: float | None = None
    rank: int = 0
    effective_rank: float | None = None

    @property
    def copying(self) -> str:
        """The figure that shows that trained images are copied; empty where none does."""
        if self.copies is not None and self.copies > COPYING:
            return f"{self.copies:.0%} copies of training images"
        if self.gap is not None and self.gap > GAP:
            return f"held-out images {self.gap:.1f} times as far off as trained ones"
        return ""

    @property
    def measured(self) -> bool:
        """True where copies were looked for."""
        return self.copies is not None or self.gap is not None


@dataclass(frozen=True, slots=True)
class Advice:
    """A code, a sentence for people, and the figure behind it."""

    code: str
    sentence: str
    figure: str


def advice(checkpoints: Sequence[Figures], images: int) -> tuple[Advice, ...]:
    """Advice from all checkpoints, in the order of steps. `images`: number of training images."""
    ordered = sorted(checkpoints, key=lambda figures: figures.step)
    if not ordered:
        return ()
    rules: Sequence[Callable[[Sequence[Figures], int], Advice | None]] = (
        _fewer_steps,
        _more_images,
        _dropout,
        _leakage,
        _lower_rank,
        _more_steps,
    )
    given = (rule(ordered, images) for rule in rules)
    return tuple(entry for entry in given if entry is not None)


def _fewer_steps(ordered: Sequence[Figures], images: int) -> Advice | None:
    last = ordered[-1]
    losses = [(f.validation_loss, f.step) for f in ordered if f.validation_loss is not None]
    if losses and last.validation_loss is not None:
        lowest, step = min(losses)
        if last.validation_loss > RISE * lowest:
            return Advice(
                "fewer_steps",
                f"Train fewer steps, about {step}.",
                f"validation loss {lowest:.3f} at step {step}, {last.validation_loss:.3f} at step "
                f"{last.step}",
            )
    clean = [f.step for f in ordered if f.measured and not f.copying]
    if clean and last.copying:
        return Advice(
            "fewer_steps",
            f"Train fewer steps, about {clean[-1]}.",
            f"{last.copying} at step {last.step}",
        )
    return None


def _more_images(ordered: Sequence[Figures], images: int) -> Advice | None:
    last = ordered[-1]
    if not last.copying or images >= FEW_IMAGES:
        return None
    figure = f"{images} images, {last.copying} at step {last.step}"
    return Advice("more_images", f"Use more images, at least {FEW_IMAGES}.", figure)


def _dropout(ordered: Sequence[Figures], images: int) -> Advice | None:
    first = ordered[0]
    if not first.copying:
        return None
    figure = f"{first.copying} at step {first.step} already"
    return Advice("dropout", "Use a dropout of 0.05 to 0.1, or a lower learning rate.", figure)


def _leakage(ordered: Sequence[Figures], images: int) -> Advice | None:
    leakage = ordered[-1].leakage
    if leakage is None or leakage <= LEAKING:
        return None
    return Advice(
        "prior_preservation",
        "Use prior preservation (data.prior_share of 0.5), or a lower weight.",
        f"leakage {leakage:.2f}; 1 is the difference to another prompt",
    )


def _lower_rank(ordered: Sequence[Figures], images: int) -> Advice | None:
    last = ordered[-1]
    if last.effective_rank is None or last.effective_rank >= IDLE_RANK * last.rank:
        return None
    figure = f"effective rank {last.effective_rank:.1f} of {last.rank}"
    return Advice("lower_rank", f"Use a lower rank, {max(4, last.rank // 2)}.", figure)


def _more_steps(ordered: Sequence[Figures], images: int) -> Advice | None:
    last = ordered[-1]
    if last.fidelity_z is None or last.fidelity_z >= WEAK or last.copying:
        return None
    figure = f"fidelity z {last.fidelity_z:+.2f} at step {last.step}"
    return Advice("more_steps", "Train more steps, or with a higher learning rate.", figure)
