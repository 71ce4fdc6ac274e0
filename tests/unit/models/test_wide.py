"""Parameters that keep their width in a smaller format, in the layouts that files come in."""

import pytest

from core.models.families import FAMILIES, of_variant
from core.models.families.parts import PARTS
from core.models.fit.fit import parts_of
from core.models.fit.plans import Parts
from core.models.fit.wide import wide_parameters
from core.models.library.model import offered_model
from core.models.weights.header import Tensor
from tests.unit.models import headers

ORIGINALS = {
    "flux1-dev": headers.flux1(),
    "chroma1-hd": headers.chroma(),
    "flux2-klein-4b": headers.flux2(*headers.KLEIN_4B),
    "flux2-klein-9b": headers.flux2(*headers.KLEIN_9B),
    "flux2-dev": headers.flux2(*headers.FLUX2_DEV, guidance=True),
    "sd35-large": headers.sd3(),
    "sd35-medium": headers.sd3(1536, 24, 13),
}
ENCODERS = {
    "t5-xxl": headers.t5(),
    "qwen3-4b": headers.decoder(2560, 36, True),
    "qwen3-8b": {**headers.decoder(4096, 36, True), "lm_head.weight": (151936, 4096)},
}


def tensors(shapes: headers.Shapes) -> dict[str, Tensor]:
    return {name: Tensor("BF16", shape, 0, 0) for name, shape in shapes.items()}


@pytest.mark.parametrize("form", ["fp8", "nf4"])
@pytest.mark.parametrize("variant_id", ORIGINALS)
def test_an_original_network_leaves_wide_what_the_record_of_its_variant_says(
    variant_id: str, form: str
) -> None:
    owner = of_variant(variant_id)
    assert owner is not None
    family, variant = owner
    shapes = dict(ORIGINALS[variant_id])
    shapes.pop("pos_embed", None)  # a table of SD3.5, which is no parameter of its network
    wide = wide_parameters(tensors(shapes), "", form)
    count = variant.parameters[family.core]
    assert wide / count == pytest.approx(variant.wide.get(form, 0) / count, abs=0.015)


@pytest.mark.parametrize("form", ["fp8", "nf4"])
@pytest.mark.parametrize("part", ENCODERS)
def test_a_text_encoder_leaves_its_embedding_and_head_wide(part: str, form: str) -> None:
    wide = wide_parameters(tensors(ENCODERS[part]), "", form, "text_encoder")
    assert wide == pytest.approx(PARTS[part].wide[form], rel=0.01)


def test_only_the_tensors_of_the_part_count_in_a_whole_checkpoint() -> None:
    prefix = "model.diffusion_model."
    whole = tensors({**headers.prefixed(prefix, headers.flux1()), **headers.t5()})
    alone = tensors(headers.flux1())
    assert wide_parameters(whole, prefix, "fp8") == wide_parameters(alone, "", "fp8")


def test_wide_parameters_count_at_the_width_of_the_device() -> None:
    parts = Parts({"transformer": 1000}, "transformer", wide={"transformer": {"fp8": 300}})
    assert parts.bytes({"transformer": "fp8"}) == {"transformer": 700 + 600}
    assert parts.bytes({}) == {"transformer": 2000}


def test_the_text_encoder_of_a_published_flux2_dev_keeps_three_and_a_half_gigabytes_wide() -> None:
    parts = parts_of(offered_model("flux2-dev"), "cuda")
    stored = parts.bytes({"text_encoder": "fp8"})["text_encoder"]
    assert stored - parts.numbers["text_encoder"] == pytest.approx(1.75e9, rel=0.01)


@pytest.mark.parametrize(
    "variant_id",
    [v.id for family in FAMILIES.values() if family.quantization for v in family.variants],
)
def test_every_published_text_encoder_that_may_be_stored_small_has_its_count(
    variant_id: str,
) -> None:
    model = offered_model(variant_id)
    parts = parts_of(model, "cuda")
    offered = {
        (name, form)
        for formats in model.family.quantization
        for name, form in formats.items()
        if name != model.family.core
    }
    assert all(parts.wide[name][form] > 0 for name, form in offered)


def test_flux1_dev_in_fp8_takes_what_its_modulation_takes_wide() -> None:
    """11.9 billion parameters, of which diffusers leaves 3.2 wide: 15.1 GB, not 11.9."""
    parts = parts_of(offered_model("flux1-dev"), "cuda")
    assert round(parts.bytes({"transformer": "fp8"})["transformer"] / 1e9, 1) == 15.1
