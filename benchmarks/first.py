"""The first picture after a cold start, beside a bare import of what every picture needs.

Each round starts a new server on a new data directory and requests one picture as soon as it
answers; in turns with it, a new process runs `import torch; from diffusers import
Flux2KleinPipeline` and ends. The picture's time runs from starting the server's process to having
read the completed task. Processor time is that of the server and its workers at that moment; it
hardly depends on what else the machine does. The first round is not counted: it fills the caches of
the system and the compiled modules.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.measure import Figure, Measure
from benchmarks.server import Server, Studio

ROUNDS, QUICK_ROUNDS = 5, 1
IMPORT = "import torch; from diffusers import Flux2KleinPipeline"
REQUEST = {"prompt": "a red house", "seed": 1, "num_inference_steps": 4, "model": "nano"}
GOAL = 0.6
Sample = tuple[float, float]  # seconds, processor seconds


def measure(quick: bool) -> Figure:
    """Seconds and processor seconds, as multiples of the import's of the same round."""
    pairs = [
        (_first_picture(), _import(IMPORT)) for _ in range(1 + (QUICK_ROUNDS if quick else ROUNDS))
    ]
    counted = pairs[1:]
    measures = [
        Measure("first picture after a cold start", median(ours[0] for ours, _ in counted), "s"),
        Measure("processor time of that", median(ours[1] for ours, _ in counted), "s"),
        Measure("bare import of torch and a pipeline", median(bare[0] for _, bare in counted), "s"),
        Measure("processor time of the import", median(bare[1] for _, bare in counted), "s"),
        Measure("as a multiple of the import", _ratio(counted, 0), "×", GOAL),
        Measure("the same in processor time", _ratio(counted, 1), "×", GOAL),
    ]
    return Figure("first", measures, {"pairs": counted})


def _ratio(pairs: list[tuple[Sample, Sample]], column: int) -> float:
    """The median of the pairs' ratios."""
    return median(ours[column] / bare[column] for ours, bare in pairs)


def _first_picture() -> Sample:
    with TemporaryDirectory(prefix="qpyt-bench-") as name:
        server = Studio(Path(name))
        try:
            client = server.client()
            task = client.post("/api/generate", REQUEST, Prefer="wait=120")
            seconds = time.perf_counter() - server.born
            if task["status"] != "completed":
                raise RuntimeError(f"the task is {task['status']}: {task['error']}")
            client.close()
            return seconds, server.cpu_seconds_with_workers()
        finally:
            server.stop()


def _import(code: str) -> Sample:
    """Seconds of a process that runs only this code."""
    with TemporaryDirectory(prefix="qpyt-bench-") as name:
        server = Server([sys.executable, "-c", code], Path(name), {})
        return server.ended()
