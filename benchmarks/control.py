"""Time that a control adds to an image, beside the time of the control's own network.

A child process draws with the embedded model and its control adapter, plain and controlled in
turns. The adapter's modules are timed where they run, so that what is left is the price of the
studio around them: reading the control image, hooks, sums.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.child import report_of
from benchmarks.measure import Figure, Measure

MODEL, ADAPTER, SIDE, STEPS = "nano", "nano-control", 512, 8
ROUNDS, QUICK_ROUNDS = 20, 2


def measure(quick: bool) -> Figure:
    """The controlled image as a multiple of the plain one and the adapter's own time."""
    rounds = report_of("control", str(QUICK_ROUNDS if quick else ROUNDS))
    plain, own, controlled = (
        [turn[name] for turn in rounds] for name in ("plain", "own", "controlled")
    )
    over = [turn["controlled"] / (turn["plain"] + turn["own"]) for turn in rounds]
    measures = [
        Measure("controlled / (plain + the network's own time)", median(over), "×", 1.05),
        Measure("plain image", median(plain) * 1000, "ms"),
        Measure("controlled image", median(controlled) * 1000, "ms"),
        Measure("the network's own time", median(own) * 1000, "ms"),
        Measure("images that the control left as they were", _unchanged(rounds), "", 0.0),
    ]
    return Figure("control", measures, {"rounds": rounds})


def _unchanged(rounds: list[dict[str, Any]]) -> int:
    return sum(turn["same"] for turn in rounds)


def main() -> None:
    """In the child: rounds of a plain and a controlled image, the first of them not counted."""
    from core.engine import device, loading, pool
    from core.models.library.library import Library
    from core.settings import Settings

    loading.quiet()
    device.use_threads(0)
    models = pool.ModelPool(Library(Settings().model_places), device.choose_device())
    loaded: Any = models.get(MODEL)
    adapter = loaded.controls.get(ADAPTER, loaded.pipeline.transformer.dtype).network
    rounds = [_round(loaded, adapter, number) for number in range(int(sys.argv[1]) + 2)]
    print(json.dumps(rounds[2:]))


def _round(loaded: Any, adapter: Any, number: int) -> dict[str, Any]:
    images: dict[str, bytes] = {}
    seconds: dict[str, float] = {}
    with _timed_parts(adapter) as own:
        for name in ("plain", "controlled") if number % 2 else ("controlled", "plain"):
            control = () if name == "plain" else ({"image": _outline(), "model": ADAPTER},)
            began = time.perf_counter()
            images[name] = _draw(loaded, control, number)
            seconds[name] = time.perf_counter() - began
    return {**seconds, "own": sum(own), "same": images["plain"] == images["controlled"]}


def _draw(loaded: Any, control: tuple[dict[str, Any], ...], seed: int) -> bytes:
    given = {**loaded.model.defaults("generate"), "prompt": "a red house on a white background"}
    given |= {"width": SIDE, "height": SIDE, "num_inference_steps": STEPS, "control": control}
    image = loaded.draw("generate", given, seed=seed, report=lambda phase, **_: None)
    return bytes(image.tobytes())


@contextmanager
def _timed_parts(adapter: Any) -> Iterator[list[float]]:
    """Seconds of each call of the adapter's modules within the block."""
    seconds: list[float] = []
    parts = [
        adapter.stem,
        *adapter.sites,
        *(adapter.lora.get_submodule(n) for n, *_ in adapter.layers),
    ]
    plain = [part.forward for part in parts]
    for part, forward in zip(parts, plain, strict=True):
        part.forward = _timed(forward, seconds)
    try:
        yield seconds
    finally:
        for part in parts:
            del part.forward


def _timed(forward: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        began = time.perf_counter()
        result = forward(*arguments)
        seconds.append(time.perf_counter() - began)
        return result

    return timed


def _outline() -> Any:
    """White outlines of a square and a triangle on black."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    draw.rectangle((140, 240, 380, 450), outline="white", width=4)
    draw.polygon([(120, 240), (260, 100), (400, 240)], outline="white", width=4)
    return image


if __name__ == "__main__":
    main()
