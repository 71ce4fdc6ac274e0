"""The report on an image: its claims in plain words, and files that are hostile."""

from __future__ import annotations

import json
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.errors import BadUpload
from core.provenance.identity import own_root
from core.provenance.signing import TYPES, Claim, Ingredient, Signer
from core.provenance.source_types import COMPOSITE, TRAINED
from core.provenance.verification import verify
from core.provenance.watermark import mark
from core.provenance.xmp import KEYWORD, write_packet
from core.store.limits import UploadLimits
from core.store.png import encode_png

LIMITS = UploadLimits()
INFOTEXT = "an owl\nSteps: 4, Seed: 7, Size: 64x64"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def signer(data_dir: Path) -> Signer:
    return Signer(data_dir)


def plain(media_type: str = "image/png") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(buffer, media_type.removeprefix("image/"))
    return buffer.getvalue()


def signed(signer: Signer, media_type: str = "image/png", *parts: Ingredient) -> bytes:
    claim = Claim("c2pa.edited", TRAINED, "generate", parts)
    return signer.sign(plain(media_type), media_type, claim)[0]


def report(data: bytes, root: bytes | None = None) -> dict[str, Any]:
    claims = verify(data, LIMITS, root)
    assert json.loads(json.dumps(claims)) == claims
    return claims


@pytest.mark.parametrize("media_type", TYPES)
def test_a_signed_file_is_valid_and_own_where_its_root_is_known(
    signer: Signer, data_dir: Path, media_type: str
) -> None:
    data = signed(signer, media_type)
    stranger, own = report(data), report(data, own_root(data_dir))
    assert stranger["c2pa"]["state"] == "valid"
    assert any("no list of trusted issuers" in text for text in stranger["sentences"])
    assert own["c2pa"]["state"] == "own"
    assert any("this installation" in text for text in own["sentences"])
    assert any("generative AI" in text for text in own["sentences"])
    assert not own["contradicted"]


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"])
def test_a_changed_picture_is_tampered(signer: Signer, media_type: str) -> None:
    data = signed(signer, media_type)
    changed = Image.new("RGB", (64, 64), "red")
    other = BytesIO()
    changed.save(other, media_type.removeprefix("image/"))
    if media_type == "image/png":  # the pixels of another picture under the same manifest
        start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
        pixels = other.getvalue()
        data = data[:start] + pixels[pixels.index(b"IDAT") - 4 : -12] + data[end:]
    else:
        start = data.rindex(b"\xff\xda")
        data = data[:start] + other.getvalue()[other.getvalue().rindex(b"\xff\xda") :]
    claims = report(data)
    assert claims["c2pa"]["state"] == "tampered"
    assert claims["contradicted"]
    assert any("changed after it was signed" in text for text in claims["sentences"])


def test_ingredients_are_listed_with_their_signers(signer: Signer, tmp_path: Path) -> None:
    other = signed(Signer(tmp_path))
    data = signed(
        signer,
        "image/png",
        Ingredient(other, "image/png", "parentOf", plain()),
        Ingredient(plain(), "image/png", "inputTo", plain()),
    )
    parent, reference = report(data)["c2pa"]["ingredients"]
    assert (parent["relationship"], parent["signed"]) == ("parentOf", True)
    assert parent["source_type"] == TRAINED
    assert (reference["relationship"], reference["signed"]) == ("inputTo", False)


def test_the_texts_of_other_tools_are_named_with_their_prompt() -> None:
    data = encode_png(
        Image.new("RGB", (8, 8)), {"parameters": INFOTEXT, KEYWORD: write_packet(COMPOSITE)}
    )
    claims = report(data)
    assert (claims["source"], claims["prompt"]) == ("a1111", "an owl")
    assert claims["digital_source_type"] == COMPOSITE
    assert claims["c2pa"] is None
    assert any("A1111" in text for text in claims["sentences"])


def test_the_record_of_the_studio_lists_its_steps() -> None:
    snapshot = {"operation": "filter", "history": [{"operation": "generate"}, {"omitted": 3}, 7]}
    data = encode_png(Image.new("RGB", (8, 8)), {"qpyt": json.dumps(snapshot)})
    assert report(data)["steps"] == ["generate", "filter"]


def test_a_file_without_marks_claims_nothing() -> None:
    (sentence,) = report(plain())["sentences"]
    assert "no claim" in sentence


def chunk(name: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + check


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def nested(depth: int) -> bytes:
    content = b"c2pa"
    for _ in range(depth):
        content = box(b"jumb", content)
    return content


HOSTILE = {
    "noise": b"jumbc2pa" + bytes(range(256)) * 8,
    "nested": nested(20_000),
    "endless": struct.pack(">I", 0x7FFFFFFF) + b"jumb" + b"c2pa" * 100,
    "zeros": b"jumbc2pa" + bytes(1 << 20),
    "empty": box(b"jumb", box(b"jumd", b"c2pa" + bytes(12) + b"\3c2pa\0")),
}


@pytest.mark.parametrize("manifest", HOSTILE.values(), ids=HOSTILE)
def test_hostile_manifests_are_harmless(manifest: bytes) -> None:
    data = plain()
    claims = report(data[:33] + chunk(b"caBX", manifest) + data[33:])
    assert claims["c2pa"]["state"] == "unreadable"
    assert claims["contradicted"]


@pytest.mark.parametrize("place", range(40, 3_000, 97))
def test_a_manifest_with_noise_in_it_is_never_valid_and_never_raises(
    signer: Signer, place: int
) -> None:
    data = signed(signer, "image/jpeg")
    claims = report(data[:place] + b"\xa5\x00\xff" + data[place + 3 :])
    assert claims["c2pa"] is None or claims["c2pa"]["state"] != "own"


@pytest.mark.parametrize("data", [b"", b"junk", b"%PDF-1.4", b"<svg/>", plain()[:60]])
def test_junk_is_refused_as_an_upload_is(data: bytes) -> None:
    with pytest.raises(BadUpload):
        verify(data, LIMITS)


def test_the_watermark_is_reported_without_any_other_mark() -> None:
    data = encode_png(mark(Image.new("RGB", (512, 512), "teal"), TRAINED))
    claims = report(data)
    assert claims["watermark"] == TRAINED
    assert any("watermark" in text for text in claims["sentences"])
