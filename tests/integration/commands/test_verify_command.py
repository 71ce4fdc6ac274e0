"""The command `verify`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import main
from core.errors import NotFound, StudioError
from core.provenance.signing import Claim, Signer
from core.provenance.source_types import TRAINED
from core.store.chunks import insert_texts
from tests.in_process import png

KEYS = {"sentences", "contradicted", "c2pa", "digital_source_type", "source", "prompt", "steps"}


def verified(data_dir: Path, file: Path, *options: str) -> Result:
    words = ["verify", str(file), "--data-dir", str(data_dir), *options]
    return CliRunner().invoke(main.app, words)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed file, in the data folder of its installation."""
    folder = tmp_path_factory.mktemp("data")
    data, _ = Signer(folder).sign(png(), "image/png", Claim("c2pa.edited", TRAINED))
    (folder / "owl.png").write_bytes(data)
    return folder / "owl.png"


def test_a_signed_file_is_described_in_plain_words(signed: Path, tmp_path: Path) -> None:
    own = verified(signed.parent, signed)
    assert own.exit_code == 0
    assert "this installation made it" in own.stdout
    assert "generative AI" in own.stdout
    stranger = verified(tmp_path / "other", signed)
    assert stranger.exit_code == 0
    assert "no list of trusted issuers" in stranger.stdout
    assert not (tmp_path / "other").exists(), "a command that reads makes no folder"


def test_json_has_every_fact(signed: Path) -> None:
    report = json.loads(verified(signed.parent, signed, "--json").stdout)
    assert report.keys() >= KEYS | {"file", "type", "width", "height"}
    assert report["c2pa"]["state"] == "own"


def test_a_tampered_file_exits_with_1(signed: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.png"
    changed.write_bytes(insert_texts(signed.read_bytes(), {"parameters": "a lie"}))
    done = verified(signed.parent, changed)
    assert done.exit_code == 1, done.output
    assert "was changed after it was signed" in done.stdout


@pytest.mark.parametrize("data", [b"", b"junk", b"\x89PNG\r\n\x1a\n" + b"\0" * 100])
def test_junk_is_an_error_without_a_traceback(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "junk.png"
    file.write_bytes(data)
    done = verified(tmp_path / "data", file)
    assert isinstance(done.exception, StudioError)
    missing = verified(tmp_path / "data", tmp_path / "absent.png")
    assert isinstance(missing.exception, NotFound)
