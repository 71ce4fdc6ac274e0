"""Schedulers of samplers, shares of a schedule, and what a step predicts, on the processor."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import diffusers
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu
from hypothesis import given
from hypothesis import strategies as st

from core.engine.schedule import (
    fresh,
    is_flow,
    last_part,
    name_of,
    rounded_down,
    rounded_up,
    shifted,
)
from core.engine.steps import Steps, predicted
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.families.family import Family, Preview
from core.models.families.samplers import DIFFUSION, EDM, FLOW, SAMPLERS, Sampler

# diffusers makes its noise levels in a way that numpy will refuse one day.
pytestmark = pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")
SCHEDULES = {  # families share schedules, and a scheduler takes long to make
    repr((family.components["scheduler"], family.scheduler, family.samplers)): family
    for family in FAMILIES.values()
}
EVERY_SCHEDULE = pytest.mark.parametrize("family", SCHEDULES.values(), ids=lambda family: family.id)
strengths = st.floats(0.001, 1)
counts = st.integers(1, 100)


def scheduler_of(family: Family, **changes: Any) -> Any:
    """The family's own scheduler, as a file without one gets it."""
    library, name = family.components["scheduler"].classes[0]
    assert library == "diffusers"
    return getattr(diffusers, name)(**{**family.scheduler, **changes})


@pytest.mark.parametrize("name", [*DIFFUSION, *EDM])
def test_the_scheduler_of_a_checkpoint_is_named_as_the_sampler_that_it_is(name: str) -> None:
    sampler = SAMPLERS[name]
    made = getattr(diffusers, sampler.scheduler)(**sampler.config)
    assert name_of(made) == sampler.label


def test_a_scheduler_without_a_sampler_has_its_own_name() -> None:
    assert name_of(diffusers.PNDMScheduler()) == "PNDM"
    assert name_of(FlowMatchEulerDiscreteScheduler(shift=3.0)) == "Euler (flow)"


@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=lambda sampler: sampler.id)
def test_every_sampler_is_a_scheduler_of_diffusers_that_takes_its_settings(
    sampler: Sampler,
) -> None:
    kind = getattr(diffusers, sampler.scheduler)
    made = kind(**sampler.config)
    assert {name: made.config[name] for name in sampler.config} == dict(sampler.config)
    assert is_flow(made) == (sampler.id in FLOW)
    assert sum(sampler.id in kind for kind in (FLOW, DIFFUSION, EDM)) == 1
    assert len({other.label for other in SAMPLERS.values() if other.label == sampler.label}) == 1


@EVERY_SCHEDULE
def test_the_samplers_of_a_family_run_its_noise_schedule(family: Family) -> None:
    base = scheduler_of(family)
    for name in family.samplers:
        made = fresh(base, name)
        assert type(made).__name__ == SAMPLERS[name].scheduler
        config = SAMPLERS[name].config
        assert {key: made.config[key] for key in config} == dict(config)
        for key in ("beta_start", "beta_end", "prediction_type", "sigma_data", "rho"):
            if key in family.scheduler and key in made.config:
                assert made.config[key] == family.scheduler[key]


@EVERY_SCHEDULE
def test_samplers_of_the_other_kind_are_refused_with_a_way_out(family: Family) -> None:
    base = scheduler_of(family)
    for name in SAMPLERS.keys() - set(family.samplers):
        with pytest.raises(InvalidInput, match=f"'{name}' does not work") as caught:
            fresh(base, name)
        assert (caught.value.field, bool(caught.value.fix)) == ("sampler", True)


@EVERY_SCHEDULE
def test_without_a_sampler_the_schedule_is_the_checkpoints_own(family: Family) -> None:
    changes = {FLOW: {"shift": 7.5}, EDM: {"sigma_max": 40.0}, DIFFUSION: {"beta_end": 0.02}}
    base = scheduler_of(family, **changes.get(family.samplers, {"beta_end": 0.02}))
    made = fresh(base, None)
    assert made is not base
    assert type(made) is type(base)
    assert made.config == base.config


def test_a_sampler_does_not_inherit_the_tricks_of_the_checkpoints_scheduler() -> None:
    base = diffusers.EulerDiscreteScheduler(
        **{**FAMILIES["sdxl"].scheduler, "use_karras_sigmas": True}
    )
    assert fresh(base, "euler") is not fresh(base, "euler"), "a scheduler keeps state"
    assert fresh(base, None).config.use_karras_sigmas
    assert not fresh(base, "euler").config.use_karras_sigmas
    assert fresh(base, "euler_karras").config.use_karras_sigmas
    assert fresh(base, "dpmpp_2m").config.algorithm_type == "dpmsolver++"
    assert fresh(base, "dpmpp_2m_sde").config.algorithm_type == "sde-dpmsolver++"


@given(strengths, counts)
def test_a_strength_runs_its_share_of_the_steps_and_one_at_least(
    strength: float, steps: int
) -> None:
    for rounding, exact in ((rounded_down, int), (rounded_up, lambda share: -int(-share // 1))):
        share, run = rounding(strength, steps)
        assert 1 <= run <= steps
        assert strength <= share <= 1 or share == pytest.approx(strength)
        if strength * steps > 1.001:
            assert run == exact(strength * steps)
            assert share == strength


@given(st.floats(0.02, 1), st.integers(2, 60))
def test_a_unet_runs_as_many_steps_as_its_rounding_says(strength: float, steps: int) -> None:
    share, run = rounded_down(strength, steps)
    scheduler = scheduler_of(FAMILIES["sdxl"])
    scheduler.set_timesteps(steps)
    pipeline = SimpleNamespace(scheduler=scheduler)
    kind = diffusers.StableDiffusionImg2ImgPipeline
    _, count = kind.get_timesteps(pipeline, steps, share, "cpu")
    assert count == run


@given(st.floats(0.02, 1), st.integers(2, 60))
def test_a_transformer_runs_as_many_steps_as_its_rounding_says(strength: float, steps: int) -> None:
    share, run = rounded_up(strength, steps)
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(steps)
    pipeline = SimpleNamespace(scheduler=scheduler)
    kind = diffusers.StableDiffusion3Img2ImgPipeline
    timesteps, _ = kind.get_timesteps(pipeline, steps, share, "cpu")
    assert len(timesteps) == run


@given(counts, strengths)
def test_the_end_of_a_schedule_is_part_of_the_whole(steps: int, strength: float) -> None:
    whole, part = last_part(steps, 1), last_part(steps, strength)
    assert len(whole) == steps
    assert whole[0] == 1
    assert whole[-1] == pytest.approx(1 / steps)
    assert part == whole[steps - len(part) :]
    assert len(part) == max(1, steps - round(steps * (1 - strength)))
    assert all(before > after for before, after in pairwise(whole))


@given(st.integers(2, 60), st.integers(16, 16_384))
def test_shifted_noise_levels_fall_to_zero_and_higher_ones_stay_longer(
    steps: int, tokens: int
) -> None:
    scheduler = scheduler_of(FAMILIES["flux2-klein"])
    plain = last_part(steps, 1)
    levels = shifted(scheduler, plain, compute_empirical_mu(tokens, steps))
    assert len(levels) == steps + 1
    assert levels[-1] == 0
    assert levels[0] == pytest.approx(1)
    assert all(before > after for before, after in pairwise(levels))
    assert all(level >= sigma - 1e-6 for level, sigma in zip(levels, plain, strict=False))


LATENTS = torch.linspace(-2, 2, 48).view(1, 3, 4, 4)
NOISE = torch.randn(1, 3, 4, 4, generator=torch.Generator().manual_seed(1))


def test_the_prediction_of_a_flow_is_the_picture_that_it_heads_for() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(8)
    before = NOISE
    for step, time in enumerate(scheduler.timesteps[:-1]):
        now = scheduler.step(NOISE - LATENTS, time, before).prev_sample
        assert torch.allclose(predicted(scheduler, before, now), LATENTS, atol=1e-4), step
        before = now


def test_the_prediction_of_a_diffusion_is_the_picture_that_it_heads_for() -> None:
    scheduler = scheduler_of(FAMILIES["sdxl"])
    scheduler.set_timesteps(8)
    before = LATENTS + NOISE * scheduler.sigmas[0]
    for time in scheduler.timesteps[:-1]:
        scheduler.scale_model_input(before, time)
        now = scheduler.step(NOISE, time, before).prev_sample
        assert torch.allclose(predicted(scheduler, before, now), LATENTS, atol=1e-3)
        before = now


def test_without_a_step_or_noise_levels_the_latents_are_the_prediction() -> None:
    other = NOISE + 1
    assert predicted(SimpleNamespace(), NOISE, other) is other
    begun = SimpleNamespace(step_index=0, sigmas=[1.0, 0.0])
    assert predicted(begun, NOISE, other) is other
    half = SimpleNamespace(step_index=1, sigmas=[1.0, 1.0, 0.0])
    assert predicted(half, NOISE, other) is other
    ended = SimpleNamespace(step_index=2, sigmas=[1.0, 0.5])
    assert predicted(ended, NOISE, other) is other


class Reports:
    """The reports of a run, in order."""

    width = height = 32

    def __init__(self) -> None:
        self.phases: list[tuple[str, int, int, bool]] = []
        self.previews: list[bytes] = []

    def report(self, phase: str, *, step: int, steps: int, preview: Any = None) -> None:
        self.phases.append((phase, step, steps, preview is not None))
        if preview is not None:
            self.previews.append(preview())


def run(steps: int, factors: Preview | None, change: Any = None) -> tuple[Reports, list[Any]]:
    """The reports of as many steps, and what the callback answers after each."""
    reports = Reports()
    scheduler = FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(steps)
    pipeline = SimpleNamespace(scheduler=scheduler, num_timesteps=steps)
    callback = Steps((reports,), factors, lambda _p, latents, _w, _h: latents, change)  # type: ignore[arg-type]
    latents, answers = NOISE, []
    for index, time in enumerate(scheduler.timesteps):
        latents = scheduler.step(NOISE - LATENTS, time, latents).prev_sample
        answers.append(callback(pipeline, index, time, {"latents": latents}))
    return reports, answers


def test_every_step_is_reported_and_the_decoding_after_the_last() -> None:
    factors = Preview(((0.1, 0, 0), (0, 0.1, 0), (0, 0, 0.1)), (0.5, 0.5, 0.5))
    reports, answers = run(4, factors)
    assert reports.phases == [
        ("denoising", 1, 4, False),  # nothing to compare the first latents with
        ("denoising", 2, 4, True),
        ("denoising", 3, 4, True),
        ("denoising", 4, 4, False),  # the image itself follows
        ("decoding", 4, 4, False),
    ]
    assert all(data.startswith(b"\xff\xd8") for data in reports.previews)
    assert answers == [{}] * 4


def test_without_factors_no_step_has_a_preview() -> None:
    reports, _ = run(3, None)
    assert [preview for *_, preview in reports.phases] == [False] * 4


def test_a_change_of_the_latents_goes_on_with_what_it_returns() -> None:
    seen: list[int] = []

    def change(index: int, latents: torch.Tensor) -> torch.Tensor:
        seen.append(index)
        return latents * 0 + index

    _, answers = run(3, None, change)
    assert seen == [0, 1, 2]
    assert [float(answer["latents"].mean()) for answer in answers] == [0, 1, 2]
