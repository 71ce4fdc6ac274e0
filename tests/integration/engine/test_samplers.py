"""Samplers by name: each family's draw, each from a fresh scheduler, each their own image."""

import pytest

from core.engine import schedule
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.families.samplers import SAMPLERS
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import ONE_PER_FAMILY, loaded
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import FAMILY

LISTED = [(name, sampler) for name in ONE_PER_FAMILY for sampler in FAMILIES[FAMILY[name]].samplers]


@pytest.fixture(scope="module")
def models() -> dict[str, object]:
    return {name: loaded(name) for name in ONE_PER_FAMILY}


@pytest.mark.parametrize(("name", "sampler"), LISTED)
def test_every_sampler_that_a_family_lists_draws(
    models: dict[str, object], name: str, sampler: str
) -> None:
    if sampler.startswith("lms"):
        pytest.importorskip("scipy")
    import importlib

    from core.engine.render_request import RenderRequest

    made = models[name]
    wanted = parameters(name, "generate")
    adapter = importlib.import_module(
        f"core.engine.modes.{FAMILIES[FAMILY[name]].modes['generate'].adapter}"
    )
    steps = Steps()
    first = adapter.generate(made, RenderRequest("generate", 3, steps, sampler=sampler, **wanted))
    again = adapter.generate(made, RenderRequest("generate", 3, Steps(), sampler=sampler, **wanted))
    assert first.tobytes() == again.tobytes(), "a scheduler remembers nothing of the last image"
    assert steps.reported[-1][0] == "decoding"


def test_samplers_of_the_same_class_do_not_inherit_each_others_settings() -> None:
    base = loaded("sd15").scheduler(None)
    karras = schedule.fresh(base, "dpmpp_2m_sde_karras")
    plain = schedule.fresh(karras, "dpmpp_2m")
    assert karras.config.use_karras_sigmas
    assert karras.config.algorithm_type == "sde-dpmsolver++"
    assert not plain.config.use_karras_sigmas
    assert plain.config.algorithm_type == "dpmsolver++"
    assert plain.config.beta_start == base.config.beta_start


@pytest.mark.parametrize(
    ("name", "sampler"),
    [
        ("sd15", "flow_euler"),
        ("flux1", "euler"),
        ("playground", "euler"),
        ("sdxl", "edm_euler"),
        ("flux1", "edm_euler"),
    ],
)
def test_a_sampler_for_another_kind_of_model_is_refused(name: str, sampler: str) -> None:
    assert sampler in SAMPLERS
    with pytest.raises(InvalidInput, match="does not work with this model"):
        loaded(name).scheduler(sampler)


def test_an_unknown_sampler_is_refused() -> None:
    with pytest.raises(InvalidInput):
        loaded("sd15").scheduler("nobody's")
