"""A process of its own that traces one picture: `python -m core.pictures.trace`.

vtracer keeps the interpreter to itself, for seconds on a noisy picture, and cannot be asked to
stop: as a process it can be ended. It reads one line of JSON (vtracer's options and how many
seconds and bytes it may use), then a PNG; it writes the SVG.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Read, trace, write."""
    line = sys.stdin.buffer.readline()
    png = sys.stdin.buffer.read()
    asked = json.loads(line)
    _bound(int(asked["seconds"]), int(asked["bytes"]))
    import vtracer

    svg = vtracer.convert_raw_image_to_svg(png, img_format="png", **asked["options"])
    sys.stdout.buffer.write(svg.encode())


def _bound(seconds: int, size: int) -> None:
    """Who started this may die before it ends it; then the system does."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit alone
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main()
