"""The process that traces one image: `python -m core.pictures.trace`.

vtracer holds the interpreter lock, for seconds on a noisy image, and cannot be interrupted; a
process can be killed. It reads one line of JSON (vtracer's options, and the limits in seconds and
bytes), then a PNG, and writes the SVG.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Read, trace, write."""
    line = sys.stdin.buffer.readline()
    png = sys.stdin.buffer.read()
    request = json.loads(line)
    _limit(int(request["seconds"]), int(request["bytes"]))
    import vtracer

    svg = vtracer.convert_raw_image_to_svg(png, img_format="png", **request["options"])
    sys.stdout.buffer.write(svg.encode())


def _limit(seconds: int, size: int) -> None:
    """Limit CPU time and memory, for the case that the parent dies and kills nothing."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit alone
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main()
