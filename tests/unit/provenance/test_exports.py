"""Copies for others: what an export keeps of prompt, workflow and marks, and what it never does."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from core.provenance.identity import own_root
from core.provenance.manifests import read_manifests
from core.provenance.signing import Claim, Signer
from core.provenance.source_types import TRAINED
from core.store.decoding.exports import export_copy
from core.store.export_options import ExportOptions
from core.store.metadata import read_metadata, texts_of
from core.store.png import encode_png
from core.store.stealth import hidden_texts, without_hidden_texts
from tests.unit.store.test_dialects import hiding

SECRET = "a secret lighthouse"
METADATA = {
    "digital_source_type": TRAINED,
    "parameters": f"{SECRET}\nSteps: 4, Seed: 7",
    "qpyt": {"params": {"prompt": SECRET}},
    "workflow": {"bricks": [{"id": "a", "type": "prompt", "props": {"text": SECRET}}]},
}
PIXELS = Image.effect_noise((64, 48), 80).convert("RGB")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("identity")


@pytest.fixture(scope="module")
def stored(data_dir: Path) -> bytes:
    """An image as the studio stores it: with metadata and a manifest."""
    plain = encode_png(PIXELS, texts_of(METADATA))
    signed, _ = Signer(data_dir).sign(plain, "image/png", Claim("c2pa.created", TRAINED))
    return signed


def copied(tmp_path: Path, stored: bytes, options: ExportOptions, data_dir: Path | None) -> bytes:
    source, target = tmp_path / "stored.png", tmp_path / "copy.png"
    source.write_bytes(stored)
    assert export_copy(source, target, options, data_dir) is None
    with Image.open(target) as image:
        assert image.tobytes() == PIXELS.tobytes()
    return target.read_bytes()


def test_a_copy_without_metadata_keeps_its_marks_and_no_word_of_the_prompt(
    tmp_path: Path, stored: bytes, data_dir: Path
) -> None:
    copy = copied(tmp_path, stored, ExportOptions(metadata=False), data_dir)
    assert read_metadata(copy) == {"digital_source_type": TRAINED}
    assert SECRET.encode() not in copy
    report = read_manifests(copy, "image/png", own_root(data_dir))
    assert report is not None
    assert (report["state"], report["source_type"]) == ("own", TRAINED)
    assert [part["relationship"] for part in report["ingredients"]] == ["parentOf"]


def test_a_copy_without_provenance_keeps_its_metadata_alone(
    tmp_path: Path, stored: bytes, data_dir: Path
) -> None:
    copy = copied(tmp_path, stored, ExportOptions(provenance=False), data_dir)
    metadata = read_metadata(copy)
    assert (metadata["parameters"], metadata["workflow"]) == (
        METADATA["parameters"],
        METADATA["workflow"],
    )
    assert "digital_source_type" not in metadata
    assert read_manifests(copy, "image/png", None) is None


def test_a_copy_without_both_is_the_image_alone(
    tmp_path: Path, stored: bytes, data_dir: Path
) -> None:
    copy = copied(tmp_path, stored, ExportOptions(metadata=False, provenance=False), data_dir)
    assert read_metadata(copy) == {}
    assert read_manifests(copy, "image/png", None) is None


def test_with_marks_off_a_copy_keeps_the_source_type_unsigned(
    tmp_path: Path, stored: bytes
) -> None:
    copy = copied(tmp_path, stored, ExportOptions(metadata=False), None)
    assert read_metadata(copy) == {"digital_source_type": TRAINED}
    assert read_manifests(copy, "image/png", None) is None


def test_a_text_in_the_lowest_bits_does_not_leave_with_a_private_copy(tmp_path: Path) -> None:
    image = hiding(b"stealth_pnginfo", SECRET.encode())
    assert SECRET in str(hidden_texts(image))
    source, target = tmp_path / "hidden.png", tmp_path / "copy.png"
    source.write_bytes(encode_png(image, {}))
    export_copy(source, target, ExportOptions(metadata=False), None)
    with Image.open(target) as copy:
        assert hidden_texts(copy) == {}
        assert copy.tobytes() == without_hidden_texts(image).tobytes()
