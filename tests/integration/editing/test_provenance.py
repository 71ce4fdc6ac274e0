"""Provenance of results: written, kept through edits and exports, and read back from every file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from c2pa import Reader
from PIL import Image

from core.operations.save import FORMATS
from core.provenance.identity import FOLDER
from core.provenance.signing import Claim, Signer
from core.provenance.source_types import ALGORITHMIC, ENHANCED, TRAINED, VOCABULARY
from core.provenance.xmp import KEYWORD, write_packet
from core.store.metadata import read_metadata
from core.store.png import encode_png
from tests.integration.api.pictures import png
from tests.integration.editing.test_saving import painted, save
from tests.integration.process import Server

CAPTURE = f"{VOCABULARY}digitalCapture"


def manifests(data: bytes) -> dict[str, Any]:
    """The manifests of a file, with the state of the newest."""
    media_type = Image.open(io.BytesIO(data)).get_format_mimetype()
    with Reader(media_type, io.BytesIO(data)) as reader:
        report = json.loads(reader.json())
        return {
            "state": reader.get_validation_state(),
            "count": len(report["manifests"]),
            **report["manifests"][report["active_manifest"]],
        }


def marked(data: bytes) -> bool:
    """True where a file has a manifest or a source type."""
    return b"c2pa" in data or "digital_source_type" in read_metadata(data)


def file_of(studio: Server, asset: str) -> bytes:
    answer = studio.http.get(f"/api/assets/{asset}/file")
    answer.raise_for_status()
    return bytes(answer.content)


def uploaded(studio: Server, data: bytes, name: str = "photo") -> dict[str, Any]:
    answer = studio.http.post("/api/assets", files={"file": (name, data)})
    answer.raise_for_status()
    return dict(answer.json())


def filtered(studio: Server, asset: str) -> dict[str, Any]:
    return studio.done(studio.submit("filter", image=asset, contrast=1.5))


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """The signer of another installation."""
    return Signer(tmp_path_factory.mktemp("camera"))


def signed_photo(camera: Signer) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), "olive").save(buffer, "JPEG")
    claim = Claim("c2pa.edited", CAPTURE, "camera")
    return camera.sign(buffer.getvalue(), "image/jpeg", claim)[0]


def test_a_stored_result_is_signed_and_has_its_source_type(studio: Server) -> None:
    data = file_of(studio, painted(studio))
    assert read_metadata(data)["digital_source_type"] == ALGORITHMIC
    manifest = manifests(data)
    assert manifest["state"] == "Valid"
    assert manifest["claim_generator_info"][0]["name"] == "Qpyt Studio"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_an_export_carries_all_its_metadata(studio: Server, form: str) -> None:
    source = encode_png(
        Image.new("RGB", (24, 16)),
        {"parameters": "an owl\nSteps: 4, Seed: 7, Size: 24x16", KEYWORD: write_packet(TRAINED)},
    )
    data = save(studio, image=uploaded(studio, source)["id"], format=form).read_bytes()
    metadata = read_metadata(data)
    assert metadata["parameters"].startswith("an owl")
    assert metadata["digital_source_type"] == TRAINED
    result = filtered(studio, uploaded(studio, data)["id"])["outputs"][0]["asset_id"]
    edited = save(studio, image=result, format=form).read_bytes()
    metadata = read_metadata(edited)
    assert metadata["qpyt"]["operation"] == "filter"
    assert metadata["parameters"].startswith("an owl")
    assert metadata["digital_source_type"] == TRAINED
    assert manifests(edited)["state"] == "Valid"


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_for_privacy_keeps_the_provenance_unless_told_otherwise(
    studio: Server, form: str
) -> None:
    texts = {
        "parameters": "a secret owl\nSteps: 4, Seed: 7, Size: 24x16",
        KEYWORD: write_packet(TRAINED),
    }
    source = uploaded(studio, encode_png(Image.new("RGB", (24, 16)), texts), "secret.png")["id"]
    edited = filtered(studio, source)["outputs"][0]["asset_id"]
    private = save(studio, image=edited, format=form, metadata=False).read_bytes()
    assert read_metadata(private) == {"digital_source_type": TRAINED}
    assert manifests(private)["state"] == "Valid"
    assert b"secret" not in private
    bare = save(studio, image=edited, format=form, metadata=False, provenance=False).read_bytes()
    assert not marked(bare)
    assert read_metadata(bare) == {}
    unmarked = save(studio, image=edited, format=form, provenance=False).read_bytes()
    assert not marked(unmarked)
    assert "secret owl" in read_metadata(unmarked)["parameters"]


def test_a_png_that_keeps_everything_is_the_stored_file(studio: Server) -> None:
    source = painted(studio)
    assert save(studio, image=source).read_bytes() == file_of(studio, source)


def test_a_photograph_without_marks_is_enhanced_and_its_copy_unmarked(studio: Server) -> None:
    photo = uploaded(studio, png())["id"]
    assert not marked(file_of(studio, photo))
    assert not marked(save(studio, image=photo, format="jpeg").read_bytes())
    data = file_of(studio, filtered(studio, photo)["outputs"][0]["asset_id"])
    assert read_metadata(data)["digital_source_type"] == ENHANCED
    (ingredient,) = manifests(data)["ingredients"]
    assert ingredient["relationship"] == "parentOf"


def test_the_manifest_of_an_upload_is_an_ingredient_of_what_is_made_from_it(
    studio: Server, camera: Signer
) -> None:
    asset = uploaded(studio, signed_photo(camera))
    assert asset["warnings"] == []
    assert asset["metadata"]["digital_source_type"] == CAPTURE
    assert asset["metadata"]["c2pa"]["state"] == "valid"
    assert manifests(file_of(studio, asset["id"]))["count"] == 2
    data = file_of(studio, filtered(studio, asset["id"])["outputs"][0]["asset_id"])
    manifest = manifests(data)
    assert (manifest["state"], manifest["count"]) == ("Valid", 3)
    assert manifest["ingredients"][0]["active_manifest"]
    assert read_metadata(data)["digital_source_type"] == CAPTURE


def test_a_broken_manifest_of_an_upload_is_named(studio: Server, camera: Signer) -> None:
    whole = signed_photo(camera)
    place = whole.index(b"urn:c2pa:") + 60
    asset = uploaded(studio, whole[:place] + b"\xa5" * 300 + whole[place + 300 :])
    assert [warning["code"] for warning in asset["warnings"]] == ["provenance_incomplete"]
    assert asset["metadata"]["c2pa"]["state"] == "unreadable"


def test_no_answer_holds_the_private_key(studio: Server) -> None:
    painted(studio)
    folder = studio.data_dir / FOLDER
    key = (folder / "key.pem").read_bytes().decode().splitlines()[1]
    for path in ("/api/system", "/api/assets", "/api/tasks", "/api/models", "/api/operations"):
        assert key not in studio.http.get(path).text
    assert key not in studio.tail()
    for path in (folder / "key.pem", folder):
        assert path.stat().st_mode & 0o077 == 0


@pytest.fixture
def unmarking(make_server: Any) -> Server:
    server: Server = make_server(QPYT_PROVENANCE="false").start()
    return server


def test_switched_off_nothing_is_marked_and_what_is_lost_is_named(
    unmarking: Server, camera: Signer
) -> None:
    assert not marked(file_of(unmarking, painted(unmarking)))
    asset = uploaded(unmarking, signed_photo(camera))
    assert [warning["code"] for warning in asset["warnings"]] == ["provenance_incomplete"]
    assert asset["metadata"]["digital_source_type"] == CAPTURE
    assert not Path(unmarking.data_dir / FOLDER).exists()


def test_a_damaged_key_loses_no_image(make_server: Any) -> None:
    data_dir_server = make_server()
    folder = data_dir_server.data_dir / FOLDER
    folder.mkdir(parents=True)
    for name in ("key.pem", "certificates.pem", "root.pem"):
        (folder / name).write_bytes(b"junk")
    server = data_dir_server.start()
    task = server.done(server.submit("painting"))
    assert task["warnings"][-1]["code"] == "provenance_incomplete"
    data = file_of(server, task["outputs"][0]["asset_id"])
    assert read_metadata(data)["digital_source_type"] == ALGORITHMIC
