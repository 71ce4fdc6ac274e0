"""The step cache: diffusers' own bit for bit, measured, refused where it cannot be, and removed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, count
from typing import Any

import diffusers
import pytest
from diffusers.models.cache_utils import CacheMixin

from core.engine.loaded import Loaded
from core.engine.placing import has_hook
from core.engine.step_cache import LAST, configuration
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.operations.diffusion import variants
from core.operations.generate import Generate
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import loaded, model
from tests.integration.engine.test_modes import direct, parameters
from tests.integration.engine.tiny_models import tiny

STEPS = 6  # 0 to 2 in full, 3 predicted, 4 and 5 in full
# Every pipeline with the cache was compared; one of each network stays, and one of those whose two
# calls a step diffusers does not separate.
COMPARED = [
    ("flux1", "generate"),
    ("flux1", "img2img"),
    ("chroma", "generate"),
    ("klein", "generate"),
    ("flux2", "generate"),
    ("qwen-image", "generate"),
]


def drawn(made: Loaded, report: Steps | None = None, mode: str = "generate", **more: Any) -> bytes:
    wanted = {**parameters(made.model.id, mode), "num_inference_steps": STEPS, "strength": 1.0}
    return made.draw(mode, {**wanted, **more}, seed=3, report=report or Steps()).tobytes()


@contextmanager
def contexts(kind: type, core: Any, calls_a_step: int) -> Iterator[None]:
    """The cache contexts that a pipeline of diffusers without its own would need."""
    if "cache_context" in inspect.getsource(kind.__call__):
        yield
        return
    forward, calls = core.forward, count()

    def named(*arguments: Any, **keywords: Any) -> Any:
        with core.cache_context(str(next(calls) % calls_a_step)):
            return forward(*arguments, **keywords)

    core.forward = named
    yield


@pytest.mark.parametrize(("name", "mode"), COMPARED)
def test_a_step_cache_is_that_of_diffusers(name: str, mode: str) -> None:
    made, own = loaded(name), tiny(name)
    ours = drawn(made, mode=mode, cache_interval=2)
    own.transformer.enable_cache(configuration(2, STEPS))
    wanted = parameters(name, mode)
    both = wanted.get("true_cfg_scale", 1) > 1 or name == "chroma"
    kind = getattr(diffusers, made.model.modes[mode].pipeline)
    call = {"num_inference_steps": STEPS, **({"strength": 1.0} if "strength" in wanted else {})}
    with contexts(kind, own.transformer, 2 if both else 1):
        assert ours == direct(name, mode, call, own).tobytes()
    facts = made.facts["step_cache"]
    assert (facts["steps"], facts["predicted"]) == (STEPS, 1)
    assert 0 < facts["error"] < 1


def test_every_network_that_is_offered_a_cache_has_those_of_diffusers() -> None:
    offered = [
        family.components[family.core].classes
        for family in FAMILIES.values()
        if any("cache_interval" in mode.parameters for mode in family.modes.values())
    ]
    assert offered
    for library, name in chain.from_iterable(offered):
        assert library == "diffusers"
        assert issubclass(getattr(diffusers, name), CacheMixin)
        assert f"self.{LAST} = " in inspect.getsource(getattr(diffusers, name))


def test_the_drift_of_an_image_is_measured_and_0_where_all_steps_are_in_full() -> None:
    made, report = loaded("klein"), Steps()
    plain = drawn(made)
    assert "step_cache" not in made.facts
    cached = drawn(made, cache_interval=2)
    assert cached != plain
    assert drawn(made, report, cache_interval=2, measure_drift=True) == cached
    apart = [abs(before - after) for before, after in zip(plain, cached, strict=True)]
    drift = sum(apart) / len(apart) / 255
    assert made.facts["step_cache"]["drift"] == pytest.approx(drift, abs=1e-4) != 0
    assert ("measuring drift", STEPS) in report.reported
    short = drawn(made, num_inference_steps=4)
    full: dict[str, Any] = {"num_inference_steps": 4, "cache_interval": 2, "measure_drift": True}
    assert drawn(made, **full) == short
    assert made.facts["step_cache"] == {"steps": 4, "predicted": 0, "error": 0.0, "drift": 0.0}
    operation = Generate(prompt="a", cache_interval=2, num_inference_steps=4)
    (warning,) = variants.warnings(operation, made.model, "generate")
    assert (warning.code, warning.field) == ("parameter_ignored", "cache_interval")
    (warning,) = variants.warnings(Generate(prompt="a", measure_drift=True), made.model, "generate")
    assert (warning.code, warning.field) == ("parameter_ignored", "measure_drift")


def test_nothing_of_a_cache_is_left_on_the_model() -> None:
    made = loaded("klein")
    core, plain = made.pipeline.transformer, drawn(made)
    with pytest.raises(KeyboardInterrupt):
        drawn(made, Steps(("denoising", 5)), cache_interval=2)
    assert not core.is_cache_enabled
    assert not has_hook(core, "taylorseer_cache")
    assert not core._forward_pre_hooks
    assert not core.proj_out._forward_hooks
    assert drawn(made) == plain


def test_a_cache_is_refused_by_field_where_it_cannot_be() -> None:
    made = loaded("klein")
    made.plan = replace(made.plan, placement="group_offload")
    with pytest.raises(InvalidInput, match="layer by layer") as refusal:
        drawn(made, cache_interval=2)
    assert refusal.value.field == "cache_interval"
    region = {"mask": "M", "prompt": "a tree"}
    for beside in ({"regions": [region]}, {"control": [{"image": "M", "model": "m"}]}):
        with pytest.raises(InvalidInput, match="cannot be combined with") as refusal:
            variants.check(
                Generate(prompt="a", cache_interval=2, **beside), model("klein"), "generate"
            )
        assert refusal.value.field == "cache_interval"
    with pytest.raises(ValueError, match="cache_interval"):
        Generate(prompt="a", cache_interval=1)
