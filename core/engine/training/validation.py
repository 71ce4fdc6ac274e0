"""The loss of held-out images at fixed noise and fixed noise levels."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import torch

from core.engine.training.rows import Row, Rows
from core.engine.training.session import Session, generator_of


def validation_loss(
    session: Session, rows: Rows, held: Sequence[Row], preempt: Callable[[], None]
) -> float:
    """The mean over rows and noise levels, without dropout. `preempt` may raise between them."""
    section, losses = session.config.validation, []
    with torch.no_grad(), session.evaluated():
        for place, row in enumerate(held):
            for level in section.sigmas:
                preempt()
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
