"""Soft edges for a mask: hair, fur and glass, with rembg's alpha matting.

Its solver is compiled on first use, which takes about a minute once. It runs in a process of its
own (`main`), which `refine` starts and can stop at any moment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from PIL import Image

from core.children import command
from core.errors import TaskFailure

ROOT = Path(__file__).resolve().parents[3]
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Edges:
    """Grey levels, 0..255, above which the mask is foreground and below which it is background.

    Both areas are eroded by `erode` pixels; the edge between them is computed again.
    """

    foreground: int = 240
    background: int = 10
    erode: int = 10


def refine(
    picture: Image.Image, mask: Image.Image, edges: Edges, waiting: Callable[[], None]
) -> Image.Image:
    """An RGBA image: `picture` with refined alpha and colours of its edges.

    `waiting` is called while the other process computes, and may raise to end it. Raises
    `TaskFailure`.
    """
    settings = np.array([edges.foreground, edges.background, edges.erode])
    # A file, because a pipe blocks the writer until the process reads, which begins late.
    with TemporaryFile() as request:
        np.savez(request, np.asarray(picture.convert("RGB")), np.asarray(mask), settings)
        request.seek(0)
        answer = _run(request, waiting)
    return Image.fromarray(np.load(BytesIO(answer), allow_pickle=False))


def _run(request: IO[bytes], waiting: Callable[[], None]) -> bytes:
    with subprocess.Popen(
        command("core.engine.auxiliary.matting"),
        stdin=request,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "1"},
    ) as child:
        try:
            answer, errors = _communicate(child, waiting)
        except BaseException:
            # Also a cancel: the result is not needed any more.
            child.kill()
            raise
    if child.returncode != 0:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise TaskFailure(
            f"The edges could not be computed: {' '.join(last)[:300] or child.returncode}.",
            fix="Try a smaller image, or do without alpha matting.",
        )
    return answer


def _communicate(
    child: subprocess.Popen[bytes], waiting: Callable[[], None]
) -> tuple[bytes, bytes]:
    while True:
        try:
            return child.communicate(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            waiting()


def softened(picture: Image.Image, mask: Image.Image, edges: Edges) -> Image.Image:
    """The result of `refine`, computed in this process."""
    from rembg.bg import alpha_matting_cutout, decontaminate_cutout

    try:
        cut = alpha_matting_cutout(picture, mask, edges.foreground, edges.background, edges.erode)
    except ValueError:  # no certain foreground, or no certain background
        cut = decontaminate_cutout(picture, mask)
    result: Image.Image = cut
    return result


def main() -> None:
    """Entry point of the process: one request from standard input, its result to the output."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # keep prints of libraries out of the result
    request = np.load(BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    picture, mask = Image.fromarray(request["arr_0"]), Image.fromarray(request["arr_1"])
    edges = Edges(*(int(value) for value in request["arr_2"]))
    answer = BytesIO()  # numpy needs a file position, which a pipe lacks
    np.save(answer, np.asarray(softened(picture, mask, edges)))
    out.write(answer.getvalue())
    out.close()


if __name__ == "__main__":
    main()
