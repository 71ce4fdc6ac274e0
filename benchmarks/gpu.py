"""Full-size models on a GPU: seconds and peak memory of an image, beside the estimate of the fit.

`python -m benchmarks.gpu [--size 1024] [--way NAME …] [--json FILE] [MODEL …]`. The weights are
random and made on the GPU from the records: no network, no files. A way that does not fit is
skipped with the numbers, and so is one whose package is missing.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy
import torch

from benchmarks import full_size
from benchmarks.full_size import CASES, Case
from benchmarks.gpu_ways import Way, published, ways
from core.engine.device import Device, choose_device
from core.engine.loading import quiet
from core.models.fit.plans import GIB, Need, fits, need

Row = dict[str, Any]
DEFAULT_WAYS = ("device",)
ALL = "all"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 0 when something was measured, 2 without a GPU."""
    asked = _arguments(argv)
    if not torch.cuda.is_available():
        print("There is no GPU that torch can use (CUDA or ROCm): nothing was measured.")
        return 2
    quiet()
    device = choose_device()
    print(f"{device.name}, {device.memory / GIB:.0f} GiB; torch {torch.__version__}\n{_HEAD}")
    rows = []
    for name in asked.model or CASES:
        for row in _rows(CASES[name], device, asked):
            rows.append(row)
            print(_line(row), flush=True)
            if asked.json is not None:
                asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks.gpu", description=__doc__)
    parser.add_argument("model", nargs="*", help="only these", metavar="MODEL")
    parser.add_argument("--size", type=int, default=1024, help="side of the image, pixels")
    parser.add_argument("--way", action="append", help="memory plan, lora, cudnn, compiled, or all")
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    asked = parser.parse_args(argv)
    unknown = [name for name in asked.model if name not in CASES]
    if unknown:
        parser.error(f"no such model: {', '.join(unknown)}; there are {', '.join(CASES)}")
    return asked


def _rows(case: Case, device: Device, asked: argparse.Namespace) -> Iterator[Row]:
    """A row for each way to run the model; the first image is what the others compare with."""
    known = ways(case.variant, device.kind)
    names = asked.way or DEFAULT_WAYS
    first = None
    for way in known.values():
        if way.name not in names and ALL not in names:
            continue
        row, image = _measured(case, way, device, asked.size)
        if image is not None:
            first = image if first is None else first
            row["difference"] = int(numpy.abs(image.astype(int) - first.astype(int)).max())
        yield row


def _measured(case: Case, way: Way, device: Device, size: int) -> tuple[Row, Any]:
    """One way, from making the weights to letting them go, and its image."""
    row: Row = {"model": case.variant, "way": way.name}
    if way.missing:
        return {**row, "missing": way.needs}, None
    estimate = _estimate(case, way, device, size)
    free = device.free_memory()
    if not fits(estimate, free):
        return {**row, "estimate": estimate.device, "free": free.free}, None
    dtype = device.dtypes(full_size.known(case.variant)[0].precision)["default"]
    core = full_size.known(case.variant)[0].core
    torch.manual_seed(0)
    make, pipeline = _timed(lambda: full_size.make(case.variant, device.kind, dtype))
    try:
        extra = way.prepare(pipeline, core, device)
        row |= {"make": make, "estimate": _estimate(case, way, device, size, extra).device}
        with way.kernels():
            figures, image = _drawn(case, way, pipeline, device, dtype, size)
        return {**row, **figures}, image
    finally:
        del pipeline
        gc.collect()
        if way.compiled:
            torch.compiler.reset()
        device.free_caches()


def _drawn(
    case: Case, way: Way, pipeline: Any, device: Device, dtype: torch.dtype, size: int
) -> tuple[Row, Any]:
    """Seconds and bytes. The first image compiles and reserves; the fastest is what counts."""
    given = full_size.call(case, pipeline, device.kind, dtype)
    torch.cuda.reset_peak_memory_stats()
    weights, encode = torch.cuda.memory_allocated(), None
    if way.plan.placement == "device":
        full_size.read(pipeline, device.kind)
        encode, _ = _timed(lambda: full_size.read(pipeline, device.kind))
    seconds: list[float] = []
    result: Any = None
    for _ in range(way.pictures):
        given["generator"].manual_seed(0)
        draw = partial(pipeline, **given, width=size, height=size, output_type="np")
        took, result = _timed(draw)
        seconds.append(took)
    return {
        "weights": weights,
        "encode": encode,
        "first": seconds[0],
        "picture": min(seconds),
        "steps": given["num_inference_steps"],
        "peak": torch.cuda.max_memory_allocated(),
        "reserved": torch.cuda.max_memory_reserved(),
    }, (numpy.nan_to_num(result.images[0]) * 255).round().astype(numpy.uint8)


def _estimate(case: Case, way: Way, device: Device, size: int, extra: int = 0) -> Need:
    """Estimate of the fit."""
    return need(way.plan, published(case.variant, extra), device.kind, size, size)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    torch.cuda.synchronize()
    began = time.perf_counter()
    result = work()
    torch.cuda.synchronize()
    return time.perf_counter() - began, result


_HEAD = (
    f"{'model':16} {'way':16} {'weights':>9} {'peak':>9} {'reserved':>9} {'estimate':>9} "
    f"{'encode':>8} {'first':>8} {'image':>8} {'steps':>5} {'differs':>7}"
)


def _line(row: Row) -> str:
    """The line of a table."""
    start = f"{row['model']:16} {row['way']:16}"
    if "missing" in row:
        return f"{start} skipped: {row['missing']} is not installed"
    if "peak" not in row:
        return f"{start} skipped: needs {_gib(row['estimate'])}, {_gib(row['free'])} free"
    sizes = [f"{_gib(row[name]):>9}" for name in ("weights", "peak", "reserved", "estimate")]
    times = [_seconds(row[name]) for name in ("encode", "first", "picture")]
    return " ".join([start, *sizes, *times, f"{row['steps']:5} {row['difference']:7}"])


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"


def _seconds(seconds: float | None) -> str:
    return " " * 8 if seconds is None else f"{seconds:6.2f} s"


if __name__ == "__main__":
    sys.exit(main())
