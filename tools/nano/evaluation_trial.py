"""A trial of evaluations: a good training of robots and one that copies its few drawings.

Both run through the studio, as a user's would; the report of each goes to a file.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from core.settings import Settings
from core.studio import Studio
from tools.nano.robots import SUBJECT, write_dataset

GOOD = 24  # drawings
FEW = 5
UNSEEN = 8
COPYING: dict[str, Any] = {
    "lora": {"rank": 16},
    "training": {
        "max_steps": 1500,
        "batch_size": 2,
        "scheduler": "constant",
        "warmup_steps": 0,
        "learning_rate": 2e-3,
    },
    "data": {"prior_share": 0.0},
    "validation": {"enable": False, "sample_frequency": 0},
    "output": {"checkpoint_every_n_steps": 300, "checkpoints_limit": 10},
}
"""Few drawings, a constant rate, no prior and far too many steps."""


def run(work: Path) -> dict[str, Any]:
    """Train both ways, evaluate every checkpoint and write `evaluation-trial.json`."""
    settings = Settings(data_dir=work / "data")
    report: dict[str, Any] = {}
    with Studio(settings) as studio:
        unseen = write_dataset(work / "unseen", GOOD, GOOD + UNSEEN)
        others = {"held_out": str(unseen)}  # the copying training has too few to hold some out
        for name, count, sections, given in (
            ("good", GOOD, {}, {}),
            ("copying", FEW, COPYING, others),
        ):
            folder = write_dataset(work / name, 0, count)
            begin = time.monotonic()
            params = {"dataset": str(folder), "trigger_word": SUBJECT, "lora_name": name}
            training = studio.submit("train_lora", **params, config=json.dumps(sections))
            studio.result(training)
            report[name] = {"training_seconds": round(time.monotonic() - begin)}
            begin = time.monotonic()
            evaluation = studio.call(studio.asynchronous.backend.evaluate(training, given))
            task = studio.result(evaluation).task
            outputs = {output["port"]: output for output in task["outputs"]}
            report[name] |= {
                "evaluation_seconds": round(time.monotonic() - begin),
                "report": outputs["report"]["value"],
            }
            (work / "evaluation-trial.json").write_text(
                json.dumps(report, indent=1), encoding="utf-8"
            )
    return report


def table(report: dict[str, Any]) -> str:
    """A line for each checkpoint: copies, gap, nearest similarity, threshold and terms."""
    rows = []
    for name, entry in report.items():
        for column in entry["report"]["columns"]:
            copies = column["memorisation"]
            terms = ", ".join(f"{term['name']} {term['z']:+.2f}" for term in column["terms"])
            rows.append(
                f"{name:<8} {column['label']:<12} copies {copies['share']:.0%} gap "
                f"{copies['gap']:.2f} nearest {copies['similarity']:.3f} threshold "
                f"{entry['report']['threshold']:.3f}  {terms}"
            )
    return "\n".join(rows)
