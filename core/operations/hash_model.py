"""The full SHA-256 of a model's or a LoRA's file, by which people and other tools name it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.errors import ModelBroken, ModelMissing
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext

MIB = 1 << 20


class HashModel(Operation):
    """Read a file through; the library finds it by the result from then on."""

    name = "hash_model"
    title = "Hash"
    summary = "Computes the full SHA-256 of a file."
    category = "setting"
    lane = "io"
    has_brick = False
    outputs = (Port("hash", "json"),)

    file: str = Field(
        max_length=300,
        title="File",
        description="A model's or LoRA's id.",
        json_schema_extra=ui("text"),
    )
    kind: Literal["model", "lora"] = Field(
        "model", title="Kind", description="Kind of the file.", json_schema_extra=ui("select")
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse what is not here, and a folder: it has no hash of its own."""
        try:
            content = ctx.models.file_fingerprint(self.file, self.kind)
        except (ModelMissing, ModelBroken) as error:
            error.field = "file"
            raise
        return Resolved(self, fingerprints={f"{self.kind}/{self.file}": content})

    def run(self, ctx: Context) -> None:
        """Steps are mebibytes."""

        def report(done: int, total: int) -> None:
            ctx.progress("reading", step=done // MIB, steps=-(-total // MIB))

        ctx.add_value(ctx.downloads.hash(self.file, self.kind, report), port="hash")
