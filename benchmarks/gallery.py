"""Pages, searches and facets of a gallery of 100,000 images.

A database is filled directly, with rows as the studio writes them, and a server is started on it.
Every request is another one: other words, other offsets, other filters.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import create_engine

from benchmarks.client import Client
from benchmarks.measure import Figure, Measure, percentile
from benchmarks.server import Studio, prepared
from core.gallery.description import Description
from core.identifiers import id_at
from core.store.annotations import notes_of
from core.store.clock import timestamp
from core.store.database import Database
from core.store.schema import asset_search, asset_tags, assets, near_assets

ROWS, QUICK_ROWS = 100_000, 2_000
SAMPLES, QUICK_SAMPLES = 200, 10
WARM_UP = 5
GOAL_MS, FACETS_GOAL_MS = 20.0, 100.0
PART = 5_000
SEED = 7
TEXT = """
a red blue green yellow house castle tower ship car cat dog robot bird tree sun night day
river mountain bridge garden portrait lighthouse queen king card shirt city street rain
snow oil watercolour photo sketch macro wide soft light
"""
WORDS = tuple(TEXT.split())
MODELS = ("nano", "sdxl-base", "flux2-klein-4b", "sd35-large", "flux1-dev")
OPERATIONS = ("generate", "generate", "generate", "img2img", "inpaint", "upscale", "rembg")
SIDES = (512, 768, 1024, 1216)
COLOURS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "black", "white")
Make = Callable[[random.Random], dict[str, Any]]


def measure(quick: bool) -> Figure:
    """Milliseconds of requests, their 95th percentiles against the goals."""
    rows, samples = (QUICK_ROWS, QUICK_SAMPLES) if quick else (ROWS, SAMPLES)
    times: dict[str, list[float]] = {}
    spent: dict[str, float] = {}
    with prepared(lambda folder: fill(folder / "data" / "studio.db", rows)) as server:
        first = _first_page(server)
        for name, (path, make, _) in _requests(rows).items():
            before = server.cpu_seconds()
            times[name] = _timed(server.client(), path, make, samples)
            spent[name] = (server.cpu_seconds() - before) * 1000 / (WARM_UP + samples)
    measures = [Measure(f"first page after start, {rows} images", first, "ms")]
    for name, (_, _, goal) in _requests(rows).items():
        measures.append(Measure(f"{name}: processor time", spent[name], "ms"))
        measures.append(Measure(f"{name}: median", median(times[name]), "ms"))
        p95 = percentile(times[name], 0.95)
        measures.append(Measure(f"{name}: 95th percentile", p95, "ms", goal))
    return Figure("gallery", measures, {"rows": rows, "ms": times})


def _requests(rows: int) -> dict[str, tuple[str, Make, float]]:
    """Path, random query and goal of each kind of request."""
    page, facets = "/api/assets", "/api/assets/facets"
    return {
        "newest 50": (page, lambda rng: {"limit": 50, "offset": rng.randrange(4)}, GOAL_MS),
        "50 at any offset": (page, lambda rng: {"offset": rng.randrange(rows)}, GOAL_MS),
        "search for one word": (page, lambda rng: {"q": _word(rng, rows)}, GOAL_MS),
        "search for two words": (page, lambda rng: {"q": " ".join(rng.sample(WORDS, 2))}, GOAL_MS),
        "five filters": (page, _filters, GOAL_MS),
        "best rating, any offset": (
            page,
            lambda rng: {"sort": "rating", "offset": rng.randrange(rows)},
            GOAL_MS,
        ),
        "facets": (facets, lambda rng: {}, FACETS_GOAL_MS),
        "facets of a search": (facets, lambda rng: {"q": rng.choice(WORDS)}, FACETS_GOAL_MS),
        "duplicates": (
            "/api/assets/duplicates",
            lambda rng: {"distance": rng.randrange(2, 8)},
            FACETS_GOAL_MS,
        ),
        "days": ("/api/assets/days", lambda rng: {"timezone": "Europe/Berlin"}, FACETS_GOAL_MS),
    }


def _word(rng: random.Random, rows: int) -> str:
    """A word of every fifth image, or one of very few."""
    return rng.choice(WORDS) if rng.random() < 0.5 else f"rare{rng.randrange(rows // 20)}"


def _filters(rng: random.Random) -> dict[str, Any]:
    return {
        "model": rng.sample(MODELS, 2),
        "operation": rng.choice(OPERATIONS),
        "min_rating": rng.randrange(3),
        "colour": rng.choice(COLOURS),
        "from": f"2026-{rng.randrange(1, 6):02d}-01",
    }


def _first_page(server: Studio) -> float:
    client = server.client()
    seconds, _ = client.timed(client.request("GET", "/api/assets?limit=50"))
    return seconds * 1000


def _timed(client: Client, path: str, make: Make, samples: int) -> list[float]:
    rng, times = random.Random(SEED), []
    for _ in range(WARM_UP + samples):
        query = urlencode(make(rng), doseq=True)
        times.append(client.timed(client.request("GET", f"{path}?{query}"))[0] * 1000)
    return times[WARM_UP:]


def fill(path: Path, count: int) -> None:
    """Write a database of `count` described images."""
    path.parent.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{path}"
    database = Database(url)
    database.migrate()
    database.close()
    engine = create_engine(url)
    rng = random.Random(SEED)
    with engine.begin() as connection:
        for start in range(0, count, PART):
            rows = list(_rows(rng, start, min(start + PART, count), count))
            connection.execute(assets.insert(), [row[0] for row in rows])
            connection.execute(asset_search.insert(), [row[1] for row in rows])
            tags = [tag for row in rows for tag in row[2]]
            connection.execute(asset_tags.insert(), tags)
            connection.execute(near_assets.insert(), _pairs([row[0]["id"] for row in rows]))
    engine.dispose()


def _pairs(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Pairs of images that look alike: one image of fifty and its neighbour."""
    pairs = zip(ids[::50], ids[1::50], strict=False)
    return [{"first": first, "second": second, "distance": 2} for first, second in pairs]


def _rows(
    rng: random.Random, start: int, end: int, count: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]]:
    """Rows of the asset, of its description and of its tags."""
    newest = datetime.fromtimestamp(int(time.time()), UTC)
    for number in range(start, end):
        moment = newest - timedelta(minutes=5 * (count - number))
        asset_id, tags = id_at(moment), rng.sample(("night", "client", "draft", "best"), 1)
        prompt = " ".join([*rng.choices(WORDS, k=18), f"rare{rng.randrange(count // 20)}"])
        model = rng.choice(MODELS)
        loras = ({"name": rng.choice(("ink", "oil")), "weight": 0.8},) if number % 4 == 0 else ()
        description = Description(
            rng.choice(OPERATIONS), model, model, number, prompt, "blur", loras
        )
        asset = {
            "id": asset_id,
            "key": f"{number:064x}",
            "kind": "image",
            "type": "image/png",
            "width": rng.choice(SIDES),
            "height": rng.choice(SIDES),
            "size": 1_000_000,
            "metadata": {"seed": number},
            "task_id": f"task-{number}",
            "port": "image",
            "index": 0,
            "created_at": timestamp(moment),
            "rating": rng.choice((0, 0, 0, 3, 4, 5)),
            "favourite": rng.random() < 0.05,
            "deleted_at": timestamp(newest) if rng.random() < 0.01 else None,
            "described": True,
            "revision": 1,
        }
        search = {
            **description.columns(None),
            "asset_id": asset_id,
            "colours": [
                {"name": name, "hex": "#808080", "share": 0.3} for name in rng.sample(COLOURS, 3)
            ],
            "likeness": f"{rng.getrandbits(64):016x}808080",
            "notes": notes_of(None, tags),
        }
        yield asset, search, [{"asset_id": asset_id, "tag": tag} for tag in tags]
