"""Memory plans: which one is taken, what comes after it, and the arithmetic behind both."""

import pytest

from core.models.families import FAMILIES
from core.models.families.family import Variant
from core.models.fit.plans import GIB, FreeMemory, Parts, below, fit, need, plans

FLUX1 = Parts(
    {
        "transformer": 11_901_000_000,
        "text_encoder": 123_000_000,
        "text_encoder_2": 4_762_000_000,
        "vae": 83_820_000,
    },
    "transformer",
)
NF4 = {"transformer": "nf4", "text_encoder_2": "nf4"}
QUANTIZATIONS = FAMILIES["flux1"].quantization


def cuda(gib: float, ram: float = 64) -> FreeMemory:
    return FreeMemory("cuda", int(gib * GIB), int(gib * GIB), int(ram * GIB))


@pytest.mark.parametrize(
    ("gib", "plan"),
    [(80, "device"), (36, "device-tiled"), (24, "small"), (9, "small-offload"), (5, "groups")],
)
def test_flux1_takes_the_fastest_plan_that_fits(gib: float, plan: str) -> None:
    result = fit(FLUX1, cuda(gib), [NF4], 1024, 1024)
    assert result.plan is not None
    assert result.plan.id == plan


def test_without_smaller_formats_parts_take_turns() -> None:
    result = fit(FLUX1, cuda(28), [], 1024, 1024)
    assert result.plan is not None
    assert result.plan.id == "offload"


def test_nothing_fits_and_the_sentence_says_what_is_needed() -> None:
    result = fit(FLUX1, cuda(1), [NF4], 1024, 1024)
    assert result.plan is None
    assert result.sentence.startswith("does not fit: needs ")


def test_offload_needs_the_ram_that_it_moves_weights_to() -> None:
    result = fit(FLUX1, cuda(20, ram=8), [], 1024, 1024)
    assert result.plan is None


def test_larger_pictures_need_more_and_tiles_bound_the_decoding() -> None:
    whole, tiled = plans("cuda")[:2]
    small, large = (need(whole, FLUX1, "cuda", side, side).device for side in (512, 2048))
    assert large > small
    assert (
        need(tiled, FLUX1, "cuda", 1024, 1024).device
        < need(whole, FLUX1, "cuda", 1024, 1024).device
    )


def test_stepping_down_goes_through_every_smaller_plan_and_ends() -> None:
    result = fit(FLUX1, cuda(80), [NF4], 1024, 1024)
    plan, steps = result.plan, []
    while plan is not None:
        steps.append(plan.id)
        plan = below(plan, result.needs)
    assert steps == [
        "device",
        "device-tiled",
        "small",
        "small-offload",
        "groups",
    ]


def test_a_processor_has_no_offload() -> None:
    room = FreeMemory("cpu", 64 * GIB, 60 * GIB, 60 * GIB)
    result = fit(Parts(FLUX1.numbers, "transformer", width=2.0), room, [], 512, 512)
    assert result.plan is not None
    assert result.plan.placement == "device"
    assert {plan.id for plan, _ in result.needs} == {"device", "device-tiled"}


def test_files_that_are_small_already_and_loras_count_as_they_are() -> None:
    parts = Parts(FLUX1.numbers, "transformer", stored={"transformer": 7 * GIB}, extra=GIB)
    assert parts.bytes(NF4)["transformer"] == 8 * GIB


@pytest.mark.parametrize(
    "variant",
    [item for family in FAMILIES.values() for item in family.variants],
    ids=lambda item: item.id,
)
def test_every_variant_has_an_answer_on_every_size_of_gpu(variant: Variant) -> None:
    family = next(item for item in FAMILIES.values() if variant in item.variants)
    parts = Parts(variant.parameters, family.core)
    needs = [fit(parts, cuda(gib, ram=256), [], 1024, 1024).plan for gib in (8, 12, 24, 48, 141)]
    assert all(plan is not None for plan in needs)


@pytest.mark.parametrize("variant", ["flux1-dev", "flux2-dev", "sd35-large"])
def test_more_memory_of_a_published_model_never_gives_a_slower_plan(variant: str) -> None:
    family = next(f for f in FAMILIES.values() if f.variant(variant))
    published = family.variant(variant)
    assert published is not None
    parts = Parts(published.parameters, family.core)
    results = [
        fit(parts, cuda(gib, ram=256), family.quantization, 1024, 1024)
        for gib in (8, 12, 16, 24, 32, 48, 80, 141)
    ]
    order = [plan.id for plan, _ in results[0].needs]
    places = [order.index(result.plan.id) for result in results if result.plan is not None]
    assert len(places) == len(results), "a plan for every size"
    assert places == sorted(places, reverse=True)
    assert len(set(places)) > 2, "several quantizations are compared"


def test_ram_must_hold_all_parts_of_a_model_at_once() -> None:
    """FLUX.1 dev: 16.9 billion parameters of two bytes."""
    result = fit(FLUX1, cuda(80, ram=30), QUANTIZATIONS, 1024, 1024)
    assert result.plan is None
    assert {round(need.ram / 1e9, 1) for _, need in result.needs} == {33.7}
