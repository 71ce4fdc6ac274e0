"""The command `verify`: the claims of an image file about its origin, in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from core.cli.options import AsJson, DataDir, settings_with
from core.errors import NotFound


def verify(
    file: Annotated[Path, typer.Argument(help="An image.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Say what an image claims of its origin; exit code 1 if a signature does not hold.

    The file is read in a process of its own, within limits. No studio has to run, and nothing is
    fetched from the network.
    """
    from core.store.decoding.decoder import Decoder
    from core.store.decoding.decoders import UPLOAD_SECONDS

    settings = settings_with(data_dir=data_dir)
    if not file.is_file():
        raise NotFound(f"{file} is not a file.", field="file", fix="Check its path.")
    decoder = Decoder(UPLOAD_SECONDS)
    try:
        report = decoder.run(
            "verify",
            source=str(file),
            max_bytes=settings.max_upload_bytes,
            max_pixels=settings.max_upload_pixels,
            name="file",
            data_dir=str(settings.data_dir),
        )
    finally:
        decoder.close()
    if as_json:
        print(json.dumps({"file": str(file), **report}, indent=2, ensure_ascii=False))
    else:
        print(f"{file}: {report['type']}, {report['width']}×{report['height']}")
        for sentence in report["sentences"]:
            print(f"  {sentence}")
    if report["contradicted"]:
        raise typer.Exit(1)
