"""A training that runs out of memory goes on with less, from its last state."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine.training.attempts import Attempts
from core.engine.training.session import Session
from core.errors import OutOfMemory
from core.models.fit.plans import FreeMemory
from tests.integration.engine.stand_in import loaded
from tests.integration.engine.training_runs import Recorded, make_run

MEMORY = FreeMemory("cpu", 8 << 30, 8 << 30, 8 << 30)


class Leases:
    """Fresh tiny models in place of a pool. `left` are networks that outlived their lease."""

    def __init__(self) -> None:
        self.networks: list[weakref.ref[Any]] = []
        self.left = 0

    @contextmanager
    def lease(self, model_id: str, vae: str | None = None, fit: Any = None) -> Iterator[Any]:
        self.left += sum(network() is not None for network in self.networks)
        model = loaded("klein")
        self.networks.append(weakref.ref(model.pipeline.transformer))
        try:
            yield model
        finally:
            model.release()


def attempts(root: Path, context: Recorded, leases: Leases, **training: Any) -> Attempts:
    section = {"max_steps": 4, "ema_decay": 0.0, "batch_size": 4, **training}
    run = make_run(
        root, context, validation={"enable": False}, training=section, data={"prior_share": 0.0}
    )
    return Attempts(context, leases, run.config, run.folder, run.plan, lambda facts: None)


def short_of_memory(
    monkeypatch: pytest.MonkeyPatch, rows: int, after: int = 0
) -> list[tuple[int, int]]:
    """Batches of more than `rows` do not fit after some steps; (step, rows) of all that ran."""
    seen: list[tuple[int, int]] = []
    loss = Session.loss

    def limited(session: Session, batch: Any, noised: Any) -> Any:
        if len(batch.latents) > rows and session.step >= after:
            raise torch.OutOfMemoryError("CUDA out of memory")
        seen.append((session.step, len(batch.latents)))
        return loss(session, batch, noised)

    monkeypatch.setattr(Session, "loss", limited)
    return seen


def test_a_training_goes_on_with_smaller_batches_from_its_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = short_of_memory(monkeypatch, rows=2, after=3)
    context, leases = Recorded(tmp_path), Leases()
    result = attempts(tmp_path, context, leases).train()
    # A state is saved every 2 steps; the third is repeated with halves.
    assert seen == [(0, 4), (1, 4), (2, 4), (2, 2), (2, 2), (3, 2), (3, 2)]
    assert (result.report["steps"], result.report["reason"]) == (4, "completed")
    assert context.warnings == [
        "memory: Memory was short at step 3; it goes on with 2 batches of 2 a step."
    ]
    assert leases.left == 0, "the second attempt begins in free memory"


def test_a_later_attempt_of_the_task_saves_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = short_of_memory(monkeypatch, rows=2)
    attempts(tmp_path, Recorded(tmp_path), Leases()).train()
    (tmp_path / "run" / "state.safetensors").unlink()
    del seen[:]
    again = Leases()
    attempts(tmp_path, Recorded(tmp_path), again).train()
    assert {rows for _, rows in seen} == {2}
    assert len(again.networks) == 1


def test_a_training_that_fits_in_no_way_fails_with_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_memory(monkeypatch, rows=0)
    context = Recorded(tmp_path)
    with pytest.raises(OutOfMemory, match="out of memory at step 0"):
        attempts(tmp_path, context, Leases()).train()
    assert [warning.rpartition("; ")[2] for warning in context.warnings] == [
        "it goes on with 2 batches of 2 a step.",
        "it goes on with 4 batches of 1 a step.",
        "it goes on with gradient checkpointing.",
    ]
