"""Copies of stored PNG files without prompt and workflow, or without marks of provenance.

Runs in a decoder process: a manifest of a file may be hostile.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from core.provenance.signing import Claim, Ingredient, Signer, carries_manifest
from core.provenance.source_types import source_type_of_file
from core.store import atomic
from core.store.chunks import insert_texts, strip_metadata
from core.store.export_options import ExportOptions
from core.store.metadata import read_metadata, texts_of
from core.store.stealth import hidden_texts, without_hidden_texts

PNG = "image/png"


def export_copy(
    source: Path, target: Path, options: ExportOptions, data_dir: Path | None
) -> str | None:
    """Write a copy with the parts that `options` keep; a sentence where a manifest is lost.

    The copy is signed anew, with the stored file as its parent: a manifest covers all bytes.
    Without a `data_dir` nothing is signed. Raises `SigningFailed`, `OSError`, `ValueError`.
    """
    data = source.read_bytes()
    metadata = read_metadata(data)
    source_type = source_type_of_file(metadata) if options.provenance else None
    kept = {name: part for name, part in metadata.items() if options.metadata}
    kept.pop("digital_source_type", None)
    if source_type:
        kept["digital_source_type"] = source_type
    image = strip_metadata(data)[0] if options.metadata else _without_hidden(data)
    copy, lost = insert_texts(image, texts_of(kept)), None
    if options.provenance and data_dir and (source_type or carries_manifest(data)):
        parent = Ingredient(data, PNG, "parentOf", strip_metadata(data)[0])
        claim = Claim("c2pa.edited.metadata", source_type, "export", [parent])
        copy, lost = Signer(data_dir).sign(copy, PNG, claim)
    atomic.write_bytes(target, copy, durable=False)
    return lost


def _without_hidden(data: bytes) -> bytes:
    """The chunks of the image, without texts in its lowest bits."""
    plain = strip_metadata(data)[0]
    with Image.open(BytesIO(plain)) as image:
        if not hidden_texts(image):
            return plain
        buffer = BytesIO()
        without_hidden_texts(image).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()
