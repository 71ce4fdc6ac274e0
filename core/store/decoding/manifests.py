"""The C2PA manifests of an upload, kept as an ingredient of the PNG that is stored for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.provenance.identity import own_root
from core.provenance.manifests import read_manifests
from core.provenance.signing import Claim, Ingredient, Signer, SigningFailed
from core.store import atomic

_OFF = "The file's C2PA manifest is not kept: provenance is switched off (QPYT_PROVENANCE)."


def note_manifests(
    source: bytes, media_type: str, metadata: dict[str, Any], data_dir: Path | None
) -> None:
    """Add to `metadata` the `c2pa` of `read_manifests`, and the source type that it states.

    `data_dir` holds the identity of this installation, if it has one.
    """
    report = read_manifests(source, media_type, own_root(data_dir) if data_dir else None)
    if report is None:
        return
    metadata["c2pa"] = report
    if report["source_type"] and report["state"] in ("own", "valid"):
        metadata.setdefault("digital_source_type", report["source_type"])


def keep_manifests(
    source: bytes, media_type: str, png: Path, source_type: str | None, data_dir: Path | None
) -> str | None:
    """Sign `png` with the file that was sent as its parent; a sentence where that fails.

    Without a `data_dir` nothing is signed.
    """
    if data_dir is None:
        return _OFF
    plain = png.read_bytes()
    parent = Ingredient(source, media_type, "parentOf", plain)
    claim = Claim("c2pa.transcoded", source_type, "upload", [parent])
    try:
        signed, lost = Signer(data_dir).sign(plain, "image/png", claim)
    except SigningFailed as error:
        return f"The file's C2PA manifest is not kept: {error.detail}"
    atomic.write_bytes(png, signed, durable=False)
    return lost
