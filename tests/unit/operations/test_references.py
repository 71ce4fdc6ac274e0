"""References of a request: what is refused by field, and what a snapshot says of them."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from safetensors.numpy import save_file

from core.errors import InvalidInput, ModelMissing
from core.models.families import FAMILIES
from core.models.library.library import Library
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.references.kinds import REFERENCES, VIT_BIGG, VIT_H
from core.operations.control.objects import DETECTOR
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.use import main_input
from core.operations.diffusion.reference import part_of, with_face
from core.operations.diffusion.reference_use import REFERENCES_MAX, ReferenceUse
from core.operations.edit import Edit
from core.operations.generate import Generate
from core.operations.img2img import Img2Img
from core.operations.reference import Reference
from core.settings import ROOT

KEYS = "ip_adapter.1.to_k_ip.weight"
BASE = {"image_proj.norm.weight": (1,)}
FILES: dict[str, dict[str, tuple[int, ...]]] = {
    "base15": {**BASE, "image_proj.proj.weight": (8, 1024), KEYS: (320, 768)},
    "bigxl": {**BASE, "image_proj.proj.weight": (8, 1280), KEYS: (640, 2048)},
    "plus-face15": {
        "image_proj.latents": (1, 16, 768),
        "image_proj.proj_in.weight": (768, 1280),
        KEYS: (320, 768),
    },
    "faceid15": {
        "image_proj.proj.0.weight": (2, 512),
        "image_proj.norm.weight": (2,),
        KEYS: (320, 768),
    },
    "flux": {
        "ip_adapter_proj_model.proj.weight": (8, 768),
        "double_blocks.0.processor.ip_adapter_double_stream_k_proj.weight": (3072, 4096),
    },
}
FLUX_NET = {
    "controlnet_x_embedder.weight": (3072, 64),
    "controlnet_blocks.0.weight": (1,),
    "x_embedder.weight": (3072, 64),
}


class RecordsOnly(Library):
    """A library with adapters in files, and models of any family without files."""

    def get(self, reference: str) -> Model:
        return Model(reference, Path(reference), FAMILIES[reference], Record(), False, {})


def write(folder: Path, name: str, shapes: dict[str, tuple[int, ...]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: np.zeros(shape, np.float16) for key, shape in shapes.items()}
    save_file(tensors, folder / f"{name}.safetensors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name, shapes in FILES.items():
        write(folder / "ipadapter", name, shapes)
    write(folder / "controlnet", "net", FLUX_NET)
    encoder = folder / "companions" / VIT_H / "models" / "image_encoder"
    write(encoder, "model", {"a": (1,)})
    (encoder / "config.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def library(folder: Path) -> Library:
    return RecordsOnly([folder], presets_dir=ROOT / "presets")


@pytest.fixture(scope="module")
def ctx(library: Library) -> LibraryContext:
    return LibraryContext(library)


def request(*references: dict[str, Any], model: str = "sd15", **more: Any) -> Generate:
    return Generate(prompt="a house", model=model, reference=references, **more)


def refusal(ctx: LibraryContext, *references: dict[str, Any], **more: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        request(*references, **more).resolve(ctx)
    return caught.value


def test_files_are_recognised_by_their_headers(library: Library) -> None:
    files = {file.id: file.public() for file in library.references().values()}
    assert {name: entry["kind"] for name, entry in files.items()} == {
        "base15": "ip-adapter",
        "bigxl": "ip-adapter",
        "plus-face15": "ip-adapter-plus",
        "flux": "ip-adapter-flux1",
    }
    architectures = {
        name: {FAMILIES[family].architecture for family in entry["families"]}
        for name, entry in files.items()
    }
    assert architectures == {
        "base15": {"sd15"},
        "bigxl": {"sdxl"},
        "plus-face15": {"sd15"},
        "flux": {"flux1"},
    }
    assert files["base15"]["roles"] == ["subject"]
    assert files["bigxl"]["roles"] == ["subject", "style", "composition"]
    assert files["plus-face15"]["roles"] == ["face"]
    assert (files["base15"]["encoder"], files["bigxl"]["encoder"]) == (VIT_H, VIT_BIGG)
    (reason,) = [error.detail for name, error in library.refused().items() if "faceid" in name]
    assert "insightface" in reason


def test_every_encoder_and_role_of_a_kind_is_known(library: Library) -> None:
    for kind in REFERENCES.values():
        for encoder in kind.encoders.values():
            assert library.catalogue.auxiliary_model(encoder) is not None, encoder
        for architecture in kind.roles:
            assert any(family.architecture == architecture for family in FAMILIES.values())


def test_pictures_and_masks_within_references_become_inputs_in_the_same_order() -> None:
    asked = request(
        {"image": "A"}, {"image": {"task": "T"}, "mask": "M", "role": "style", "weight": 0.5}
    )
    assert asked.reference_image[0] == "A"
    assert asked.reference_image[1].task == "T"  # type: ignore[union-attr]
    assert asked.reference_mask == ("M",)
    assert [use.masked for use in asked.reference] == [False, True]
    stored = asked.model_dump(mode="json")
    assert all({"image", "mask"}.isdisjoint(entry) for entry in stored["reference"])
    assert Generate.model_validate(stored) == asked


def test_the_main_input_of_an_image_is_never_its_reference() -> None:
    params = {"image": "A", "reference_image": ["C"]}
    assert main_input(Img2Img, params) == "A"
    assert main_input(Generate, params) is None


@pytest.mark.parametrize(
    "values",
    [{"weight": 2.1}, {"weight": -1}, {"role": "mood"}, {"crop": [0.5, 0, 0.5, 1]}, {"colour": 1}],
)
def test_values_out_of_range_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        request({"image": "A", **values})
    assert caught.value.errors()[0]["loc"][:2] == ("reference", 0)


def test_seventeen_references_are_refused() -> None:
    request(*[{"image": "A"}] * REFERENCES_MAX)
    with pytest.raises(ValidationError) as caught:
        request(*[{"image": "A"}] * (REFERENCES_MAX + 1))
    assert ("reference",) in {error["loc"] for error in caught.value.errors()}


def test_a_reference_without_a_picture_is_refused(ctx: LibraryContext) -> None:
    assert refusal(ctx, {"weight": 1}).field == "reference"
    with pytest.raises(InvalidInput) as caught:
        request({"image": "A"}, {"weight": 1})
    assert caught.value.field == "reference.1.image"


def test_a_family_without_references_is_refused_with_those_that_have(ctx: LibraryContext) -> None:
    error = refusal(ctx, {"image": "A"}, model="sd3")
    assert error.field == "reference"
    assert "SDXL" in (error.fix or "")
    assert "edit" in (refusal(ctx, {"image": "A"}, model="flux2-klein").fix or "")


def test_an_adapter_of_another_family_is_refused_with_those_that_fit(ctx: LibraryContext) -> None:
    error = refusal(ctx, {"image": "A", "model": "base15"}, {"image": "B", "model": "bigxl"})
    assert error.field == "reference.1.model"
    assert "SDXL" in error.detail
    assert "base15" in (error.fix or "")


def test_a_role_that_the_adapter_lacks_is_refused_with_those_it_has(ctx: LibraryContext) -> None:
    error = refusal(ctx, {"image": "A", "model": "base15", "role": "style"})
    assert error.field == "reference.0.role"
    assert "subject" in (error.fix or "")


def test_without_a_name_the_adapter_of_the_role_is_taken(ctx: LibraryContext) -> None:
    resolved = request({"image": "A", "role": "face"}, {"image": "B"}).resolve(ctx)
    chosen = [entry["id"] for entry in resolved.facts["references"]]
    assert chosen == ["plus-face15", "base15"]
    assert {"reference/base15", "reference/plus-face15", f"encoder/{VIT_H}"} <= set(
        resolved.fingerprints
    )


def test_a_face_without_a_detector_is_read_whole_with_a_warning(ctx: LibraryContext) -> None:
    resolved = request({"image": "A", "role": "face"}).resolve(ctx)
    (warning,) = (w for w in resolved.warnings if w.code == "face_not_found")
    assert warning.field == "reference.0.crop"
    assert f"models pull {DETECTOR}" in warning.detail
    cut = request({"image": "A", "role": "face", "crop": (0, 0, 0.5, 1)}).resolve(ctx)
    assert "face_not_found" not in {w.code for w in cut.warnings}
    with pytest.raises(ModelMissing) as caught:
        request({"image": "A", "role": "face", "detector": DETECTOR}).resolve(ctx)
    assert caught.value.field == "reference.0.detector"


def test_a_face_is_found_where_the_detector_is_here(folder: Path, tmp_path: Path) -> None:
    models = shutil.copytree(folder, tmp_path / "models")
    detector = models / "companions" / DETECTOR
    write(detector, "model", {"a": (1,)})
    for name in ("config.json", "merges.txt", "preprocessor_config.json", "tokenizer_config.json"):
        (detector / name).write_text("{}", encoding="utf-8")
    (detector / "vocab.json").write_text("{}", encoding="utf-8")
    ctx = LibraryContext(RecordsOnly([models], presets_dir=ROOT / "presets"))
    face = {"image": "A", "role": "face"}
    resolved = request(face, {**face, "crop": (0, 0, 1, 0.5)}).resolve(ctx)
    assert f"encoder/{DETECTOR}" in resolved.fingerprints
    uses = resolved.operation.reference  # type: ignore[attr-defined]
    assert [use.detector for use in uses] == [DETECTOR, None]


def test_the_largest_face_is_cut_out_with_a_margin() -> None:
    picture = Image.new("RGB", (200, 100), "blue")
    picture.paste("red", (100, 20, 140, 60))
    boxes = [(0.0, 0.0, 8.0, 8.0), (100.0, 20.0, 140.0, 60.0)]
    faces = [SimpleNamespace(box=box) for box in boxes]
    use = ReferenceUse(role="face", detector=DETECTOR)
    warnings: list[str] = []

    def cut(detections: list[Any], use: ReferenceUse = use) -> Image.Image:
        network = SimpleNamespace(find=lambda *_: detections)
        models = SimpleNamespace(get=lambda *_: network)
        warn = lambda code, *_: warnings.append(code)  # noqa: E731
        ctx: Any = SimpleNamespace(auxiliary_models=models, warn=warn)
        return with_face(use, picture, ctx)

    face = cut(faces)
    assert (face.size, face.getpixel((10, 10)), face.getpixel((9, 9))) == (
        (60, 60),
        (255, 0, 0),
        (0, 0, 255),
    )
    assert cut(faces, ReferenceUse(role="face", detector=DETECTOR, crop=(0, 0, 0.5, 1))) is picture
    assert not warnings
    assert cut([]) is picture
    assert warnings == ["face_not_found"]


def test_a_missing_encoder_is_named_with_its_download(ctx: LibraryContext) -> None:
    with pytest.raises(ModelMissing) as caught:
        request({"image": "A"}, model="sdxl").resolve(ctx)
    assert caught.value.field == "reference.0.model"
    assert f"models pull {VIT_BIGG}" in (caught.value.fix or "")
    assert [entry.id for entry in caught.value.pull] == [VIT_BIGG]


def test_a_reference_without_weight_needs_no_adapter(ctx: LibraryContext) -> None:
    resolved = request({"image": "A", "weight": 0}, model="sdxl").resolve(ctx)
    assert "references" not in resolved.facts


def test_flux_takes_no_reference_beside_a_control_in_img2img(
    ctx: LibraryContext, folder: Path
) -> None:
    encoder = folder / "companions" / "clip-vit-large-patch14"
    for name in ("config.json", "merges.txt"):
        encoder.mkdir(exist_ok=True)
        (encoder / name).write_text("{}", encoding="utf-8")
    write(encoder, "model", {"a": (1,)})
    both: dict[str, Any] = {
        "prompt": "a",
        "model": "flux1",
        "reference": [{"image": "A"}],
        "control": [{"image": "C", "model": "net"}],
    }
    Generate(**both).resolve(ctx)
    with pytest.raises(InvalidInput, match="takes no references in img2img") as caught:
        Img2Img(**both, image="I").resolve(ctx)
    assert caught.value.field == "reference"


def test_the_part_that_counts_is_cut_out() -> None:
    picture = Image.new("RGB", (100, 40), "red")
    picture.paste("blue", (50, 0, 100, 40))
    right = part_of(ReferenceUse(crop=(0.5, 0, 1, 1)), picture, None, 0)
    assert (right.size, right.getcolors()) == ((50, 40), [(2000, (0, 0, 255))])
    mask = Image.new("L", (50, 20))
    mask.paste(255, (5, 5, 15, 15))
    square = part_of(ReferenceUse(masked=True), picture, mask, 0)
    assert square.size[0] in range(20, 24)
    assert square.getpixel((10, 10)) == (255, 0, 0)
    with pytest.raises(InvalidInput) as caught:
        part_of(ReferenceUse(crop=(0.5, 0, 1, 1)), picture, mask, 3)
    assert caught.value.field == "reference.3.mask"


def test_the_brick_gives_one_item_with_its_crop() -> None:
    brick = Reference(image="A", role="style", weight=0.4, crop_left=25, crop_bottom=50)
    (item,) = brick.values()["reference"].values()
    assert item == {
        "image": "A",
        "mask": None,
        "role": "style",
        "weight": 0.4,
        "model": None,
        "crop": (0.25, 0.0, 1.0, 0.5),
    }
    assert request(item).reference[0].crop == (0.25, 0.0, 1.0, 0.5)
    with pytest.raises(ValidationError, match="crop less"):
        Reference(crop_left=60, crop_right=40)


def edit(*references: dict[str, Any], model: str = "flux2-klein") -> Edit:
    return Edit(prompt="a", image=["I"], model=model, reference=references)


@pytest.mark.parametrize(
    ("reference", "field"),
    [
        ({"role": "style"}, "reference.0.role"),
        ({"weight": 0.5}, "reference.0.weight"),
        ({"model": "base15"}, "reference.0.model"),
    ],
)
def test_what_a_model_that_edits_cannot_do_is_refused_by_field(
    reference: dict[str, Any], field: str, ctx: LibraryContext
) -> None:
    with pytest.raises(InvalidInput) as caught:
        edit({"image": "A", **reference}).resolve(ctx)
    assert caught.value.field == field


def test_a_model_that_edits_takes_as_many_references_as_its_record_says(
    ctx: LibraryContext,
) -> None:
    most = FAMILIES["flux2-klein"].modes["edit"].references
    more = [{"image": "A"}] * most
    edit(*more[1:]).resolve(ctx)
    edit(*more[1:], {"image": "B", "weight": 0}).resolve(ctx)
    with pytest.raises(InvalidInput) as caught:
        edit(*more).resolve(ctx)
    assert caught.value.field == "reference"


def test_references_of_an_edit_are_its_further_images(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Image.Image] = []
    monkeypatch.setattr(Edit, "draw_like", lambda _edit, _ctx, *images: sent.extend(images))
    wide = Image.new("RGB", (100, 40), "red")
    pictures = {"I": Image.new("RGB", (8, 8)), "A": wide}
    given = [{"image": "A", "crop": [0.5, 0, 1, 1]}, {"image": "A", "weight": 0}]
    edit(*given).run(SimpleNamespace(image=pictures.__getitem__))  # type: ignore[arg-type]
    first, others = sent
    assert first is pictures["I"]
    assert [image.size for image in others] == [(50, 40)]  # type: ignore[attr-defined]


def test_references_of_an_edit_are_not_reported_as_ignored(ctx: LibraryContext) -> None:
    codes = {warning.code for warning in edit({"image": "A"}).resolve(ctx).warnings}
    assert "parameter_ignored" not in codes
    model = ctx.models.get("flux2-klein")
    assert "reference" in model.fields("edit")
    assert "reference" not in model.fields("generate")
