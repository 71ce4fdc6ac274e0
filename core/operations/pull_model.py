"""Bringing a model of the catalogue, with all that it needs."""

from __future__ import annotations

from pydantic import Field

from core.errors import Conflict
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext

MIB = 1 << 20


class PullModel(Operation):
    """Download a model by its id in the catalogue, or the missing parts of a model that is here."""

    name = "pull_model"
    title = "Download"
    summary = "Downloads a model with all that it needs."
    category = "setting"
    lane = "io"
    has_brick = False
    cacheable = False
    outputs = (Port("files", "json"),)

    model: str = Field(
        max_length=200,
        title="Model",
        description="An id of the catalogue, or of a model here whose missing parts to get.",
        json_schema_extra=ui("text"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse at once what the catalogue does not have, or anything while offline."""
        offer = ctx.models.offer(self.model)
        if ctx.settings.offline:
            raise Conflict("The studio is offline.", fix="Unset QPYT_OFFLINE and start it again.")
        return Resolved(
            self, facts={"download": {"id": self.model, "repository": offer.repository}}
        )

    def run(self, ctx: Context) -> None:
        """Steps are mebibytes; a cancelled download goes on where it stopped when it is retried."""

        def report(done: int, total: int) -> None:
            phase = "downloading" if total else "waiting for another download"
            ctx.progress(phase, step=done // MIB, steps=-(-total // MIB))

        ctx.progress("asking the hub")
        ctx.add_value(ctx.downloads.pull(self.model, report), port="files")
