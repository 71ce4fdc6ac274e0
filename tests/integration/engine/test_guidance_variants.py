"""Guidance variants: off they change nothing, on they are diffusers' own, bit for bit."""

from __future__ import annotations

from typing import Any

import diffusers
import pytest
import torch

from core.engine.loaded import Loaded
from core.engine.sibling import sibling
from core.errors import InvalidInput
from core.models.families import FAMILIES
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.diffusion import variants
from core.operations.generate import Generate
from core.settings import ROOT
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import loaded, model
from tests.integration.engine.test_modes import direct, parameters
from tests.integration.engine.tiny_models import tiny

LEVELS = [1.0, 0.8, 0.6, 0.3]  # as many as the steps of a direct call
# Every family with sigmas and a shift was compared; one of each way to call a pipeline stays.
FLOWING = ["flux1", "klein"]
RESCALED = [
    (name, mode)
    for name in ("sd15", "sdxl")
    for mode in model(name).modes
    if mode != "outpaint" and model(name).supports(mode, "guidance_rescale")
] + [("anima", "generate"), ("flux3-base", "edit")]


def drawn(made: Loaded, mode: str = "generate", **more: Any) -> bytes:
    wanted = {**parameters(made.model.id, mode), **more}
    return made.draw(mode, wanted, seed=3, report=Steps()).tobytes()


@pytest.mark.parametrize("name", FLOWING)
def test_sigmas_are_those_of_diffusers(name: str) -> None:
    ours = drawn(loaded(name), sigmas=LEVELS, num_inference_steps=len(LEVELS))
    assert ours == direct(name, "generate", {"sigmas": list(LEVELS)}).tobytes()
    assert ours != drawn(loaded(name))


@pytest.mark.parametrize("name", FLOWING)
def test_a_shift_is_that_of_the_scheduler(name: str) -> None:
    made = loaded(name)
    shift = 3.0 if made.scheduler(None).config.shift == 6 else 6.0
    plain, shifted = drawn(made), drawn(made, schedule_shift=shift)
    assert shifted != plain
    assert drawn(made) == plain, "the next image has the model's own shift"
    scheduler = made.scheduler(None, shift)
    assert scheduler.config.shift == shift
    assert not scheduler.config.use_dynamic_shifting
    assert drawn(made, sampler=f"flow_euler_shift_{shift:g}") == shifted


@pytest.mark.parametrize(("name", "mode"), RESCALED)
def test_rescaled_guidance_is_that_of_diffusers(name: str, mode: str) -> None:
    made = loaded(name)
    ours = drawn(made, mode, guidance_rescale=0.7)
    assert ours == direct(name, mode, {"guidance_rescale": 0.7}).tobytes()
    assert drawn(made, mode, guidance_rescale=0.0) == drawn(made, mode) != ours


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_perturbed_attention_is_that_of_diffusers_and_leaves_no_trace(name: str) -> None:
    made = loaded(name)
    plain = drawn(made)
    ours = drawn(made, pag_scale=3.0)
    family = FAMILIES[made.model.family.id]
    kind = getattr(diffusers, family.pag[made.model.modes["generate"].pipeline])
    wanted = parameters(name, "generate")
    call = sibling(tiny(name), kind)
    theirs = call(**wanted, pag_scale=3.0, generator=torch.Generator().manual_seed(3)).images[0]
    assert ours == theirs.tobytes()
    assert ours != plain
    with pytest.raises(KeyboardInterrupt):
        made.draw("generate", {**wanted, "pag_scale": 3.0}, seed=3, report=Steps(("denoising", 1)))
    assert drawn(made, pag_scale=0.0) == plain


@pytest.mark.parametrize("mode", ["img2img", "inpaint"])
def test_perturbed_attention_acts_on_images_too(mode: str) -> None:
    made = loaded("sdxl")
    assert drawn(made, mode, pag_scale=3.0) != drawn(made, mode)


def test_freeu_and_eta_are_those_of_diffusers() -> None:
    made, own = loaded("sdxl"), tiny("sdxl")
    plain = drawn(made)
    own.enable_freeu(**FAMILIES["sdxl"].freeu)
    generator = torch.Generator().manual_seed(3)
    theirs = own(**parameters("sdxl", "generate"), generator=generator).images[0].tobytes()
    own.disable_freeu()
    assert drawn(made, freeu=True) == theirs != plain
    assert drawn(made, freeu=False) == plain
    noisy = drawn(made, sampler="ddim", eta=1.0)
    assert noisy != drawn(made, sampler="ddim") == drawn(made, sampler="ddim", eta=0.0)


def test_a_model_that_has_no_such_variant_says_so_and_draws_as_before() -> None:
    library = LibraryContext(Library([ROOT / "models"]))
    resolved = Generate(prompt="a", pag_scale=3, freeu=True, eta=0.5).resolve(library)
    ignored = [warning.field for warning in resolved.warnings]
    assert ignored == ["eta", "freeu", "pag_scale"]
    sized = Generate(prompt="a", sigmas=(1.0, 0.5), schedule_shift=2).resolve(library)
    assert sized.warnings == ()
    assert sized.operation.num_inference_steps == 2  # type: ignore[attr-defined]


def test_sigmas_that_do_not_fall_and_variants_that_exclude_each_other_are_refused() -> None:
    library = LibraryContext(Library([ROOT / "models"]))
    for rising in ([0.5, 0.7], [0.5, 0.5]):
        with pytest.raises(InvalidInput, match="is not below") as refusal:
            Generate(prompt="a", sigmas=rising).resolve(library)
        assert refusal.value.field == "sigmas"
    region = {"mask": "M", "prompt": "a tree"}
    with pytest.raises(InvalidInput, match="cannot be combined with regions") as refusal:
        variants.check(
            Generate(prompt="a", pag_scale=3, regions=[region]), model("sd15"), "generate"
        )
    assert refusal.value.field == "pag_scale"


@pytest.mark.parametrize(
    "values",
    [
        {"sigmas": [1.5]},
        {"eta": 2},
        {"guidance_rescale": -1},
        {"pag_scale": 99},
        {"schedule_shift": 0},
    ],
)
def test_a_bad_value_is_named_by_its_field(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        Generate(prompt="a", **values)
