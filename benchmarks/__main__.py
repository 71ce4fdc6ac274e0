"""Measures the speed that must be kept, prints a table, writes JSON: `main.py bench [--help]`.

Exits 0 when everything was measured, whatever the numbers are: they are compared by people.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure
from benchmarks.table import table

FIGURES = {
    "start": "server process to first answered request; memory at rest",
    "first": "the first picture after a cold start, beside a bare import",
    "accept": "durable accept of a task",
    "generate": "what REST, queue and storing add to a picture",
    "throughput": "tasks a second without a model",
    "unread": "tasks beside event streams that nobody reads",
    "depth": "submit and page with a long queue",
    "gallery": "pages, searches and facets of 100,000 images",
    "deck": "a deck of 54 cards beside 54 single calls",
    "again": "a second picture: nothing encoded or loaded twice",
    "models": "load, swap of models and of LoRAs, beside bare diffusers",
    "control": "what a control adds to an image, beside its network's own time",
    "step_cache": "time and drift of a step cache, beside the plain image",
    "training": "a training step beside a bare loop, and an image beside a training",
    "editing": "a filter's preview while a generation runs",
    "canvas": "typing, scrolling, dragging and zooming on walls of 4, 39 and 200 bricks",
    "images": "background removal and upscaling, beside the bare libraries",
    "attacks": "requests of others beside hostile clients",
    "fit": "memory plans of every model on devices of every size",
    "memory": "memory, files and threads over 1,000 tasks",
}
RESULTS = Path(__file__).resolve().parent / "results"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments name; 0 when all of it could be measured."""
    asked = _arguments(argv)
    figures: list[Figure] = []
    failed = False
    for name in asked.figure or FIGURES:
        began = time.perf_counter()
        print(f"{name}: {FIGURES[name]} …", end=" ", flush=True)
        try:
            figures.append(importlib.import_module(f"benchmarks.{name}").measure(asked.quick))
        except Exception as error:  # noqa: BLE001 (the other figures are still worth measuring)
            failed = True
            print(f"failed: {error}", file=sys.stderr)
        print(f"{time.perf_counter() - began:.0f} s", flush=True)
    print(f"\n{table(figures)}\n")
    print(f"Written to {_write(asked.out, figures, asked.quick)}")
    if asked.quick:
        print("A quick run proves that the benchmarks run; its numbers mean nothing.")
    return int(failed)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    known = "\n".join(f"  {name:12} {what}" for name, what in FIGURES.items())
    parser = argparse.ArgumentParser(
        "main.py bench",
        description=f"{__doc__}\nFigures:\n{known}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("figure", nargs="*", help="only these", metavar="FIGURE")
    parser.add_argument("--quick", action="store_true", help="few samples: a smoke run")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the JSON")
    asked = parser.parse_args(argv)
    unknown = [name for name in asked.figure if name not in FIGURES]
    if unknown:
        parser.error(f"no such figure: {', '.join(unknown)}")
    return asked


def _write(folder: Path, figures: Sequence[Figure], quick: bool) -> Path:
    moment = datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{moment:%Y%m%dT%H%M%SZ}.json"
    report = {
        "at": moment.isoformat(timespec="seconds"),
        "quick": quick,
        "machine": machine(),
        "figures": [figure.record() for figure in figures],
    }
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return path


def machine() -> dict[str, Any]:
    """Properties of the machine that the numbers depend on, without names."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_at_the_end": load,
    }


if __name__ == "__main__":
    sys.exit(main())
