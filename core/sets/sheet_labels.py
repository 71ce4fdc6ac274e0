"""Labels of a batch on a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from core.operations.contact_sheet import LABEL_MAX
from core.sets.batch import Batch
from core.sets.batch_rows import BatchRow
from core.sets.matrix import text_of


def sheet_labels(batch: Batch, rows: Sequence[BatchRow], columns: int = 0) -> dict[str, Any]:
    """Title, labels and columns, as parameters of `contact_sheet`.

    A whole matrix has headings: the values of its last axis across, those of the others down.
    """
    if batch.axes and len(rows) == len(batch.rows):
        return _headings(batch)
    title = ": ".join(part for part in (batch.name, batch.theme) if part)
    labels = [row.key.replace("-", " ")[:LABEL_MAX] for row in rows]
    return {"sheet_title": title[:LABEL_MAX], "cell_labels": labels, "columns": columns}


def _headings(batch: Batch) -> dict[str, Any]:
    *down, across = batch.axes
    combinations = product(*(axis["values"] for axis in down))
    rows = [
        ", ".join(f"{axis['label']} {text_of(v)}" for axis, v in zip(down, values, strict=True))
        for values in combinations
    ]
    title = f"{batch.name}: {across['label']} across"
    return {
        "sheet_title": title[:LABEL_MAX],
        "columns": len(across["values"]),
        "column_labels": [text_of(value)[:LABEL_MAX] for value in across["values"]],
        "row_labels": [row[:LABEL_MAX] for row in rows] if down else [],
    }
