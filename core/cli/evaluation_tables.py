"""Tables of an evaluation for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

TERMS = ("adherence", "fidelity", "diversity", "leakage")
Report = Mapping[str, Any]


def columns_table(report: Report) -> str:
    """A line for each column: its means, copies and score; the best is marked."""
    head = [
        "",
        "score",
        "adherence",
        "fidelity",
        "diversity",
        "leakage",
        "copies",
        "gap",
        "val. loss",
    ]
    rows = [head]
    for place, column in enumerate(report["columns"]):
        mark = "best → " if place == report["best"] else ""
        adherence = next(iter(column["adherence"].values()), None)
        share = column["memorisation"]["share"]
        means = (adherence, column["fidelity"], column["diversity"], column["leakage"])
        rows.append(
            [
                f"{mark}{column['label']}",
                "" if column["score"] is None else f"{column['score']:+.2f}",
                *map(_number, means),
                "" if share is None else f"{share:.0%}",
                _number(column["memorisation"].get("gap")),
                _number(column["validation_loss"]),
            ]
        )
    return _aligned(rows)


def terms_table(report: Report) -> str:
    """Every term of every checkpoint with its value, that of the base and the z-score."""
    rows = [["", "term", "value", "base", "z"]]
    for column in report["columns"]:
        for term in column["terms"]:
            values = [_number(term["value"]), _number(term["base"]), f"{term['z']:+.2f}"]
            rows.append([column["label"], term["label"], *values])
    return _aligned(rows)


def categories_table(report: Report) -> str:
    """A table of each category: prompt adherence and fidelity of every column."""
    columns = report["columns"]
    rows = [["category", "images", *(column["label"] for column in columns)]]
    for place, category in enumerate(columns[0]["categories"] if columns else ()):
        entries = [column["categories"][place] for column in columns]
        name, images = category["category"], str(category["images"])
        rows.append([name, images, *(_number(entry["adherence"]) for entry in entries)])
        for key in ("avoidance", "fidelity", "leakage"):
            if any(entry[key] is not None for entry in entries):
                rows.append([f"  {key}", "", *(_number(entry[key]) for entry in entries)])
    return _aligned(rows)


def summary(report: Report) -> Iterator[str]:
    """The explanation, refused checkpoints, the nearest images and advice."""
    yield report["explanation"]
    for column in report["columns"][1:]:
        memorisation = column["memorisation"]
        if memorisation["nearest"] is not None:
            name = report["training_images"][memorisation["nearest"]]
            yield (
                f"{column['label']}: nearest training image {name}, similarity "
                f"{memorisation['similarity']:.3f}, threshold {_number(report['threshold'])}"
            )
    for entry in report["advice"]:
        yield f"Advice: {entry['sentence']} ({entry['figure']})"
    yield from report["missing"]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
