"""Cutting out and enlarging, each beside the work that cannot be spared, in turns in one process.

A child process runs what the operations run: rembg's session on the built-in network against the
network alone on numbers that are ready, tiles drawn by the built-in model against as many single
pictures, and tiles that nobody draws against interpolation alone. Loading and storing are left out.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.child import report_of
from benchmarks.measure import Figure, Measure, ratio
from benchmarks.server import ROOT

ROUNDS, QUICK_ROUNDS = 15, 2
MODEL, SIDE = "nano", 512
WHAT = {
    "cut": ("cutting out of 512 px", "its network alone", 3.0),
    "tiles": ("drawing in tiles", "as many single pictures", 1.1),
    "finish": ("finishing 128 px to 512 px", "its network alone", 1.2),
    "blend": ("blending tiles of 2048 px", "interpolating alone", 8.0),
}


def measure(quick: bool) -> Figure:
    """Ratios of the studio's times to those of the bare work."""
    report = report_of("images", str(QUICK_ROUNDS if quick else ROUNDS))
    measures = []
    for key, (ours, bare, goal) in WHAT.items():
        measures.append(Measure(f"{ours}, beside {bare}", ratio(*report[key]), "×", goal))
        measures.append(Measure(ours, median(report[key][0]) * 1000, "ms"))
    return Figure("images", measures, report)


def main() -> None:
    """In the child: every pair, in turns; prints the samples."""
    rounds = int(sys.argv[1])
    pairs = {"cut": _cutting(), "tiles": _tiles()}
    pairs |= {"finish": _finishing(), "blend": _blending()}
    samples: dict[str, list[list[float]]] = {key: [[], []] for key in pairs}
    for key, pair in pairs.items():
        for number in range(-1, rounds):  # the first round warms up
            for side in (0, 1) if number % 2 else (1, 0):
                seconds = _timed(pair[side])
                if number >= 0:
                    samples[key][side].append(seconds)
    print(json.dumps(samples))


Pair = tuple[Callable[[], Any], Callable[[], Any]]


def _cutting() -> Pair:
    from PIL import Image

    from core.engine.auxiliary.cutouts import alpha_of, with_alpha
    from core.engine.auxiliary.removal import open_session
    from core.models.library.removers import BUILT_IN, REMOVERS

    remover = REMOVERS[BUILT_IN]
    session: Any = open_session(ROOT / "models" / "nano", "cpu", remover)
    picture = Image.effect_noise((SIDE, SIDE), 60).convert("RGB")
    ready = session.normalize(picture, (0.5,) * 3, (0.5,) * 3, (320, 320))
    return (
        lambda: with_alpha(picture, alpha_of(picture, session.predict(picture)[0])),
        lambda: session.inner_session.run(None, ready),
    )


def _tiles() -> Pair:
    from PIL import Image

    from core.engine import device, loading, pool
    from core.engine.auxiliary.enlarging import in_tiles
    from core.models.library.library import Library
    from core.settings import Settings

    loading.quiet()
    device.use_threads(0)
    models = pool.ModelPool(Library(Settings().model_places), device.choose_device())
    loaded = models.get(MODEL)
    side = min(width for width, _ in loaded.model.drawn_sizes or ((512, 512),))
    picture = Image.effect_noise((side, side), 60).convert("RGB")
    fixed = {"width": side, "height": side, "strength": 0.2, "prompt": "a red house"}
    given = {**loaded.model.defaults("img2img"), **fixed}
    count = 9  # of twice its side, with overlaps

    def draw(before: Image.Image, _piece: object = None) -> Image.Image:
        return loaded.draw("img2img", {**given, "image": before}, seed=1, report=_unheard)

    return (
        lambda: in_tiles(picture, (2 * side, 2 * side), (side, side), side // 4, draw),
        lambda: [draw(picture) for _ in range(count)],
    )


def _finishing() -> Pair:
    import numpy as np
    from PIL import Image

    from core.engine.auxiliary import onnx_upscaler
    from core.engine.finishing import finish

    network = onnx_upscaler.load(ROOT / "models" / "nano" / "finisher.onnx", "cpu")
    picture = Image.effect_noise((128, 128), 60).convert("RGB")
    given = {"picture": np.zeros((1, 3, 128, 128), np.float32)}
    return (
        lambda: finish(picture, (SIDE, SIDE), network, lambda: None),
        lambda: network.session.run(None, given),
    )


def _blending() -> Pair:
    from PIL import Image

    from core.engine.auxiliary.enlarging import in_tiles, lanczos

    picture, size = Image.effect_noise((1024, 1024), 60).convert("RGB"), (2048, 2048)
    return (
        lambda: in_tiles(picture, size, (SIDE, SIDE), 64, lambda before, _: before),
        lambda: lanczos(picture, size),
    )


def _unheard(phase: str, **_: Any) -> None:
    return None


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
