"""Samplers by the names of other tools: every one of the studio comes back as it was."""

import pytest

from core.models.families import FAMILIES
from core.models.families.samplers import DIFFUSION, EDM, FLOW, SAMPLERS
from core.workflows.comfy import samplers as comfy
from core.workflows.comfy.samplers import comfy_sampler, offered_sampler, studio_sampler
from core.workflows.sampler_labels import _NAMES, sampler_of

OWN = "flow_euler"  # the sampler of a flow model itself


@pytest.mark.parametrize("sampler", [*DIFFUSION, *FLOW])
def test_a_sampler_comes_back_from_comfyuis_names(sampler: str) -> None:
    name, scheduler, shift = comfy_sampler(sampler)
    again, note = studio_sampler(name, scheduler, flow=sampler in FLOW, shift=shift)
    assert (again, note) == (None if sampler == OWN else sampler, None)


def test_a_sampler_of_edm_has_the_schedule_of_karras_in_comfyui() -> None:
    """ComfyUI reads from the checkpoint that it is of EDM."""
    names = [comfy_sampler(sampler) for sampler in EDM]
    assert names == [("dpmpp_2m", "karras", None), ("euler", "karras", None)]
    for sampler in EDM:
        assert sampler_of(SAMPLERS[sampler].label, "", flow=False) == (sampler, None)


@pytest.mark.parametrize("sampler", ["flow_euler_shift_x", "flow_euler_shift_", "nothing", ""])
def test_an_unknown_sampler_becomes_euler(sampler: str) -> None:
    name, _, shift = comfy_sampler(sampler)
    assert (name, shift) == ("euler", None)


@pytest.mark.parametrize("name", comfy._NEAR)
def test_a_relative_of_a_sampler_is_noted(name: str) -> None:
    sampler, note = studio_sampler(name, "normal", flow=False, shift=None)
    assert sampler in DIFFUSION
    assert note is not None
    assert note.startswith(name)


@pytest.mark.parametrize("sampler", DIFFUSION)
def test_the_label_of_a_sampler_is_that_sampler(sampler: str) -> None:
    label = SAMPLERS[sampler].label
    for spelling in (label, label.upper(), f" {label} "):
        assert sampler_of(spelling, "Automatic", flow=False) == (sampler, None)


@pytest.mark.parametrize("sampler", [name for name in DIFFUSION if name.endswith("_karras")])
def test_the_schedule_may_stand_beside_the_label(sampler: str) -> None:
    label = SAMPLERS[sampler].label.removesuffix(" Karras")
    assert sampler_of(label, "Karras", flow=False) == (sampler, None)


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("prefix", ["", "k_", "sample_"])
@pytest.mark.parametrize("ending", ["", " karras", "_karras"])
def test_other_tools_names_are_known_with_prefix_and_schedule(
    name: str, prefix: str, ending: str
) -> None:
    sampler, note = sampler_of(f"{prefix}{name}{ending}", "", flow=False)
    assert sampler in DIFFUSION, note


@pytest.mark.parametrize("sampler", [*DIFFUSION, *EDM])
def test_a_flow_model_gets_no_sampler_of_another_kind(sampler: str) -> None:
    assert sampler_of(SAMPLERS[sampler].label, "", flow=True)[0] is None


@pytest.mark.parametrize("sampler", [name for name in FLOW if name != OWN])
def test_a_flow_model_gets_its_own_samplers_by_label(sampler: str) -> None:
    assert sampler_of(SAMPLERS[sampler].label, "", flow=True) == (sampler, None)


@pytest.mark.parametrize("name", ["restart", "DPM fast", "", "🌲"])
def test_an_unknown_label_is_noted_in_a_sentence(name: str) -> None:
    sampler, note = sampler_of(name, "", flow=False)
    assert sampler is None
    assert note is not None
    assert note.endswith(".")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sampler_that_a_model_lacks_is_replaced_with_a_note(family: str) -> None:
    offered = FAMILIES[family].samplers
    for sampler in SAMPLERS:
        chosen, note = offered_sampler(sampler, offered)
        assert chosen in (None, *offered)
        assert (note is None) == (chosen == sampler) == (sampler in offered)


def test_the_solver_of_a_replaced_sampler_is_kept_where_the_model_has_it() -> None:
    replaced = {"dpmpp_2m_karras": "edm_dpmpp_2m", "euler": "edm_euler", "heun": None}
    for sampler, chosen in replaced.items():
        assert offered_sampler(sampler, EDM)[0] == chosen
    assert offered_sampler("edm_dpmpp_2m", DIFFUSION)[0] == "dpmpp_2m_karras"
    assert offered_sampler("heun", ()) == ("heun", None), "nothing is known of the model"
