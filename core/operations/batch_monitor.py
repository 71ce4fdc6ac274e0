"""The view of a batch."""

from __future__ import annotations

from pydantic import Field

from core.operations.declaration.base import View
from core.operations.declaration.fields import ui


class BatchMonitor(View):
    """Shows the rows of a batch while they are drawn; it takes no part in a run."""

    name = "batch_monitor"
    title = "Batch"
    summary = "Shows the progress and the images of a batch."
    category = "output"

    batch: str = Field(
        "",
        max_length=64,
        title="Batch",
        description="ID of the batch; empty: the newest.",
        json_schema_extra=ui("hidden"),
    )
