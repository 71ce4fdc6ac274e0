"""Loading and switching, each against bare diffusers doing the same in turns within one process.

Two models (the embedded one and a copy of it) and two small LoRAs. A child process runs the
worker's own pool and plain pipelines side by side with the same threads; who goes first
alternates, and the pictures must be equal. Loading reads files that the system has cached. A cold
swap lets one model go and loads the other; a warm one only draws with the other. Every picture has
a prompt of its own but the second of `same prompt`, which diffusers encodes again.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.child import report_of
from benchmarks.measure import Figure, Measure, ratio
from benchmarks.server import ROOT

ROUNDS, QUICK_ROUNDS = 20, 2
WHAT = {
    "load": ("load from disk", 1.5),
    "cold": ("swap of models, cold, with a picture", 1.3),
    "warm": ("swap of models, warm, with a picture", 1.1),
    "lora": ("switch of LoRAs, with a picture", 1.1),
    "same": ("second picture, same prompt", 1.1),
}


def measure(quick: bool) -> Figure:
    """Ratios of the studio's times to those of bare diffusers."""
    with tempfile.TemporaryDirectory(prefix="qpyt-bench-") as name:
        rounds = QUICK_ROUNDS if quick else ROUNDS
        report = report_of("models", name, str(rounds))
    measures = [Measure(WHAT[key][0], ratio(*report[key]), "×", WHAT[key][1]) for key in WHAT]
    for key, (what, _) in WHAT.items():
        ours, bare = (median(samples) * 1000 for samples in report[key])
        measures.append(Measure(f"{what}: ours", ours, "ms"))
        measures.append(Measure(f"{what}: bare", bare, "ms"))
    measures.append(Measure("pictures that differ", report["differ"], "", 0.0))
    measures.append(Measure("loads in warm swaps", report["warm_loads"], "", 0.0))
    return Figure("models", measures, report)


def main() -> None:
    """In the child: prepare the folder, run every pair, print the samples."""
    from benchmarks.model_pairs import Bench
    from benchmarks.tiny_lora import write_lora

    folder = Path(sys.argv[1])
    for name in ("nano", "twin"):
        shutil.copytree(ROOT / "models" / "nano", folder / name)
    (folder / "loras").mkdir()
    for seed, name in enumerate(("one", "two")):
        write_lora(folder / "nano" / "transformer", folder / "loras" / f"{name}.safetensors", seed)
    print(json.dumps(Bench(folder, int(sys.argv[2])).run()))


if __name__ == "__main__":
    main()
