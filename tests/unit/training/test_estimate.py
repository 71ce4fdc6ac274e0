"""Memory and time of a training before it starts."""

from typing import Any

import pytest

from core.errors import InvalidInput
from core.models.families.training import FLUX2
from core.models.fit.plans import GIB, FreeMemory
from core.models.fit.training import Layer, TrainedNetwork, network_of, storable, training_plans
from core.models.library.library import Library
from core.models.library.model import Model
from core.settings import ROOT
from core.training import estimate as estimates
from core.training.configuration.schema import TrainingConfig, parse
from core.training.estimate import Speed, check_storage, duration, estimate, plans_of, work_of
from core.training.packages import check_packages

SLOW = Speed(1e9, "guess")
CPU = FreeMemory("cpu", 8 * GIB, 8 * GIB, 8 * GIB)


@pytest.fixture(scope="module")
def nano() -> Model:
    return Library([ROOT / "models"]).default("generate")


def config(**sections: Any) -> TrainingConfig:
    """A training of the embedded model at its own size."""
    given: dict[str, Any] = {"data": {"resolution": [128]}, "lora": {"target_modules": "blocks"}}
    return parse({**given, **sections})


def gpu(megabytes: int) -> FreeMemory:
    return FreeMemory("cuda", 24 * GIB, megabytes << 20, 64 * GIB)


# Of the table in docs/training.md: rank 8 on the built-in model.
@pytest.mark.parametrize(
    ("targets", "count"), [("attention", 24_576), ("default", 139_776), ("blocks", 231_936)]
)
def test_trained_parameters_are_counted_by_the_headers(
    nano: Model, targets: str, count: int
) -> None:
    assert network_of(nano, FLUX2.targets[targets]).lora_parameters(8) == count


def test_a_network_of_two_layers_is_counted_by_hand() -> None:
    layers = (Layer("blocks.0.a", 10, 20, 200), Layer("blocks.1.a", 20, 10, 200))
    network = TrainedNetwork(layers, r"blocks\.\d\.a")
    assert network.lora_parameters(4) == 4 * 60
    assert network.activations(5, 2.0, checkpointing=False) == 5 * 60 * 2 * 1.5
    assert network.activations(5, 2.0, checkpointing=True) == 5 * (60 / 2 + 20) * 2 * 1.5
    assert network.work(5, checkpointing=False) == 4 * 5 * 400
    assert network.work(5, checkpointing=True) == 6 * 5 * 400


def test_the_time_is_the_work_over_the_speed(nano: Model) -> None:
    chosen = config(training={"max_steps": 10, "gradient_accumulation_steps": 2})
    result = estimate(chosen, nano, CPU, 24, SLOW)
    assert result.seconds == pytest.approx(10 * work_of(chosen, nano) / 1e9)
    assert work_of(chosen, nano) == 2 * work_of(config(), nano)
    assert "a first guess: nothing was trained here yet" in result.sentence
    assert "by earlier trainings" in estimate(chosen, nano, CPU, 24, Speed(1e9, "model")).sentence


def test_the_parts_add_up_to_the_need_of_the_plan(nano: Model) -> None:
    result = estimate(config(training={"ema_decay": 0.9}), nano, gpu(20_000), 24, SLOW)
    needs = {plan.id: need for plan, need in result.fit.needs}
    assert result.fit.plan is not None
    assert sum(part["bytes"] for part in result.public()["memory"]) == (
        needs[result.fit.plan.id].device
    )


def test_a_base_is_stored_smaller_only_where_memory_is_short(nano: Model) -> None:
    needs = {plan.id: need for plan, need in estimate(config(), nano, CPU, 24, SLOW).fit.needs}
    wide = FreeMemory("cpu", GIB, needs["device"].device * 2, GIB)
    tight = FreeMemory("cpu", GIB, int(needs["fp8"].device / 0.95) + 99, GIB)
    plans = [estimate(config(), nano, memory, 24, SLOW).fit.plan for memory in (wide, tight)]
    assert [plan.id for plan in plans if plan] == ["device", "fp8"]


def test_where_nothing_fits_the_settings_that_would_are_named(nano: Model) -> None:
    large = config(
        training={"batch_size": 64, "gradient_checkpointing": False}, data={"resolution": [512]}
    )
    needs = estimate(large, nano, CPU, 24, SLOW).fit.needs
    short = int(min(need.device for _, need in needs) * 0.6)
    result = estimate(large, nano, FreeMemory("cpu", short, short, short), 24, SLOW)
    assert result.fit.plan is None
    assert "`training.batch_size=1` fits" in result.remedies
    assert result.sentence.startswith("does not fit: needs")
    assert estimate(large, nano, gpu(1), 24, SLOW).remedies == (
        "Choose a smaller base model, or close other programs",
    )


@pytest.mark.parametrize(
    ("sections", "field"),
    [
        ({"model": {"quantization": "fp8"}, "lora": {"algorithm": "dora"}}, "lora.algorithm"),
        ({"model": {"offload": "blocks"}, "lora": {"algorithm": "lokr"}}, "lora.algorithm"),
        ({"model": {"offload": "blocks"}}, "model.offload"),
    ],
)
def test_a_storage_that_cannot_train_here_is_refused_by_name(
    nano: Model, sections: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_storage(config(**sections), nano, "cpu")
    assert (caught.value.field, bool(caught.value.fix)) == (field, True)


def test_a_plan_is_the_one_that_the_configuration_names(nano: Model) -> None:
    chosen = config(model={"quantization": "fp8", "offload": "blocks"})
    assert [plan.id for plan in plans_of(chosen, nano, "cuda")] == ["fp8-blocks"]
    assert {plan.placement for plan in plans_of(config(), nano, "cuda")} == {
        "device",
        "model_offload",
        "group_offload",
    }
    assert storable(nano.family) == {"fp8", "nf4"}
    assert [plan.id for plan in training_plans(nano.family, "mps")] == ["device"]


def test_a_setting_without_its_package_is_refused_before_the_start(
    monkeypatch: pytest.MonkeyPatch, nano: Model
) -> None:
    monkeypatch.setattr("core.training.packages.find_spec", lambda name: None)
    for sections in (
        {"training": {"optimizer": "prodigy"}},
        {"model": {"quantization": "nf4"}},
        {"logging": {"wandb": "offline"}},
    ):
        with pytest.raises(InvalidInput, match="needs the package") as caught:
            check_packages(config(**sections))
        assert "pip install" in str(caught.value.fix)
    check_packages(config())
    assert "nf4" not in [plan.id for plan in plans_of(config(), nano, "cpu")]
    assert estimates.installed("torch") is False


def test_durations_are_written_for_people() -> None:
    assert [duration(s) for s in (0.2, 60, 600, 7200)] == ["1 s", "60 s", "10 min", "2.0 h"]
