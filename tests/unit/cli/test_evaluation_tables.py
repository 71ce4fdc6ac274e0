"""Tables of an evaluation on the terminal."""

from typing import Any

import pytest
import typer

from core.cli import evaluation
from core.cli.evaluation_tables import categories_table, columns_table, summary, terms_table

UNMEASURED = dict.fromkeys(("adherence", "avoidance", "fidelity", "leakage"))
CATEGORIES = [
    {**UNMEASURED, "category": "trigger", "images": 12, "adherence": 0.5, "fidelity": 0.4},
    {**UNMEASURED, "category": "no_trigger", "images": 4, "adherence": 0.9, "leakage": 0.1},
]


def column(label: str, score: float | None, share: float | None) -> dict[str, Any]:
    term = {"name": "fidelity", "label": "Subject fidelity", "value": 0.6, "base": 0.4, "z": 2.0}
    return {
        "label": label,
        "score": score,
        "adherence": {"reader": 0.75},
        "fidelity": 0.6,
        "diversity": None,
        "leakage": 0.1,
        "validation_loss": None if score is None else 0.25,
        "categories": CATEGORIES,
        "memorisation": {"share": share, "nearest": 1 if share else None, "similarity": 0.9},
        "terms": [] if score is None else [term],
        "health": {"norm": 2, "rank": 8, "effective_rank": 5.5, "dead": ["a"], "broken": []},
    }


REPORT: dict[str, Any] = {
    "columns": [column("Base model", None, None), column("Step 40", 1.5, 0.25)],
    "best": 1,
    "explanation": "Step 40 is the best.",
    "training_images": ["a.png", "b.png"],
    "threshold": 0.8,
    "advice": [{"sentence": "Train fewer steps.", "figure": "25% copies"}],
    "missing": ["DINOv2 base is not on this machine. Get it: main.py models pull dinov2-base."],
}


def test_the_best_column_is_marked_and_unmeasured_cells_are_empty() -> None:
    head, base, step = columns_table(REPORT).splitlines()
    assert step.split() == [
        "best",
        "→",
        "Step",
        "40",
        "+1.50",
        "0.750",
        "0.600",
        "0.100",
        "25%",
        "0.250",
    ]
    assert base.startswith("Base model")
    assert step.index("+1.50") + 5 == head.index("score") + 5


def test_every_term_has_its_value_that_of_the_base_and_z() -> None:
    assert terms_table(REPORT).splitlines()[1].split("  ")[-3:] == ["0.600", "0.400", "+2.00"]


def test_categories_show_only_the_measures_that_were_taken() -> None:
    lines = [line.split() for line in categories_table(REPORT).splitlines()]
    assert lines[1] == ["trigger", "12", "0.500", "0.500"]
    assert lines[2] == ["fidelity", "0.400", "0.400"]
    assert lines[4] == ["leakage", "0.100", "0.100"]


def test_the_summary_names_the_nearest_image_advice_and_missing_networks() -> None:
    first, nearest, advice, missing = summary(REPORT)
    assert first == "Step 40 is the best."
    assert "b.png" in nearest
    assert "0.900" in nearest
    assert advice == "Advice: Train fewer steps. (25% copies)"
    assert "models pull dinov2-base" in missing


def test_something_to_evaluate_must_be_named() -> None:
    with pytest.raises(typer.BadParameter, match="--run"):
        evaluation.compare()
    with pytest.raises(typer.BadParameter, match="pending"):
        evaluation._report({"report": None, "status": "pending"})
