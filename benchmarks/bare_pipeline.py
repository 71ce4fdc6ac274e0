"""The same pipeline called directly: a child process that is a worker without the studio.

`python -m benchmarks.bare_pipeline MODEL THREADS`. Loads the model as the worker does (same loader,
same threads, collector frozen), then answers each line of JSON (prompt, seed, steps) with the
seconds of one plain diffusers call and the hash of its pixels.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sys
import time
from typing import Any

import torch

from core.engine.device import choose_device, use_threads
from core.engine.loading import load_pipeline, quiet
from core.models.library.library import Library
from core.models.library.model import Model
from core.settings import Settings


def main() -> None:
    """Load, warm, answer until the input ends."""
    quiet()
    use_threads(int(sys.argv[2]))
    model = Library(Settings().model_places).get(sys.argv[1])
    pipeline = load_pipeline(model, choose_device())
    _draw(pipeline, model, {"prompt": "", "seed": 0, "steps": 3})
    gc.collect()
    gc.freeze()
    gc.disable()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_draw(pipeline, model, json.loads(line))), flush=True)


def _draw(pipeline: Any, model: Model, asked: dict[str, Any]) -> dict[str, Any]:
    defaults = model.defaults("generate")
    width, height = model.drawn_size(defaults["width"], defaults["height"])
    began = time.perf_counter()
    picture = pipeline(
        prompt=asked["prompt"],
        generator=torch.Generator("cpu").manual_seed(asked["seed"]),
        num_inference_steps=asked["steps"],
        guidance_scale=defaults["guidance_scale"],
        width=width,
        height=height,
        **model.call,
    ).images[0]
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "pixels": hashlib.sha256(picture.tobytes()).hexdigest()}


if __name__ == "__main__":
    main()
