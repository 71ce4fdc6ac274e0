"""Latency of a filter while a long generation runs: from the slider to the image's bytes.

The picture is 1024 pixels a side, several filters are set, and each request is a transient run as
the photo editor asks for it: the run, and its picture fetched.
"""

from __future__ import annotations

import base64
import io
import time
from statistics import median
from typing import Any

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, percentile
from benchmarks.server import Studio, studio

SIDE = 1024
SAMPLES, QUICK_SAMPLES = 40, 4
WARM_UP = 3
GENERATION = {"prompt": "a red house", "num_images": 64, "num_inference_steps": 50}


def measure(quick: bool) -> Figure:
    """Milliseconds of a look, while the device is busy and while it is not."""
    samples = QUICK_SAMPLES if quick else SAMPLES
    with studio() as server:
        server.await_lane()
        client = server.client()
        asset = client.post("/api/assets", {"data": _picture()})["id"]
        idle = _previews(server, asset, samples)
        task = client.post("/api/generate", GENERATION)["task_id"]
        server.until(lambda: client.get(f"/api/tasks/{task}")["progress"], "the generation")
        busy = _previews(server, asset, samples)
        still = client.get(f"/api/tasks/{task}")["status"] == "running"
        client.post(f"/api/tasks/{task}/cancel")
    if not still:
        raise RuntimeError("the generation ended too early to have been in the way")
    measures = [
        Measure("filter at 1024 px while a generation runs, median", median(busy), "ms", 150.0),
        Measure("the same, 95th percentile", percentile(busy, 0.95), "ms"),
        Measure("the same while nothing runs, median", median(idle), "ms"),
    ]
    return Figure("editing", measures, {"busy_ms": busy, "idle_ms": idle})


def _previews(server: Studio, asset: str, samples: int) -> list[float]:
    client = server.client()
    return [_look(client, asset, number) for number in range(WARM_UP + samples)][WARM_UP:]


def _look(client: Client, asset: str, number: int) -> float:
    body: dict[str, Any] = {
        "image": asset,
        "contrast": 1 + number % 10 / 20,
        "brightness": 1.05,
        "saturation": 1.2,
        "hue_angle": number % 30,
        "transient": True,
        "slot": "bench",
    }
    began = time.perf_counter()
    response = client.post("/api/filter", body)
    client.get_bytes(response["outputs"][0]["url"])
    return (time.perf_counter() - began) * 1000


def _picture() -> str:
    """A picture with soft and sharp places, as a data URI."""
    from PIL import Image, ImageDraw

    picture = Image.merge(
        "RGB",
        [Image.linear_gradient("L").resize((SIDE, SIDE)).rotate(turn) for turn in (0, 90, 180)],
    )
    pen = ImageDraw.Draw(picture)
    for step in range(0, SIDE, 64):
        pen.ellipse((step, step // 2, step + 200, step // 2 + 200), fill=(step // 4, 120, 200))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
