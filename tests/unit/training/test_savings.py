"""The settings that a training gives up, one after the other, when memory runs out."""

from pathlib import Path

import pytest

from core.models.fit.plans import Fit, FreeMemory, Need, plans
from core.training.configuration.schema import TrainingConfig, parse
from core.training.savings import ACCUMULATED, Savings

PLANS = plans("cuda")
FIT = Fit(
    tuple((plan, Need(8 - number, 1)) for number, plan in enumerate(PLANS)),
    PLANS[0],
    FreeMemory("cuda", 9, 9, 9),
)


def config(batch: int, *, prior: float = 0.0, accumulated: int = 1) -> TrainingConfig:
    training = {"batch_size": batch, "gradient_accumulation_steps": accumulated}
    return parse({"training": training, "data": {"prior_share": prior}})


def descent(given: TrainingConfig) -> list[tuple[int, int, bool, str]]:
    """Batch, accumulation, checkpointing and plan of every attempt until nothing is left."""
    savings, fit, attempts = Savings(), FIT, []
    while True:
        fit = savings.fit(FIT)
        assert fit.plan is not None
        section = savings.applied(given).training
        attempts.append(
            (
                section.batch_size,
                section.gradient_accumulation_steps,
                section.gradient_checkpointing,
                fit.plan.id,
            )
        )
        further = savings.more(given, fit.plan.id, lower=len(fit.needs) > 1)
        if further is None:
            return attempts
        savings = further[0]


def test_the_batch_shrinks_first_then_activations_then_the_plan() -> None:
    first = PLANS[0].id
    assert descent(config(4)) == [
        (4, 1, False, first),
        (2, 2, False, first),
        (1, 4, False, first),
        (1, 4, True, first),
        *[(1, 4, True, plan.id) for plan in PLANS[1:]],
    ]


@pytest.mark.parametrize("batch", range(1, 13))
@pytest.mark.parametrize("prior", [0.0, 0.5])
def test_a_step_has_as_many_images_as_before(batch: int, prior: float) -> None:
    for size, accumulated, _, _ in descent(config(batch, prior=prior)):
        assert size * accumulated == batch
        assert size >= (2 if prior and batch > 1 else 1)


def test_no_more_batches_are_accumulated_than_a_configuration_may_have() -> None:
    attempts = descent(config(4, accumulated=ACCUMULATED // 2))
    assert max(accumulated for _, accumulated, _, _ in attempts) == ACCUMULATED


def test_a_resumed_attempt_saves_as_the_last_one(tmp_path: Path) -> None:
    assert Savings.read(tmp_path) == Savings()
    savings = Savings(2, True, ["device"])
    savings.save(tmp_path)
    assert Savings.read(tmp_path) == savings
