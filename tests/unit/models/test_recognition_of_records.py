"""Every layout of every record is recognised, from headers that are built from the records."""

import random

import pytest

from core.models.families import FAMILIES
from core.models.families.family import Family, Variant
from core.models.families.part import Part
from core.models.families.parts import PARTS
from core.models.families.signature import Axis, Blocks, Present, Signature
from core.models.recognition.measuring import matches, measure
from core.models.recognition.recognition import (
    PART_PREFIXES,
    PREFIXES,
    SHOWN_UNKNOWN,
    recognise_tensors,
)
from core.models.weights.safetensors_header import FORMAT
from tests.unit.models.skeletons import SIDE, Tensors, skeleton, tensor

NETWORKS = [
    pytest.param(family, variant, signature, id=f"{variant.id}-{signature.layout}")
    for family in FAMILIES.values()
    for variant in family.variants
    for signature in family.signatures
]
PART_LAYOUTS = [
    pytest.param(part, signature, id=f"{part.id}-{signature.layout}")
    for part in PARTS.values()
    for signature in part.signatures
]
LAYOUTS = [
    pytest.param(signature, id=f"{owner.id}-{signature.layout}")
    for owner in (*FAMILIES.values(), *PARTS.values())
    for signature in owner.signatures
]
BRANDLESS = "model-00001"


def name_of(variant: Variant | Part, signature: Signature) -> str:
    """A file's name with the words that decide between equal shapes, where it needs some."""
    word = variant.hints[0] if variant.hints else BRANDLESS
    return f"{word} {signature.word}-1"


def network(signature: Signature, variant: Variant, prefix: str = "") -> Tensors:
    return skeleton(signature, variant.traits, prefix)


@pytest.mark.parametrize(("family", "variant", "signature"), NETWORKS)
def test_every_variant_is_recognised_in_every_layout_behind_every_prefix(
    family: Family, variant: Variant, signature: Signature
) -> None:
    for prefix in PREFIXES:
        finding = recognise_tensors(
            network(signature, variant, prefix), FORMAT, name_of(variant, signature)
        )
        assert (finding.family, finding.variant) == (family.id, variant.id), prefix
        assert (finding.layout, finding.prefix) == (signature.layout, prefix)
        assert finding.problem is None
        for name, value in variant.traits.items():
            assert finding.measures[name] == value


@pytest.mark.parametrize(("family", "variant", "signature"), NETWORKS)
def test_the_configuration_of_a_network_follows_from_the_measures_of_its_file(
    family: Family, variant: Variant, signature: Signature
) -> None:
    finding = recognise_tensors(network(signature, variant), FORMAT, name_of(variant, signature))
    config = family.network(finding.measures)
    traits = variant.traits
    packed = 4 if "dim" in config else 1  # some count the channels of a patch of 2 × 2
    assert config["in_channels"] * packed == traits.get("channels", config["in_channels"])
    if "num_attention_heads" in config:
        heads = config["num_attention_heads"]
        width = config.get("hidden_size") or heads * config["attention_head_dim"]
        assert width == traits["width"]
    names = (
        "joint_attention_dim",
        "cross_attention_dim",
        "text_hidden_dim",
        "cap_feat_dim",
        "text_in_dim",
        "text_embed_dim",
        "context_in_dim",
    )
    assert next(config[name] for name in names if name in config) == traits["joint"]


@pytest.mark.parametrize(("family", "variant", "signature"), NETWORKS)
def test_the_order_of_tensors_does_not_matter(
    family: Family, variant: Variant, signature: Signature
) -> None:
    tensors = network(signature, variant)
    names = list(tensors)
    expected = recognise_tensors(tensors, FORMAT, name_of(variant, signature))
    for seed in range(3):
        random.Random(seed).shuffle(names)
        shuffled = {name: tensors[name] for name in names}
        assert recognise_tensors(shuffled, FORMAT, name_of(variant, signature)) == expected


@pytest.mark.parametrize(("family", "variant", "signature"), NETWORKS)
def test_a_network_of_another_width_is_of_its_family_and_of_no_variant(
    family: Family, variant: Variant, signature: Signature
) -> None:
    traits = {**variant.traits, "width": SIDE * 3}
    finding = recognise_tensors(skeleton(signature, traits), FORMAT, name_of(variant, signature))
    assert FAMILIES[str(finding.family)].architecture == family.architecture
    assert (finding.variant, finding.variants, finding.problem) == (None, (), None)


@pytest.mark.parametrize(("family", "variant", "signature"), NETWORKS)
def test_a_network_of_published_width_with_other_channels_is_refused(
    family: Family, variant: Variant, signature: Signature
) -> None:
    if "channels" not in variant.traits:
        return
    traits = {**variant.traits, "channels": 77}
    finding = recognise_tensors(skeleton(signature, traits), FORMAT, name_of(variant, signature))
    assert finding.variant is None
    assert "77 channels" in (finding.problem or "")


@pytest.mark.parametrize("signature", LAYOUTS)
def test_a_layout_lacks_nothing_that_it_needs_and_nothing_more_fits(signature: Signature) -> None:
    whole = skeleton(signature, {})
    assert matches(signature, whole, "")
    for name in signature.needs:
        without = {key: value for key, value in whole.items() if key != name}
        assert not matches(signature, without, ""), name
    for name in signature.lacks:
        assert not matches(signature, {**whole, name: tensor(1)}, ""), name
    for name, shape in signature.shapes.items():
        wrong = tensor(*(SIDE + 1 for _ in shape))
        assert not matches(signature, {**whole, name: wrong}, ""), name
        packed = tensor(*(SIDE + 1 for _ in shape), dtype="U8")
        assert matches(signature, {**whole, name: packed}, ""), "a packed shape decides nothing"


@pytest.mark.parametrize("signature", LAYOUTS)
def test_measures_are_those_of_the_tensors_and_packed_ones_give_none(signature: Signature) -> None:
    values = {
        name: 1 if isinstance(rule, Blocks) and rule.inner else number  # some of all blocks
        for number, (name, rule) in enumerate(signature.measures.items(), 2)
    }
    axes = {
        name: rule.tensor for name, rule in signature.measures.items() if isinstance(rule, Axis)
    }
    whole = skeleton(signature, values, "net.")
    result = measure(signature, whole, "net.")
    for name, rule in signature.measures.items():
        if isinstance(rule, Present):
            assert result[name] == 1
        elif name not in axes or list(axes.values()).count(axes[name]) == 1:
            fixed = signature.shapes.get(axes.get(name, ""), ())
            expected = values[name] if not any(fixed) else result[name]
            assert result[name] == expected, name
    packed = {name: tensor(*value.shape, dtype="U8") for name, value in whole.items()}
    assert not set(measure(signature, packed, "net.")) & set(axes)


@pytest.mark.parametrize(("part", "signature"), PART_LAYOUTS)
def test_every_part_is_recognised_in_every_layout_behind_every_prefix(
    part: Part, signature: Signature
) -> None:
    for prefix in PART_PREFIXES:
        tensors = skeleton(signature, part.traits, prefix)
        finding = recognise_tensors(tensors, FORMAT, name_of(part, signature))
        assert (finding.role, finding.part) == (part.role, part.id), prefix
        assert (finding.family, finding.problem) == (None, None)
        assert finding.prefix == prefix


@pytest.mark.parametrize(("part", "signature"), PART_LAYOUTS)
def test_without_a_word_only_a_part_of_a_shape_of_its_own_is_certain(
    part: Part, signature: Signature
) -> None:
    finding = recognise_tensors(skeleton(signature, part.traits), FORMAT, BRANDLESS)
    twins = tuple(
        other.id
        for other in PARTS.values()
        if signature in other.signatures and other.traits == part.traits
    )
    assert finding.parts == twins
    assert finding.part == (part.id if len(twins) == 1 else None)


@pytest.mark.parametrize("name", sorted({name for part in PARTS.values() for name in part.files}))
def test_a_well_known_file_name_decides_as_a_word_does(name: str) -> None:
    part = next(part for part in PARTS.values() if name in part.files)
    for signature in part.signatures:
        finding = recognise_tensors(skeleton(signature, part.traits), FORMAT, name.upper())
        assert finding.part == part.id


@pytest.mark.parametrize(("part", "signature"), PART_LAYOUTS)
def test_a_part_of_a_shape_that_no_model_takes_is_refused(part: Part, signature: Signature) -> None:
    odd = dict.fromkeys(part.traits, 999)
    finding = recognise_tensors(skeleton(signature, odd), FORMAT, name_of(part, signature))
    assert (finding.role, finding.part, finding.parts) == (part.role, None, ())
    assert "of this shape" in (finding.problem or "")


@pytest.mark.parametrize(("family", "variant", "signature"), NETWORKS)
def test_tensors_beside_the_network_are_counted_and_the_first_named(
    family: Family, variant: Variant, signature: Signature
) -> None:
    tensors = network(signature, variant)
    strangers = {f"stranger{number}.weight": tensor(1) for number in range(SHOWN_UNKNOWN + 2)}
    plain = recognise_tensors(tensors, FORMAT, name_of(variant, signature))
    finding = recognise_tensors({**tensors, **strangers}, FORMAT, name_of(variant, signature))
    assert finding.total == plain.total + len(strangers)
    assert finding.matched == plain.matched == plain.total
    assert finding.unknown == tuple(strangers)[:SHOWN_UNKNOWN]


def test_every_hint_belongs_to_one_variant_of_its_shapes() -> None:
    for family in FAMILIES.values():
        for variant in family.variants:
            for hint in variant.hints:
                finding = recognise_tensors(
                    network(family.signatures[0], variant), FORMAT, f"my-{hint.upper()}-v2"
                )
                assert finding.variant == variant.id, hint


def test_what_is_left_over_of_training_is_neither_known_nor_unknown() -> None:
    family = FAMILIES["sd15"]
    tensors = network(family.signatures[0], family.variants[0])
    plain = recognise_tensors(tensors, FORMAT, BRANDLESS)
    extra = {"model_ema.decay": tensor(1), "alphas_cumprod": tensor(9), "betas": tensor(9)}
    assert recognise_tensors({**extra, **tensors}, FORMAT, BRANDLESS) == plain


def test_no_tensors_at_all_are_no_model() -> None:
    finding = recognise_tensors({}, FORMAT, BRANDLESS)
    assert (finding.role, finding.total, finding.precision) == ("unknown", 0, "")
    assert "no model" in (finding.problem or "")
