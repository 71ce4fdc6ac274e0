"""LoRAs after a step that failed: the next draw is right, whatever failed and when."""

import contextlib
import functools
import itertools
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models.fit.plans import MemoryPlan
from tests.integration.engine.test_loras import (
    HELD,
    drawn,
    held_by,
    lora,
    lora_state,
    name_every_lora,
    written,
)
from tests.integration.engine.tiny_models import tiny

pytest.importorskip("peft")

STEPS_THAT_FAIL = (
    "load_lora_weights",
    "set_adapters",
    "enable_lora",
    "disable_lora",
    "remove_all_hooks",
    "encode_prompt",
    "prepare_latents",
    "maybe_free_model_hooks",
)


class Reference:
    """A plan with two LoRAs, and the pixels of a model that never failed."""

    def __init__(self, plan: MemoryPlan, folder: Path) -> None:
        self.plan = plan
        self.first, self.second = (
            lora(written(lora_state(tiny("klein"), "klein", n), folder / f"{n}.safetensors"))
            for n in (1, 2)
        )
        model = held_by(plan)
        self.plain, self.styled = drawn(model, "klein"), drawn(model, "klein", self.first)


@pytest.fixture(autouse=True)
def known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in test_loras.py: a tiny model's widths are those of no family."""
    name_every_lora(monkeypatch)


@pytest.fixture(scope="module", params=[HELD[0], HELD[3]], ids=lambda plan: plan.id)
def reference(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        name_every_lora(patched)
        return Reference(request.param, tmp_path_factory.mktemp("loras"))


@pytest.mark.parametrize("step", STEPS_THAT_FAIL)
def test_after_any_step_that_failed_the_next_draw_is_right(
    reference: Reference, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Before it began and after it ended, with a LoRA to come and with none."""
    model = held_by(reference.plan)
    original = getattr(type(model.pipeline), step)
    assert drawn(model, "klein", reference.first) == reference.styled

    def fails(late: bool, *arguments: Any, **named: Any) -> Any:
        if late:
            original(model.pipeline, *arguments, **named)
        raise RuntimeError("This step failed.")

    for late, used in itertools.product((False, True), ([reference.second], [])):
        with monkeypatch.context() as broken:
            broken.setattr(model.pipeline, step, functools.partial(fails, late))
            with contextlib.suppress(RuntimeError, InvalidInput):
                drawn(model, "klein", *used)
        if not late:
            assert drawn(model, "klein") == reference.plain
        assert drawn(model, "klein", reference.first) == reference.styled
        model.embeddings.clear()
    assert drawn(model, "klein") == reference.plain
