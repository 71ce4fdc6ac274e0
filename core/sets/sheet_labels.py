"""Labels of a batch on a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.operations.contact_sheet import LABEL_MAX
from core.sets.batch import Batch
from core.sets.batch_rows import BatchRow


def sheet_labels(batch: Batch, rows: Sequence[BatchRow]) -> dict[str, Any]:
    """Title and labels, as parameters of `contact_sheet`."""
    title = ": ".join(part for part in (batch.name, batch.theme) if part)
    labels = [row.key.replace("-", " ")[:LABEL_MAX] for row in rows]
    return {"sheet_title": title[:LABEL_MAX], "cell_labels": labels}
