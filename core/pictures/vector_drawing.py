"""Vectorization: an image is traced in a process with limits, and its SVG written anew.

The tracer's output is parsed line by line, and only paths of plain numbers with a colour go into
the new file: it can hold nothing that a browser could run or fetch.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import psutil
from PIL import Image

from core.children import command
from core.errors import TaskFailure

MAX_PIXELS = 4 << 20
HALF_OPAQUE = 128
MAX_BYTES = 24 << 20
MAX_MEMORY = 4 << 30
SECONDS = 120.0
"""Processor time of a tracing: a busy machine takes longer for the same work. An image of 512 by
512 pixels with much detail takes half a minute."""
STALL = 5
"""Times `SECONDS` after which a process that does not get on is given up."""
POLL_SECONDS = 0.1
_ROOT = Path(__file__).resolve().parents[2]
_HEAD = re.compile(r'<\?xml [^<>]*\?>|<!--[^<>]*-->|<svg version="1\.1" [^<>]*>|</svg>')
_PATH = re.compile(
    r'<path d="(?P<d>[MLCZ0-9 .,\-]*)" fill="(?P<fill>#[0-9A-F]{6})" '
    r'transform="translate\((?P<x>-?[0-9.]+),(?P<y>-?[0-9.]+)\)"/>'
)
_FIX = (
    "Raise the speckle filter or the layer difference, lower the colour precision, blur the "
    "image a little, or use a smaller one."
)


def within_limits(image: Image.Image) -> Image.Image:
    """Return the image, scaled down if it has more than `MAX_PIXELS`."""
    pixels = image.width * image.height
    if pixels <= MAX_PIXELS:
        return image
    share = (MAX_PIXELS / pixels) ** 0.5
    size = (max(1, int(image.width * share)), max(1, int(image.height * share)))
    return image.resize(size, Image.Resampling.LANCZOS)


def crisp(image: Image.Image, binary: bool = False) -> Image.Image:
    """Return the image with pixels that are either opaque or transparent, as the tracer needs them.

    Pixels of at least half opacity become opaque, all others transparent. With `binary`, the image
    is grey on white instead: nothing transparent is traced as black.
    """
    if not image.has_transparency_data:
        return image.convert("L").convert("RGB") if binary else image
    image = image.convert("RGBA")
    visible = image.getchannel("A").point(lambda level: 255 if level >= HALF_OPAQUE else 0)
    if binary:
        grey = Image.new("L", image.size, 255)
        grey.paste(image.convert("L"), mask=visible)
        return grey.convert("RGB")
    # The tracer leaves transparent pixels out only if it meets many of them in a few rows, the last
    # row included. A row below the drawing, which the SVG does not show, is enough.
    clear = Image.new("RGBA", (image.width, image.height + 1), (0, 0, 0, 0))
    clear.paste(image.convert("RGB"), mask=visible)
    return clear


def trace(
    image: Image.Image,
    options: Mapping[str, Any],
    alive: Callable[[], None],
    seconds: float = SECONDS,
) -> str:
    """Trace an image to an SVG; transparent pixels stay transparent. `alive` is called often, and
    may raise to stop.

    Raises `TaskFailure` when the tracer fails or takes more than `seconds` of processor time.
    """
    buffer = BytesIO()
    crisp(image, options.get("colormode") == "binary").save(buffer, "PNG", compress_level=1)
    limits = {"seconds": int(seconds) + 1, "bytes": MAX_MEMORY, "options": dict(options)}
    process = subprocess.Popen(
        command("core.pictures.trace"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )
    try:
        given = json.dumps(limits).encode() + b"\n" + buffer.getvalue()
        svg, errors = _communicate(process, given, alive, seconds)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    if process.returncode != 0:
        last = (errors.decode(errors="replace").strip().splitlines() or ["no words"])[-1]
        raise TaskFailure(f"The tracing failed: {last[:300]}", fix=_FIX)
    return svg.decode()


def _communicate(
    process: subprocess.Popen[bytes], given: bytes, alive: Callable[[], None], seconds: float
) -> tuple[bytes, bytes]:
    unsent: bytes | None = given
    deadline = time.monotonic() + STALL * seconds
    while _processor_seconds(process.pid) < seconds and time.monotonic() < deadline:
        alive()
        try:
            return process.communicate(unsent, timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            unsent = None  # `communicate` keeps what it was given first
    raise TaskFailure(
        f"The image could not be traced within {seconds:.0f} s of processor time.",
        field="filter_speckle",
        fix=_FIX,
    )


def _processor_seconds(pid: int) -> float:
    """The processor time that a process has used; 0 once it has ended."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def clean_svg(
    svg: str, traced: tuple[int, int], shown: tuple[int, int], metadata: Mapping[str, Any]
) -> tuple[bytes, int]:
    """Write a file of the paths alone, with metadata; return it and the number of paths.

    `traced` is the size of the traced image, `shown` that of the drawing, in pixels; `metadata` is
    JSON. Raises `TaskFailure` for any line that is no known output of the tracer.
    """
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{shown[0]}" height="{shown[1]}" '
        f'viewBox="0 0 {traced[0]} {traced[1]}">',
        f"<metadata>{escape(json.dumps(metadata, allow_nan=False))}</metadata>",
    ]
    for line in svg.splitlines():
        path = _PATH.fullmatch(line)
        if path is not None:
            x, y, fill, d = path["x"], path["y"], path["fill"], path["d"].strip()
            lines.append(f'<path fill="{fill}" transform="translate({x},{y})" d="{d}"/>')
        elif line.strip() and not _HEAD.fullmatch(line):
            raise TaskFailure("The tracer wrote an unknown element, which is refused.")
    data = "\n".join([*lines, "</svg>\n"]).encode()
    if len(data) > MAX_BYTES:
        raise TaskFailure(
            f"The drawing has {len(lines) - 2} paths and {len(data) >> 20} MB: too much detail.",
            field="filter_speckle",
            fix=_FIX,
        )
    return data, len(lines) - 2
