"""Rules of the records for LoRAs agree with their networks; offers of the catalogue are whole."""

import re

import pytest

from core.models.families import FAMILIES
from core.models.families.family import Family
from core.models.families.parts import PARTS
from core.models.library.catalogue import Offer, read_catalogue
from core.models.library.folder import PICKLES
from core.models.recognition.lora import candidates_of
from core.models.recognition.lora_keys import Module, is_lora_key, layout_of, modules_of
from core.settings import ROOT
from tests.unit.models.skeletons import tensor

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.id)
RANK = 8
CATALOGUE = read_catalogue(ROOT / "presets")
OFFERS = [*CATALOGUE.models, *CATALOGUE.parts, *CATALOGUE.auxiliary]
# Layout → a module's prefix, and the endings of its two matrices.
LAYOUTS = {
    "kohya": ("lora_unet_", ".lora_down.weight", ".lora_up.weight"),
    "ai-toolkit": ("diffusion_model.", ".lora_A.weight", ".lora_B.weight"),
    "peft": ("base_model.model.", ".lora_A.default.weight", ".lora_B.default.weight"),
    "lycoris": ("lycoris_", ".lora_down.weight", ".lora_up.weight"),
}


def known_of(family: Family) -> set[str]:
    """The modules of a network in all layouts, with 0 or 2 for every number."""
    return {
        name.replace("#", number)
        for signature in family.signatures
        for name in signature.known
        for number in "02"
    }


def modules_in(layout: str, sides: dict[str, tuple[int, int]]) -> tuple[list[Module], int]:
    prefix, down, up = LAYOUTS[layout]
    tensors = {}
    for name, (into, out) in sides.items():
        base = name.replace(".", "_") if prefix.endswith("_") else name
        tensors[f"{prefix}{base}{down}"] = tensor(RANK, into)
        tensors[f"{prefix}{base}{up}"] = tensor(out, RANK)
    assert all(map(is_lora_key, tensors))
    assert layout_of(list(tensors)) == layout
    return modules_of(tensors)


@EVERY_FAMILY
def test_what_is_trained_by_default_is_in_the_network(family: Family) -> None:
    for target in family.lora.targets:
        names = [name for name in known_of(family) if f".{name}".endswith(f".{target}")]
        assert names, target


@EVERY_FAMILY
def test_rules_about_modules_apply_to_modules_that_there_are(family: Family) -> None:
    flat = [name.replace(".", "_") + "_" for name in known_of(family)]
    for width in family.lora.widths:
        # A record that is derived from another keeps its rules, without effect.
        owners = [other for other in FAMILIES.values() if width in other.lora.widths]
        names = [name.replace(".", "_") for owner in owners for name in known_of(owner)]
        assert any(re.search(width.ending, name) for name in names), width.ending
        assert width.trait in {trait for variant in family.variants for trait in variant.traits}
    for trait, pattern in family.lora.blocks.items():
        assert any(re.search(pattern, name) for name in flat), pattern
        assert all(trait in variant.traits for variant in family.variants)
    for pattern in family.lora.at_most:
        assert any(re.search(pattern, name) for name in flat), pattern
    for component in family.lora.prefixes:
        assert family.components[component].parts


@EVERY_FAMILY
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_module_has_the_same_name_in_every_layout(family: Family, layout: str) -> None:
    sides = {name: (24, 40) for name in sorted(known_of(family)) if "." in name}
    modules, strangers = modules_in(layout, sides)
    assert strangers == 0
    assert [module.flat for module in modules] == [name.replace(".", "_") for name in sides]
    assert {module.sides for module in modules} == {(24, 40)}
    assert {module.rank for module in modules} == {RANK}


@EVERY_FAMILY
def test_a_lora_of_one_module_with_a_width_is_for_variants_of_that_width(family: Family) -> None:
    word = family.lora.words[0]
    for variant in family.variants:
        for width in family.lora.widths:
            names = sorted(
                name
                for name in known_of(family)
                if re.search(width.ending, name.replace(".", "_"))
                and not any(re.search(no, name.replace(".", "_")) for no in family.lora.never)
            )
            if not names:
                continue
            value = variant.traits[width.trait]
            sides = {names[0]: (value * (width.into or 1), value * (width.out or 1))}
            candidates = {
                candidate.architecture: candidate
                for candidate in candidates_of(modules_in("ai-toolkit", sides)[0], word)
            }
            candidate = candidates[family.architecture]
            assert candidate.implied[width.trait] == value
            assert variant.id in candidate.variants


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.id)
def test_every_offer_takes_files_and_never_a_pickle(offer: Offer) -> None:
    for pattern in offer.files:
        name = pattern.replace("*", "x")
        ending = "." + name.rpartition(".")[2]
        assert offer.takes(name) == (ending not in PICKLES)
        for pickled in PICKLES:
            assert not offer.takes(name.removesuffix(ending) + pickled)
            assert not offer.takes((name.removesuffix(ending) + pickled).upper())
        for start in ("../", "/", "a/../../", "..\\", "C:", "./"):
            assert not offer.takes(start + name), "a hub may list any path"
    assert offer.licence in CATALOGUE.licences
    assert offer.command.endswith(f" {offer.id}")
    assert CATALOGUE.offers(offer.id)[-1] is offer


def test_a_model_of_the_catalogue_comes_with_every_part_that_its_file_lacks() -> None:
    for model in CATALOGUE.models:
        *needs, own = CATALOGUE.offers(model.id)
        assert own is model
        assert [part.id for part in needs] == list(model.needs)
        assert (model.form == "folder") <= (not model.needs)
        assert set(model.needs) <= set(PARTS)


def test_a_conditional_licence_says_its_terms_and_every_licence_is_used() -> None:
    for licence in CATALOGUE.licences.values():
        assert licence.url.startswith("https://")
        assert (licence.badge != "conditional") or licence.terms
    assert set(CATALOGUE.licences) == {offer.licence for offer in OFFERS}
