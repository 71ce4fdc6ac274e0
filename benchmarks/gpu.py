"""Full-size models on a GPU: seconds and peak memory of a picture, beside what the fit reckons.

`python -m benchmarks.gpu [--size 1024] [--json FILE] [MODEL …]`. The weights are random and made on
the GPU from the records: nothing is fetched, no file is read. Everything lies on the device (the
plan `device`); a model that does not fit there is passed over with the numbers.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks import full_size
from benchmarks.full_size import CASES, Case
from core.engine.device import Device, choose_device
from core.engine.loading import quiet
from core.models.fit.plans import GIB, Need, Parts, fits, need, plans

PICTURES = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 0 when something was measured, 2 without a GPU."""
    asked = _arguments(argv)
    if not torch.cuda.is_available():
        print("There is no GPU that torch can use (CUDA or ROCm): nothing was measured.")
        return 2
    quiet()
    device = choose_device()
    print(f"{device.name}, {device.memory / GIB:.0f} GiB; torch {torch.__version__}\n")
    rows = [_measured(CASES[name], device, asked.size) for name in asked.model or CASES]
    print(_table(rows))
    if asked.json is not None:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.gpu", description=__doc__)
    parser.add_argument("model", nargs="*", help="only these", metavar="MODEL")
    parser.add_argument("--size", type=int, default=1024, help="side of the picture, pixels")
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    asked = parser.parse_args(argv)
    unknown = [name for name in asked.model if name not in CASES]
    if unknown:
        parser.error(f"no such model: {', '.join(unknown)}; there are {', '.join(CASES)}")
    return asked


def _measured(case: Case, device: Device, size: int) -> dict[str, Any]:
    """One model, from making its weights to letting them go."""
    print(f"{case.variant} …", flush=True)
    dtype = device.dtypes(full_size.known(case.variant)[0].precision)["default"]
    reckoned = _reckoned(_published(case), device, size)
    if not fits(reckoned, device.free_memory()):
        free = device.free_memory().free
        return {"model": case.variant, "estimate": reckoned.device, "free": free}
    torch.cuda.reset_peak_memory_stats()
    made, pipeline = _timed(lambda: full_size.make(case.variant, device.kind, dtype))
    try:
        return {
            "model": case.variant,
            "make": made,
            **_drawn(case, pipeline, device, dtype, size),
            "estimate": reckoned.device,
        }
    finally:
        del pipeline
        gc.collect()
        device.free_caches()


def _drawn(
    case: Case, pipeline: Any, device: Device, dtype: torch.dtype, size: int
) -> dict[str, Any]:
    """Seconds and bytes. The first picture compiles and reserves; the fastest is what counts."""
    weights = torch.cuda.memory_allocated()
    full_size.read(pipeline, device.kind)
    encode, _ = _timed(lambda: full_size.read(pipeline, device.kind))
    seconds = []
    given = full_size.call(case, pipeline, device.kind, dtype)
    for _ in range(PICTURES):
        took, _ = _timed(partial(pipeline, **given, width=size, height=size))
        seconds.append(took)
    return {
        "weights": weights,
        "encode": encode,
        "first": seconds[0],
        "picture": min(seconds),
        "steps": given["num_inference_steps"],
        "peak": torch.cuda.max_memory_allocated(),
        "reserved": torch.cuda.max_memory_reserved(),
    }


def _published(case: Case) -> Parts:
    """The model's parts as its record counts them, in two bytes a number."""
    family, variant = full_size.known(case.variant)
    return Parts(variant.parameters, family.core)


def _reckoned(parts: Parts, device: Device, size: int) -> Need:
    """Estimate of the fit for the whole model on the device."""
    return need(plans(device.kind)[0], parts, device.kind, size, size)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    torch.cuda.synchronize()
    began = time.perf_counter()
    result = work()
    torch.cuda.synchronize()
    return time.perf_counter() - began, result


def _table(rows: Sequence[dict[str, Any]]) -> str:
    """A line a model."""
    lines = [
        f"{'model':16} {'weights':>9} {'peak':>9} {'reserved':>9} {'estimate':>9} {'encode':>8} "
        f"{'first':>8} {'picture':>8} {'steps':>5}"
    ]
    for row in rows:
        if "peak" not in row:
            free, wanted = _gib(row["free"]), _gib(row["estimate"])
            lines.append(f"{row['model']:16} passed over: needs {wanted}, {free} free")
            continue
        sizes = " ".join(
            f"{_gib(row[name]):>9}" for name in ("weights", "peak", "reserved", "estimate")
        )
        times = " ".join(f"{row[name]:6.2f} s" for name in ("encode", "first", "picture"))
        lines.append(f"{row['model']:16} {sizes} {times} {row['steps']:5}")
    return "\n".join(lines)


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"


if __name__ == "__main__":
    sys.exit(main())
