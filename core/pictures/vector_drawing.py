"""From pixels to an SVG: traced in a process with limits, then rewritten from its known parts.

What the tracer wrote is taken apart line by line, and only paths with plain numbers and a colour
go into the new file: nothing that a browser could run or fetch can be in it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

from PIL import Image

from core.errors import TaskFailure
from core.store.metadata import read_json

MOST_PIXELS = 4 << 20
MOST_BYTES = 24 << 20
MOST_MEMORY = 4 << 30
SECONDS = 30.0
LOOK_SECONDS = 0.1
_ROOT = Path(__file__).resolve().parents[2]
_HEAD = re.compile(r'<\?xml [^<>]*\?>|<!--[^<>]*-->|<svg version="1\.1" [^<>]*>|</svg>')
_PATH = re.compile(
    r'<path d="(?P<d>[MLCZ0-9 .,\-]*)" fill="(?P<fill>#[0-9A-F]{6})" '
    r'transform="translate\((?P<x>-?[0-9.]+),(?P<y>-?[0-9.]+)\)"/>'
)
_STORY = re.compile(rb"<metadata>([^<]*)</metadata>\n?")
STORY_BYTES = 1 << 20
_CALMER = (
    "Raise the speckle filter or the layer difference, lower the colour precision, blur the "
    "picture a little, or use a smaller one."
)


def fitting(image: Image.Image) -> Image.Image:
    """The picture, or a smaller one where it has more than `MOST_PIXELS`."""
    pixels = image.width * image.height
    if pixels <= MOST_PIXELS:
        return image
    share = (MOST_PIXELS / pixels) ** 0.5
    size = (max(1, int(image.width * share)), max(1, int(image.height * share)))
    return image.resize(size, Image.Resampling.LANCZOS)


def trace(
    image: Image.Image,
    options: Mapping[str, Any],
    alive: Callable[[], None],
    seconds: float = SECONDS,
) -> str:
    """What vtracer makes of the picture. `alive` is called often, and may raise to stop it.

    Raises `TaskFailure` when it takes longer than `seconds`, or fails.
    """
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    limits = {"seconds": int(seconds) + 1, "bytes": MOST_MEMORY, "options": dict(options)}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "core.pictures.trace"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    try:
        given = json.dumps(limits).encode() + b"\n" + buffer.getvalue()
        found, errors = _followed(process, given, alive, seconds)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    if process.returncode != 0:
        last = (errors.decode(errors="replace").strip().splitlines() or ["no words"])[-1]
        raise TaskFailure(f"The tracing failed: {last[:300]}", fix=_CALMER)
    return found.decode()


def _followed(
    process: subprocess.Popen[bytes], given: bytes, alive: Callable[[], None], seconds: float
) -> tuple[bytes, bytes]:
    for look in range(max(1, round(seconds / LOOK_SECONDS))):
        alive()
        with suppress(subprocess.TimeoutExpired):
            return process.communicate(given if look == 0 else None, timeout=LOOK_SECONDS)
    raise TaskFailure(
        f"The picture could not be traced within {seconds:.0f} s.",
        field="filter_speckle",
        fix=_CALMER,
    )


def rewritten(
    svg: str, traced: tuple[int, int], shown: tuple[int, int], story: Mapping[str, Any]
) -> tuple[bytes, int]:
    """The same drawing as a file of paths and its story, and how many paths.

    `shown` is its size in pixels, `story` how it was made, as JSON.

    Raises `TaskFailure` for anything but what the tracer is known to write.
    """
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{shown[0]}" height="{shown[1]}" '
        f'viewBox="0 0 {traced[0]} {traced[1]}">',
        f"<metadata>{escape(json.dumps(story, allow_nan=False))}</metadata>",
    ]
    for line in svg.splitlines():
        path = _PATH.fullmatch(line)
        if path is not None:
            x, y, fill, d = path["x"], path["y"], path["fill"], path["d"].strip()
            lines.append(f'<path fill="{fill}" transform="translate({x},{y})" d="{d}"/>')
        elif line.strip() and not _HEAD.fullmatch(line):
            raise TaskFailure("The tracing wrote something unknown, which is not kept.")
    data = "\n".join([*lines, "</svg>\n"]).encode()
    if len(data) > MOST_BYTES:
        raise TaskFailure(
            f"The drawing has {len(lines) - 2} paths and {len(data) >> 20} MB: too much detail.",
            field="filter_speckle",
            fix=_CALMER,
        )
    return data, len(lines) - 2


def story_of(svg: bytes) -> dict[str, Any]:
    """How a drawing of ours was made; empty where it does not say."""
    told = _STORY.search(svg[:STORY_BYTES])
    found = read_json(unescape(told.group(1).decode(errors="replace"))) if told else None
    return found if isinstance(found, dict) else {}


def without_story(svg: bytes) -> bytes:
    """The drawing alone."""
    return _STORY.sub(b"", svg, count=1)
