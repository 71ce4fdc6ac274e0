"""The decoder process: `python -m core.store.decoding.child`, started by `Decoder`.

Requests and answers are lines of JSON; images travel in files. The process ends when its input
closes, after an idle time, or when one request takes far longer than its limit.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from core.errors import BadUpload, NotFound, StudioError
from core.provenance.signing import SigningFailed, carries_manifest
from core.store.blobs import blob_of
from core.store.decoding import exports, measures, rewriting
from core.store.decoding.difference import pixel_difference
from core.store.decoding.likeness import likeness_of
from core.store.decoding.manifests import keep_manifests, note_manifests
from core.store.decoding.palette import dominant_colours
from core.store.decoding.statistics import statistics_of
from core.store.export_options import ExportOptions
from core.store.faults import storage_error
from core.store.limits import UploadLimits, too_many_bytes
from core.store.metadata import texts_of
from core.store.png import save_png
from core.store.scaling import scale
from core.store.uploads import decode_upload

IDLE_SECONDS = 120.0
GRACE_SECONDS = 5.0
MOST_MEMORY = 8 << 30  # bytes of addresses; the threads of libraries reserve some


def convert_upload(
    source: str,
    target: str,
    max_bytes: int,
    max_pixels: int,
    name: str,
    data_dir: str | None = None,
) -> dict[str, Any]:
    """Write the upload in the file `source` as PNG to `target`; return what an asset holds."""
    limits, data = UploadLimits(max_bytes, max_pixels), Path(source).read_bytes()
    upload = decode_upload(data, limits, name=name, folder=Path(target).parent)
    metadata, warnings = upload.metadata, list(upload.warnings)
    identity_dir = Path(data_dir) if data_dir else None
    if carries_manifest(data):
        note_manifests(data, upload.source_type, metadata, identity_dir)
    save_png(upload.image, target, texts_of(metadata))  # to a file, which takes no memory
    if "c2pa" in metadata:
        lost = keep_manifests(
            data,
            upload.source_type,
            Path(target),
            metadata.get("digital_source_type"),
            identity_dir,
        )
        if lost:
            warnings.append({"code": "provenance_incomplete", "field": name, "detail": lost})
    blob = blob_of(Path(target))
    return {
        "key": blob.key,
        "size": blob.size,
        "width": upload.image.width,
        "height": upload.image.height,
        "metadata": metadata,
        "warnings": warnings,
    }


def make_thumbnail(source: str, target: str) -> dict[str, Any]:
    """Write a thumbnail of the image in the file `source` to `target`, as WebP."""
    scale(Path(source), Path(target))
    return {}


def analyse(source: str) -> dict[str, Any]:
    """The dominant colours and the perceptual hash of a thumbnail."""
    try:
        with Image.open(source) as image:
            return {"colours": dominant_colours(image), "likeness": likeness_of(image)}
    except (OSError, SyntaxError, ValueError) as error:
        raise BadUpload("The thumbnail cannot be decoded.") from error


def measure(source: str) -> dict[str, Any]:
    """The statistics of a thumbnail."""
    try:
        with Image.open(source) as image:
            return statistics_of(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise BadUpload("The thumbnail cannot be decoded.") from error


def verify_image(
    source: str, max_bytes: int, max_pixels: int, name: str, data_dir: str | None
) -> dict[str, Any]:
    """The report of `core.provenance.verification` on the file `source`."""
    from core.provenance.identity import own_root
    from core.provenance.verification import verify

    path, limits = Path(source), UploadLimits(max_bytes, max_pixels)
    if path.stat().st_size > max_bytes:
        raise too_many_bytes(limits, name)
    return verify(path.read_bytes(), limits, own_root(Path(data_dir)) if data_dir else None)


def compare(first: str, second: str) -> dict[str, Any]:
    """The difference between the images in two files; empty for different sizes."""
    try:
        with Image.open(first) as image, Image.open(second) as other:
            return pixel_difference(image, other) or {}
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadUpload("One of the two images cannot be decoded.") from error


def measure_file(source: str) -> dict[str, Any]:
    """See `core.store.decoding.measures.measure`."""
    return measures.measure(Path(source))


def rewrite(source: str, target: str, side: int | None) -> dict[str, Any]:
    """See `core.store.decoding.rewriting.rewrite`."""
    rewriting.rewrite(Path(source), Path(target), side)
    return {}


def export(
    source: str, target: str, metadata: bool, provenance: bool, data_dir: str | None
) -> dict[str, Any]:
    """See `core.store.decoding.exports.export_copy`."""
    options = ExportOptions(metadata, provenance)
    folder = Path(data_dir) if data_dir else None
    try:
        return {"lost": exports.export_copy(Path(source), Path(target), options, folder)}
    except (ValueError, SyntaxError, SigningFailed) as error:
        raise BadUpload(f"The image cannot be exported: {error}") from error


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "upload": convert_upload,
    "thumbnail": make_thumbnail,
    "analyse": analyse,
    "measure": measure,
    "verify": verify_image,
    "compare": compare,
    "measure_file": measure_file,
    "rewrite": rewrite,
    "export": export,
}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run one request; an error is part of the answer."""
    # A watchdog without the interpreter's lock: the server may be gone, or the decoder keep it.
    faulthandler.dump_traceback_later(request["seconds"] + GRACE_SECONDS, exit=True)
    try:
        return {"result": JOBS[request["job"]](**request["arguments"])}
    except StudioError as error:
        return {"error": error.record()}
    except FileNotFoundError:
        return {"error": NotFound("The image file is gone.").record()}
    except OSError as error:
        return {"error": storage_error(error).record()}
    except MemoryError:
        return {"error": BadUpload("The image does not fit into the memory.").record()}
    finally:
        faulthandler.cancel_dump_traceback_later()


def _limit_memory() -> None:
    """Bound the address space, so that no file takes the memory of the machine."""
    with suppress(ImportError, ValueError, OSError):  # Windows has no such limit
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        bounded = MOST_MEMORY if most == resource.RLIM_INFINITY else min(most, MOST_MEMORY)
        resource.setrlimit(resource.RLIMIT_AS, (bounded, most))


def main() -> None:
    """Answer requests until the input closes or nothing arrives for `IDLE_SECONDS`."""
    _limit_memory()
    os.umask(0o077)  # as all files of the data directory
    # Ctrl+C in a terminal reaches the whole group: the server decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a library's print must not be taken for an answer
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            requests.put(json.loads(line))
        os._exit(0)  # also in the middle of a decode

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            request = requests.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            os._exit(0)
        answers.write(json.dumps(answer(request)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
