"""Soft edges for a mask: hair, fur and glass, with rembg's alpha matting.

Its solver is compiled on first use, which takes about a minute once. So it runs in a process of
its own, which can be stopped at any moment: `refine` asks, `main` answers.
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

from core.errors import TaskFailure

ROOT = Path(__file__).resolve().parents[3]
LOOK_AGAIN = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Edges:
    """From which grey level the mask is surely in front, below which surely behind, 0..255; and by
    how many pixels both are made smaller: between them the edge is computed anew."""

    foreground: int = 240
    background: int = 10
    erode: int = 10


def refine(
    picture: Image.Image, mask: Image.Image, edges: Edges, waiting: Callable[[], None]
) -> Image.Image:
    """An RGBA picture: `picture` with the alpha and the colours that its edges have.

    `waiting` is called while the other process computes, and may raise to end it. Raises
    `TaskFailure`.
    """
    settings = np.array([edges.foreground, edges.background, edges.erode])
    # A file, because a pipe stops whoever writes while nobody reads, and reading begins late.
    with TemporaryFile() as asked:
        np.savez(asked, np.asarray(picture.convert("RGB")), np.asarray(mask), settings)
        asked.seek(0)
        answer = _ask(asked, waiting)
    return Image.fromarray(np.load(BytesIO(answer), allow_pickle=False))


def _ask(question: IO[bytes], waiting: Callable[[], None]) -> bytes:
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "core.engine.auxiliary.matting"],
        stdin=question,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "1"},
    ) as child:
        try:
            answer, said = _heard(child, waiting)
        except BaseException:
            # Also a cancel: nobody waits for the answer any more.
            child.kill()
            raise
    if child.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise TaskFailure(
            f"The edges could not be computed: {' '.join(last)[:300] or child.returncode}.",
            fix="Try a smaller picture, or do without alpha matting.",
        )
    return answer


def _heard(child: subprocess.Popen[bytes], waiting: Callable[[], None]) -> tuple[bytes, bytes]:
    while True:
        try:
            return child.communicate(timeout=LOOK_AGAIN)
        except subprocess.TimeoutExpired:
            waiting()


def softened(picture: Image.Image, mask: Image.Image, edges: Edges) -> Image.Image:
    """What `refine` answers, computed here."""
    from rembg.bg import alpha_matting_cutout, decontaminate_cutout

    try:
        cut = alpha_matting_cutout(picture, mask, edges.foreground, edges.background, edges.erode)
    except ValueError:  # nothing is surely in front, or nothing surely behind
        cut = decontaminate_cutout(picture, mask)
    found: Image.Image = cut
    return found


def main() -> None:
    """In the process of its own: one question from standard input, its answer to the output."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # no library's print may reach the answer
    asked = np.load(BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    picture, mask = Image.fromarray(asked["arr_0"]), Image.fromarray(asked["arr_1"])
    edges = Edges(*(int(value) for value in asked["arr_2"]))
    answer = BytesIO()  # numpy asks a file for its place, which a pipe has not
    np.save(answer, np.asarray(softened(picture, mask, edges)))
    out.write(answer.getvalue())
    out.close()


if __name__ == "__main__":
    main()
