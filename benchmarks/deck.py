"""A deck as one batch beside the same cards as single calls.

54 rows of the shipped playing cards by one request, then 54 requests of the same texts and seeds,
in turns; who goes first alternates. Both wait in the queue of one studio until all are completed.
The rows may run together, where the model's record says that this is faster; single calls never
do. Sizes are those of small cards: above 512 px nothing runs together. Sums in another order move
a few values of the drawing by one grey level; the finisher, which enlarges it, amplifies them.
"""

from __future__ import annotations

import io
import time
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, ratio
from benchmarks.server import Studio, studio

SET = "playing-cards"
SIDES = {128: 1.0, 512: 4.0}  # pixels: the goal for differences of a pixel, in grey levels
STEPS = 8
ROUNDS = 3
QUICK_ROWS = 8


def measure(quick: bool) -> Figure:
    """Time of a deck as a multiple of that of single calls, at each size."""
    measures: list[Measure] = []
    detail: dict[str, Any] = {}
    with studio() as server:
        server.await_lane()
        client = server.client()
        rows = client.get(f"/api/sets/{SET}/preview?theme=a+town")["items"]
        rows = rows[:QUICK_ROWS] if quick else rows
        for side, levels in SIDES.items():
            furthest = 0
            deck: list[float] = []
            single: list[float] = []
            for number in range(1 if quick else ROUNDS):
                turns = [_deck, _singles] if number % 2 else [_singles, _deck]
                images: dict[Any, list[bytes]] = {}
                for turn in turns:
                    seconds, images[turn] = turn(server, client, rows, side, number)
                    (deck if turn is _deck else single).append(seconds / len(rows))
                pairs = zip(images[_deck], images[_singles], strict=True)
                furthest = max(furthest, *(_difference(*pair) for pair in pairs))
            name = f"{len(rows)} cards of {side} px"
            measures += [
                Measure(f"{name}: batch / single calls", ratio(deck, single), "×", 1.0),
                Measure(f"{name}: a card of the batch", median(deck) * 1e3, "ms"),
                Measure(f"{name}: a single call", median(single) * 1e3, "ms"),
                Measure(f"{name}: largest difference", float(furthest), "levels", levels),
            ]
            detail[str(side)] = {"deck_seconds": deck, "single_seconds": single}
    return Figure("deck", measures, detail)


def _deck(
    server: Studio, client: Client, rows: list[Any], side: int, number: int
) -> tuple[float, list[bytes]]:
    body = {
        **_params(side),
        "set_name": SET,
        "user_theme": "a town",
        "rows": [row["key"] for row in rows],
        "seed": number,
        "seed_policy": "shared",
        "overlay": False,
    }
    began = time.perf_counter()
    tasks = client.post("/api/generate/batch", body)["task_ids"]
    return _ended(server, client, tasks, began)


def _singles(
    server: Studio, client: Client, rows: list[Any], side: int, number: int
) -> tuple[float, list[bytes]]:
    began = time.perf_counter()
    tasks = [
        client.post(
            "/api/generate",
            {**_params(side), "prompt": row["prompt"], "seed": number},
        )["task_id"]
        for row in rows
    ]
    return _ended(server, client, tasks, began)


def _params(side: int) -> dict[str, Any]:
    size = {"width": side, "height": side}
    return {"model": "nano", **size, "num_inference_steps": STEPS, "negative_prompt": ""}


def _ended(
    server: Studio, client: Client, tasks: list[str], began: float
) -> tuple[float, list[bytes]]:
    """Seconds until all are completed, and their images."""
    server.await_idle(client)
    seconds = time.perf_counter() - began
    outputs = [client.get(f"/api/tasks/{task}")["outputs"][0] for task in tasks]
    return seconds, [client.get_bytes(f"/api/assets/{out['asset_id']}/file") for out in outputs]


def _difference(image: bytes, other: bytes) -> int:
    """The largest difference of two images, in grey levels."""
    pixels = [
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), int) for data in (image, other)
    ]
    return int(np.abs(pixels[0] - pixels[1]).max())
