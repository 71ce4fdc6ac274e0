"""Signed manifests: every format, ingredients, tampering, the private key."""

from __future__ import annotations

import json
import stat
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from c2pa import Reader
from PIL import Image

from core.provenance import signing
from core.provenance.identity import FOLDER, load_identity, own_root
from core.provenance.signing import TYPES, Claim, Ingredient, Signer, SigningFailed
from core.provenance.source_types import COMPOSITE, TRAINED


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def signer(data_dir: Path) -> Signer:
    return Signer(data_dir)


def file_of(media_type: str, side: int = 64, colour: str = "teal") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, media_type.removeprefix("image/"))
    return buffer.getvalue()


def read(data: bytes, media_type: str) -> dict[str, Any]:
    with Reader(media_type, BytesIO(data)) as reader:
        return {"state": reader.get_validation_state(), **json.loads(reader.json())}


def actions(report: dict[str, Any]) -> list[dict[str, Any]]:
    manifest = report["manifests"][report["active_manifest"]]
    (assertion,) = (part for part in manifest["assertions"] if "actions" in part["label"])
    return list(assertion["data"]["actions"])


def parent(data: bytes, media_type: str = "image/png") -> Ingredient:
    return Ingredient(data, media_type, "parentOf", file_of("image/png"))


@pytest.mark.parametrize("media_type", TYPES)
def test_every_format_carries_a_small_valid_manifest_and_the_same_pixels(
    signer: Signer, media_type: str
) -> None:
    plain = file_of(media_type)
    signed, lost = signer.sign(plain, media_type, Claim("c2pa.edited", TRAINED, "generate"))
    report = read(signed, media_type)
    assert lost is None
    assert report["state"] == "Valid"
    assert {status["code"] for status in report["validation_status"]} == {
        "signingCredential.untrusted"
    }
    (action,) = actions(report)
    assert action["action"] == "c2pa.created"
    assert action["digitalSourceType"] == TRAINED
    assert len(signed) - len(plain) < 5_000, "a thumbnail is in it"
    assert Image.open(BytesIO(signed)).tobytes() == Image.open(BytesIO(plain)).tobytes()


@pytest.mark.parametrize("media_type", TYPES)
def test_a_changed_byte_is_found(signer: Signer, media_type: str) -> None:
    plain = file_of(media_type)
    signed = bytearray(signer.sign(plain, media_type, Claim("c2pa.edited", TRAINED))[0])
    if media_type == "image/png":
        signed[signed.rindex(b"IDAT") + 8] ^= 1
    else:
        signed[-3] ^= 1
    assert read(bytes(signed), media_type)["state"] == "Invalid"


def test_the_certificate_is_that_of_the_installation(signer: Signer, data_dir: Path) -> None:
    signed, _ = signer.sign(file_of("image/png"), "image/png", Claim("c2pa.edited", TRAINED))
    manifests = read(signed, "image/png")["manifests"]
    (manifest,) = manifests.values()
    assert manifest["signature_info"]["issuer"] == "Qpyt Studio"
    assert manifest["signature_info"]["alg"] == "Es256"
    assert "time" not in manifest["signature_info"], "a time stamp needs the network"
    assert own_root(data_dir) == load_identity(data_dir).root


def test_an_input_with_a_manifest_is_an_ingredient_with_it(signer: Signer) -> None:
    first, _ = signer.sign(
        file_of("image/jpeg"), "image/jpeg", Claim("c2pa.edited", None, "camera")
    )
    claim = Claim("c2pa.edited", COMPOSITE, "img2img", [parent(first, "image/jpeg")])
    signed, lost = signer.sign(file_of("image/png"), "image/png", claim)
    report = read(signed, "image/png")
    assert lost is None
    assert report["state"] == "Valid"
    assert len(report["manifests"]) == 2
    (ingredient,) = report["manifests"][report["active_manifest"]]["ingredients"]
    assert ingredient["relationship"] == "parentOf"
    assert ingredient["active_manifest"] in report["manifests"]
    assert [action["action"] for action in actions(report)] == ["c2pa.opened", "c2pa.edited"]


def test_references_are_inputs_and_a_result_without_parent_is_created(signer: Signer) -> None:
    parts = [
        Ingredient(file_of("image/png", colour=colour), "image/png", "inputTo", b"")
        for colour in ("red", "blue")
    ]
    signed, _ = signer.sign(
        file_of("image/png"), "image/png", Claim("c2pa.edited", COMPOSITE, "edit", parts)
    )
    report = read(signed, "image/png")
    (action,) = actions(report)
    assert action["action"] == "c2pa.created"
    assert len(action["parameters"]["ingredients"]) == 2
    assert report["state"] == "Valid"


def broken(signer: Signer) -> bytes:
    """A file whose manifest begins well and goes on with noise."""
    signed, _ = signer.sign(file_of("image/jpeg"), "image/jpeg", Claim("c2pa.edited", None))
    place = signed.index(b"urn:c2pa:") + 60
    return signed[:place] + b"\xa5" * 300 + signed[place + 300 :]


def test_a_broken_manifest_of_an_input_is_named_and_the_result_is_signed(signer: Signer) -> None:
    claim = Claim("c2pa.edited", COMPOSITE, "img2img", [parent(broken(signer), "image/jpeg")])
    signed, lost = signer.sign(file_of("image/png"), "image/png", claim)
    assert lost is not None
    assert "cannot be read" in lost
    assert read(signed, "image/png")["state"] == "Valid"


def test_manifests_over_the_limit_are_named_and_left_out(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = signer.sign(file_of("image/png"), "image/png", Claim("c2pa.edited", TRAINED))
    monkeypatch.setattr(signing, "MOST_KEPT", 4_000)
    claim = Claim("c2pa.edited", TRAINED, "filter", [parent(first)])
    signed, lost = signer.sign(file_of("image/png"), "image/png", claim)
    assert lost is not None
    assert "larger than" in lost
    assert len(read(signed, "image/png")["manifests"]) == 1


def test_the_key_is_readable_by_its_owner_alone_and_stays(tmp_path: Path) -> None:
    identity = load_identity(tmp_path)
    folder = tmp_path / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_identity(tmp_path) == identity
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]
    assert b"PRIVATE" not in identity.chain + identity.root
    assert "PRIVATE" not in repr(identity)


def test_of_two_that_begin_one_identity_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.provenance import identity

    make = identity._make

    def slow() -> identity.Identity:
        monkeypatch.setattr(identity, "_make", make)
        load_identity(tmp_path)  # the other process is faster
        return make()

    monkeypatch.setattr(identity, "_make", slow)
    assert load_identity(tmp_path) == load_identity(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.parametrize("damage", [b"", b"junk"])
def test_a_damaged_key_fails_without_its_text(tmp_path: Path, damage: bytes) -> None:
    load_identity(tmp_path)
    (tmp_path / FOLDER / "key.pem").write_bytes(damage)
    signer = Signer(tmp_path)
    signer.prepare()
    with pytest.raises(SigningFailed) as caught:
        signer.sign(file_of("image/png"), "image/png", Claim("c2pa.edited", TRAINED))
    assert "PRIVATE" not in caught.value.detail


def test_bytes_that_are_no_image_fail_as_signing_does(signer: Signer) -> None:
    with pytest.raises(SigningFailed):
        signer.sign(b"junk", "image/png", Claim("c2pa.edited", TRAINED))
