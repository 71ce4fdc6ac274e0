"""Memory plans as arithmetic: sums of their parts, and less with each step down."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.models.families import FAMILIES
from core.models.families.family import BYTES
from core.models.fit.plans import (
    GIB,
    GROUP_SHARE,
    HEADROOM,
    RUNTIME,
    VAE_TILED,
    FreeMemory,
    MemoryPlan,
    Parts,
    activations,
    below,
    choose,
    fit,
    fits,
    need,
    plans,
)

KINDS = ("cuda", "mps", "cpu")
VARIANTS = [(family, variant) for family in FAMILIES.values() for variant in family.variants]
numbers = st.integers(1_000_000, 30_000_000_000)
sides = st.integers(64, 4_096)
kinds = st.sampled_from(KINDS)
memory = st.integers(1 << 20, 200 * GIB)


@st.composite
def models(draw: st.DrawFn) -> tuple[Parts, dict[str, str]]:
    """Parts of a model, with formats for some of them."""
    names = draw(st.sets(st.sampled_from(["text_encoder", "text_encoder_2", "vae"])))
    counts = {name: draw(numbers) for name in ("transformer", *sorted(names))}
    width = draw(st.sampled_from([2.0, 4.0]))
    formats = st.dictionaries(
        st.sampled_from(sorted(counts)), st.sampled_from(["nf4", "fp8"]), max_size=2
    )
    return Parts(counts, "transformer", width), draw(formats)


@given(models())
def test_a_model_is_as_large_as_its_parts_and_smaller_in_smaller_formats(
    model: tuple[Parts, dict[str, str]],
) -> None:
    parts, formats = model
    whole, small = parts.bytes({}), parts.bytes(formats)
    assert whole == {name: int(count * parts.width) for name, count in parts.numbers.items()}
    for name in whole:
        if name in formats:
            assert small[name] == int(parts.numbers[name] * BYTES[formats[name]]) < whole[name]
        else:
            assert small[name] == whole[name]


@given(models(), st.integers(0, 4 * GIB), st.integers(1, 4 * GIB))
def test_loras_and_files_of_fixed_size_count_as_they_are(
    model: tuple[Parts, dict[str, str]], extra: int, stored: int
) -> None:
    parts, formats = model
    heavier = replace(parts, extra=extra)
    assert sum(heavier.bytes(formats).values()) == sum(parts.bytes(formats).values()) + extra
    fixed = replace(parts, stored={"transformer": stored})
    assert fixed.bytes(formats)["transformer"] == fixed.bytes({})["transformer"] == stored


@given(models(), kinds, sides, sides)
def test_the_needs_of_a_plan_are_the_sum_of_what_is_on_the_device_at_once(
    model: tuple[Parts, dict[str, str]], kind: str, width: int, height: int
) -> None:
    parts, formats = model
    for plan in plans(kind, [formats]):
        sizes = parts.bytes(plan.formats)
        denoising, decoding = activations(parts, width, height, plan.tiling)
        result = need(plan, parts, kind, width, height)
        vae, core = sizes.get("vae", 0), sizes["transformer"]
        highest = {
            "device": sum(sizes.values()) + max(denoising, decoding),
            "model_offload": max(*sizes.values(), core + denoising, vae + decoding),
            "group_offload": max(
                int(GROUP_SHARE * max(sizes.values())) + denoising, vae + decoding
            ),
        }[plan.placement]
        if kind == "cuda":
            assert result.device == highest + RUNTIME
            assert result.ram == sum(parts.bytes({}).values()), "all parts are read first"
        else:
            assert result.device == result.ram == highest


@given(models(), kinds, sides, sides, st.integers(1, 512))
def test_larger_pictures_and_heavier_models_never_need_less(
    model: tuple[Parts, dict[str, str]], kind: str, width: int, height: int, more: int
) -> None:
    parts, formats = model
    heavier = replace(parts, extra=more << 20)
    for plan in plans(kind, [formats]):
        before = need(plan, parts, kind, width, height)
        assert need(plan, parts, kind, width + more, height).device >= before.device
        assert need(plan, parts, kind, width, height + more).device >= before.device
        after = need(plan, heavier, kind, width, height)
        assert after.device >= before.device
        assert after.ram >= before.ram


@given(models(), sides, sides)
def test_tiles_bound_what_decoding_takes(
    model: tuple[Parts, dict[str, str]], width: int, height: int
) -> None:
    parts, _ = model
    whole, tiled = (activations(parts, width, height, tiling) for tiling in (False, True))
    assert whole[0] == tiled[0], "denoising has no tiles"
    assert tiled[1] == min(whole[1], int(VAE_TILED * parts.width / 2))
    wide = replace(parts, width=parts.width * 2)
    assert activations(wide, width, height, False)[1] == pytest.approx(2 * whole[1], abs=2)


@given(models(), kinds, memory, memory, sides, sides)
def test_the_plan_is_the_first_that_fits_and_none_where_none_does(
    model: tuple[Parts, dict[str, str]], kind: str, free: int, ram: int, width: int, height: int
) -> None:
    parts, formats = model
    room = FreeMemory(kind, free, free, ram)
    result = fit(parts, room, [formats], width, height)
    assert [plan for plan, _ in result.needs] == list(plans(kind, [formats]))
    fitting = [plan for plan, needs in result.needs if fits(needs, room)]
    assert result.plan == (fitting[0] if fitting else None)
    if result.plan is None:
        least = min(needs.device for _, needs in result.needs) / GIB
        assert result.sentence.startswith(f"does not fit: needs {least:.1f} of {free / GIB:.1f}")
    else:
        taken = {plan.id: needs.device for plan, needs in result.needs}[result.plan.id]
        assert result.sentence.startswith(f"fits: {taken / GIB:.1f} of {free / GIB:.1f} GB")
        assert (result.plan.label in result.sentence) == (result.plan.id != "device")


@given(models(), kinds, memory, memory, st.integers(0, 100 * GIB), sides, sides)
def test_more_memory_never_makes_a_plan_worse(
    model: tuple[Parts, dict[str, str]],
    kind: str,
    free: int,
    ram: int,
    more: int,
    width: int,
    height: int,
) -> None:
    parts, formats = model
    order = [plan.id for plan in plans(kind, [formats])]
    small = fit(parts, FreeMemory(kind, free, free, ram), [formats], width, height).plan
    large = fit(
        parts, FreeMemory(kind, free, free + more, ram + more), [formats], width, height
    ).plan
    if small is not None:
        assert large is not None
        assert order.index(large.id) <= order.index(small.id)


@given(models(), kinds, sides, sides)
def test_stepping_down_needs_less_each_time_and_ends(
    model: tuple[Parts, dict[str, str]], kind: str, width: int, height: int
) -> None:
    parts, formats = model
    needs = [(plan, need(plan, parts, kind, width, height)) for plan in plans(kind, [formats])]
    bytes_of = {plan.id: amount.device for plan, amount in needs}
    for start, _ in needs:
        steps: list[MemoryPlan] = []
        plan: MemoryPlan | None = start
        while plan is not None:
            steps.append(plan)
            plan = below(plan, needs)
        amounts = [bytes_of[step.id] for step in steps]
        assert all(more > less for more, less in pairwise(amounts))
        rest = [bytes_of[p.id] for p, _ in needs[[p for p, _ in needs].index(steps[-1]) :]]
        assert min(rest) == amounts[-1], "nothing smaller is left"


@given(models(), st.integers(20 * GIB, 400 * GIB), sides, sides)
def test_a_reserve_of_the_free_memory_is_never_used(
    model: tuple[Parts, dict[str, str]], free: int, width: int, height: int
) -> None:
    parts, formats = model
    room = FreeMemory("cuda", free, free, 1 << 50)
    plan = fit(parts, room, [formats], width, height).plan
    assume(plan is not None)
    assert plan is not None
    assert need(plan, parts, "cuda", width, height).device <= free * HEADROOM


def test_ids_of_plans_are_unique_and_small_ones_need_formats() -> None:
    for kind in KINDS:
        for formats in ({}, {"transformer": "nf4", "text_encoder": "fp8"}):
            result = plans(kind, [formats])
            assert len({plan.id for plan in result}) == len(result)
            assert [plan.id for plan in result[:2]] == ["device", "device-tiled"]
            assert any(plan.formats for plan in result) == (kind == "cuda" and bool(formats))
            for plan in result:
                assert plan.label
                assert plan.tiling == (plan.id != "device")
                if plan.formats:
                    assert "text_encoder as FP8, transformer as NF4" in plan.label
    assert choose([], FreeMemory("cpu", 1, 1, 1)) is None


@pytest.mark.parametrize(
    ("family", "variant"), VARIANTS, ids=[variant.id for _, variant in VARIANTS]
)
def test_every_step_of_a_familys_formats_makes_its_models_fit_a_smaller_device(
    family: object, variant: object
) -> None:
    owner, published = next(pair for pair in VARIANTS if pair == (family, variant))
    parts = Parts(published.parameters, owner.core, BYTES[owner.precision.cuda])
    steps = [
        sum(parts.bytes({k: f for k, f in step.items() if k in parts.numbers}).values())
        for step in owner.quantization
    ]
    assert all(more > less for more, less in pairwise(steps)), "the largest first"
    assert all(step < sum(parts.bytes({}).values()) for step in steps)
    for step in owner.quantization:
        assert set(step.values()) <= set(BYTES)
        smaller = {name: BYTES[form] < parts.width for name, form in step.items()}
        assert all(smaller.values()), smaller


def test_neither_the_device_nor_the_ram_may_run_out() -> None:
    parts = Parts({"transformer": 1_000_000_000, "vae": 80_000_000}, "transformer")
    offload = next(plan for plan in plans("cuda") if plan.placement == "model_offload")
    amount = need(offload, parts, "cuda", 512, 512)
    device, ram = (int(size / HEADROOM) + 1 for size in (amount.device, amount.ram))
    assert fits(amount, FreeMemory("cuda", device, device, ram))
    assert not fits(amount, FreeMemory("cuda", device, device - 2, ram * 9))
    assert not fits(amount, FreeMemory("cuda", device * 9, device * 9, ram - 2))
