"""Work saved by a second image: the same prompt is not encoded again, the same model not loaded.

A child process runs jobs through the worker's own model pool and reads its two counters, which
count loads from disk and texts encoded.
"""

from __future__ import annotations

import json
import time
from typing import Any

from benchmarks.child import report_of
from benchmarks.measure import Figure, Measure

MODEL, STEPS = "nano", 8


def measure(quick: bool) -> Figure:
    """Loads and encodings that a second picture costs."""
    first, same, other = report_of("again")
    measures = [
        Measure("same prompt: texts encoded", same["encoded"] - first["encoded"], "", 0.0),
        Measure("same model: loads from disk", other["loads"] - first["loads"], "", 0.0),
        Measure("another prompt: texts encoded", other["encoded"] - same["encoded"]),
        Measure("first picture, loading included", first["seconds"], "s"),
        Measure("second picture, same prompt", same["seconds"], "s"),
        Measure("third picture, another prompt", other["seconds"], "s"),
    ]
    return Figure("again", measures, {"first": first, "same": same, "other": other})


def main() -> None:
    """In the child: three pictures, and what the counters said after each."""
    from core.engine import device, loading, pool
    from core.models.library.library import Library
    from core.settings import Settings

    loading.quiet()
    device.use_threads(0)
    models = pool.ModelPool(Library(Settings().model_places), device.choose_device())
    prompts = ("a red house at night", "a red house at night", "a blue tower at noon")
    print(json.dumps([_draw(models, prompt, seed) for seed, prompt in enumerate(prompts)]))


def _draw(models: Any, prompt: str, seed: int) -> dict[str, float]:
    began = time.perf_counter()
    loaded = models.get(MODEL)
    given = {**loaded.model.defaults("generate"), "prompt": prompt, "num_inference_steps": STEPS}
    loaded.draw("generate", given, seed=seed, report=lambda phase, **_: None)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "loads": models.loads, "encoded": loaded.embeddings.encoded}


if __name__ == "__main__":
    main()
