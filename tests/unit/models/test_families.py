"""The records of the families are whole and agree with each other and with the engine."""

import ast

import pytest

from core.models.families import FAMILIES, of_pipeline, of_variant
from core.models.families.family import BYTES, Family, Mode, Variant
from core.models.families.parts import PARTS
from core.models.families.samplers import SAMPLERS
from core.models.families.signature import Axis, Signature, expand, plain
from core.settings import ROOT

ADAPTERS = ROOT / "core" / "engine" / "modes"
EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.id)
VARIANTS = [(family, variant) for family in FAMILIES.values() for variant in family.variants]
EVERY_VARIANT = pytest.mark.parametrize(
    ("family", "variant"), VARIANTS, ids=[variant.id for _, variant in VARIANTS]
)
ASKED_FOR = {
    "flux1-dev",
    "flux1-schnell",
    "flux1-kontext-dev",
    "flux1-fill-dev",
    "flux2-dev",
    "flux2-klein-4b",
    "flux2-klein-9b",
    "flux2-klein-base-4b",
    "flux2-klein-base-9b",
    "sd35-large",
    "sd35-large-turbo",
    "sd35-medium",
    "sdxl-base",
    "sdxl-turbo",
    "sdxl-lightning",
    "sdxl-refiner",
    "sd15",
}


def functions(adapter: str) -> set[str]:
    """The public functions of an adapter; none while its file is not there."""
    path = ADAPTERS / f"{adapter}.py"
    if not path.exists():
        return set()
    return {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


@EVERY_FAMILY
def test_a_record_is_whole(family: Family) -> None:
    assert FAMILIES[family.id] is family
    assert family.core in family.components
    assert family.signatures
    assert family.variants
    assert set(family.samplers) <= set(SAMPLERS)
    for mode in family.modes.values():
        # A relative's pipeline does where the networks are the same.
        owner = of_pipeline(mode.pipeline)
        assert owner is not None
        assert owner.components[owner.core].classes == family.components[family.core].classes
        assert mode.pipeline in owner.class_names
        assert set(mode.defaults) <= set(mode.parameters)
        assert family.guided <= set(mode.parameters)
    assert family.sizes.smallest % family.sizes.multiple == 0
    assert family.sizes.largest % family.sizes.multiple == 0


@EVERY_FAMILY
def test_what_the_library_completes_a_model_with_is_known(family: Family) -> None:
    for component in family.components.values():
        assert component.classes
        assert set(component.parts) <= set(PARTS)
    for checkpoint in family.checkpoints:
        assert set(checkpoint.parts) <= set(family.components)
    for formats in family.quantization:
        assert set(formats) <= set(family.components)


@pytest.mark.parametrize(
    ("family", "name", "mode"),
    [(family, name, mode) for family in FAMILIES.values() for name, mode in family.modes.items()],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "id", ""),
)
def test_every_mode_of_every_record_has_its_function(family: Family, name: str, mode: Mode) -> None:
    assert (mode.function or name) in functions(mode.adapter), f"{mode.adapter}.{name}"


def test_every_variant_that_people_ask_for_has_a_record() -> None:
    assert {variant.id for _, variant in VARIANTS} >= ASKED_FOR
    for variant_id in ASKED_FOR:
        result = of_variant(variant_id)
        assert result is not None
        assert result[1].id == variant_id


@EVERY_VARIANT
def test_a_variant_speaks_of_what_its_family_has(family: Family, variant: Variant) -> None:
    parameters = {name for mode in family.modes.values() for name in mode.parameters}
    assert set(variant.defaults) <= parameters
    assert set(variant.parameters) <= set(family.components)
    assert family.core in variant.parameters
    for component, part in variant.parts.items():
        assert part in family.components[component].parts
    for signature in family.signatures:
        shared = set(signature.measures) & set(variant.traits)
        assert len(shared) >= 3, signature.layout


@EVERY_VARIANT
def test_a_distilled_variant_brings_its_step_count(family: Family, variant: Variant) -> None:
    if variant.distilled:
        assert variant.defaults["num_inference_steps"] <= 8
        names = {name for mode in family.modes.values() for name in mode.parameters}
        guidance = "guidance_scale" if "guidance_scale" in names else "true_cfg_scale"
        if guidance not in family.guided:
            assert {**family.defaults, **variant.defaults}[guidance] == 1.0


def test_variants_of_equal_shape_are_told_apart_by_a_word() -> None:
    for family, variant in VARIANTS:
        twins = [
            other
            for relative, other in VARIANTS
            if relative.architecture == family.architecture and other.traits == variant.traits
        ]
        assert len(twins) == 1 or sum(not twin.hints for twin in twins) == 1, variant.id


@pytest.mark.parametrize(
    "signature",
    [
        *(signature for family in FAMILIES.values() for signature in family.signatures),
        *(signature for part in PARTS.values() for signature in part.signatures),
    ],
    ids=lambda signature: signature.layout,
)
def test_a_signature_knows_the_tensors_it_asks_for(signature: Signature) -> None:
    asked = [*signature.needs, *signature.shapes]
    asked += [
        measure.tensor for measure in signature.measures.values() if isinstance(measure, Axis)
    ]
    for name in asked:
        module = plain(name.rpartition(".")[0] if name.endswith((".weight", ".scale")) else name)
        assert module in signature.known, name


def test_patterns_stand_for_every_combination_of_their_choices() -> None:
    assert list(expand("a.{b,c}.{d,e}")) == ["a.b.d", "a.b.e", "a.c.d", "a.c.e"]
    assert plain("blocks.12.norm1.0") == "blocks.#.norm1.#"


@EVERY_FAMILY
def test_small_formats_are_known(family: Family) -> None:
    formats = {name for step in family.quantization for name in step.values()}
    assert formats | {family.precision.cuda, family.precision.mps, family.precision.cpu} <= set(
        BYTES
    )


@pytest.mark.parametrize("part", PARTS)
def test_families_load_a_part_that_they_share_as_one_class_so_that_it_is_loaded_once(
    part: str,
) -> None:
    if part in ("clip-l", "clip-g"):  # SD3.5 also takes their projection
        return
    kinds = {
        component.classes[0]
        for family in FAMILIES.values()
        for name, component in family.components.items()
        if part in component.parts and not name.startswith("tokenizer")
    }
    assert len(kinds) <= 1
