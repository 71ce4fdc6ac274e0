"""Time and drift of images with a step cache, beside the plain ones of the same seeds.

A child process draws with the embedded model, plain and with each interval in turns. The drift is
that of pixels: the mean absolute difference to the plain image, in percent of their range.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import fmean, median
from typing import Any

from benchmarks.child import report_of
from benchmarks.measure import Figure, Measure

MODEL, SIDE, STEPS, INTERVALS = "nano", 512, 20, (2, 3, 4)
ROUNDS, QUICK_ROUNDS = 10, 1
PROMPTS = ("a red house on grass", "a blue boat", "a green tree in the snow", "a yellow star")


def measure(quick: bool) -> Figure:
    """The time of cached images as a share of the plain one, their drift and measured error."""
    rounds = report_of("step_cache", str(QUICK_ROUNDS if quick else ROUNDS))
    measures = [Measure("plain image", median(turn["plain"] for turn in rounds) * 1000, "ms")]
    for number, interval in enumerate(INTERVALS):
        turns = [(turn["plain"], turn["cached"][number]) for turn in rounds]
        share = median(cached["seconds"] / plain for plain, cached in turns)
        drift = fmean(cached["drift"] for _, cached in turns)
        error = fmean(cached["error"] for _, cached in turns) * 100
        name = f"interval {interval}"
        first = interval == INTERVALS[0]
        measures += [
            Measure(f"{name}: cached / plain", share, "×", 0.85 if first else None),
            Measure(f"{name}: drift of pixels", drift, "%", 1.0 if first else None),
            Measure(f"{name}: error of predictions", error, "%"),
            Measure(f"{name}: predicted of {STEPS} steps", turns[0][1]["predicted"]),
        ]
    return Figure("step_cache", measures, {"rounds": rounds})


def main() -> None:
    """In the child: rounds of a plain image and one of each interval, the first not counted."""
    from core.engine import device, loading, pool
    from core.models.library.library import Library
    from core.settings import Settings

    loading.quiet()
    device.use_threads(0)
    models = pool.ModelPool(Library(Settings().model_places), device.choose_device())
    loaded: Any = models.get(MODEL)
    rounds = [_round(loaded, number) for number in range(int(sys.argv[1]) + 1)]
    print(json.dumps(rounds[1:]))


def _round(loaded: Any, number: int) -> dict[str, Any]:
    plain, seconds = _draw(loaded, number)
    cached = []
    for interval in INTERVALS:
        pixels, own = _draw(loaded, number, cache_interval=interval)
        drift = float(abs(pixels - plain).mean() / 2.55)
        cached.append({"seconds": own, "drift": drift, **loaded.facts["step_cache"]})
    return {"plain": seconds, "cached": cached}


def _draw(loaded: Any, number: int, **more: Any) -> tuple[Any, float]:
    import numpy as np

    given = {**loaded.model.defaults("generate"), "prompt": PROMPTS[number % len(PROMPTS)]}
    given |= {"width": SIDE, "height": SIDE, "num_inference_steps": STEPS, **more}
    began = time.perf_counter()
    image = loaded.draw("generate", given, seed=number, report=lambda phase, **_: None)
    return np.asarray(image, np.float64), time.perf_counter() - began


if __name__ == "__main__":
    main()
