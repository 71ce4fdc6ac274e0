"""The loss of held-out images at fixed noise and fixed noise levels."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from core.engine.training.rows import Row, Rows
from core.engine.training.session import Session, generator_of
from core.training.configuration.sections import ValidationSection
from core.training.datasets.folder import Item


def split(items: Sequence[Item], section: ValidationSection) -> tuple[list[Item], list[Item]]:
    """Images to train on, and those held out: a share by the seed, always the same ones."""
    if not section.enable or len(items) < 2:
        return list(items), []
    count = min(len(items) - 1, max(1, round(len(items) * section.share)))
    ordered = sorted(items, key=lambda item: (item.sha256, item.name))
    held = {item.name for item in random.Random(section.seed).sample(ordered, count)}
    return (
        [item for item in items if item.name not in held],
        [item for item in items if item.name in held],
    )


def validation_loss(session: Session, rows: Rows, held: Sequence[Row]) -> float:
    """The mean over rows and noise levels, without dropout."""
    section, losses = session.config.validation, []
    with torch.no_grad(), session.evaluated():
        for place, row in enumerate(held):
            for level in section.sigmas:
                batch = rows.joined([row], random.Random(0))
                generator = generator_of(section.seed, "validation", place, level)
                noise = torch.randn(batch.latents.shape, generator=generator)
                noised = session.objective.noised(
                    batch.latents.to(session.device),
                    noise.to(session.device),
                    torch.tensor([level], device=session.device),
                )
                losses.append(session.loss(batch, noised).mean())
    return float(torch.stack(losses).mean())
