"""The brick that runs a set."""

from __future__ import annotations

from pydantic import Field

from core.operations.declaration.base import View
from core.operations.declaration.fields import ui


class RunSet(View):
    """Runs a set as a batch, from its own button; it takes no part in a run of the workflow."""

    name = "run_set"
    title = "Set"
    summary = "Draws every row of a set as a batch."
    category = "generator"

    set_name: str = Field(
        "",
        max_length=200,
        title="Set",
        description="ID of the set; empty: the first.",
        json_schema_extra=ui("hidden"),
    )
    theme: str = Field(
        "",
        max_length=2_000,
        title="Theme",
        description="Theme of every row.",
        json_schema_extra=ui("hidden"),
    )
