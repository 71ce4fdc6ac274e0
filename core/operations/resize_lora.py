"""A LoRA in another rank."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port
from core.operations.declaration.lab_fields import (
    KeepField,
    LayoutField,
    LoraName,
    LoraSource,
    RankField,
    StoredField,
    deliver,
    fingerprints_of,
)
from core.operations.declaration.resolving import ResolveContext


class ResizeLora(Operation):
    """Give a LoRA a smaller rank by the singular value decomposition of its changes.

    The report states the norm of what is lost.
    """

    name = "resize_lora"
    title = "Resize LoRA"
    summary = "Writes a LoRA in a smaller rank."
    category = "generator"
    in_lab = True
    lane = "cpu"
    cacheable = False
    outputs = (Port("lora", "lora"), Port("report", "json"))

    lora: LoraSource
    rank: Annotated[RankField, Field(examples=[16])] = None
    keep: KeepField = None
    lora_name: LoraName = ""
    layout: LayoutField = "diffusers"
    dtype: StoredField = "float16"

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse a LoRA that is not here, and a size without a rank."""
        if self.rank is None and self.keep is None:
            raise InvalidInput(
                "Neither a rank nor a share to keep is given.",
                field="rank",
                fix="Set `rank`, or `keep` to a share such as 0.95.",
            )
        return Resolved(self, fingerprints=fingerprints_of(ctx, [self.lora], field="lora"))

    def run(self, ctx: Context) -> None:
        """Read, compress, write."""
        from core.engine.lab.merging import resized
        from core.engine.lab.reading import read_lora
        from core.models.lora_origin import lab_metadata

        ctx.progress("reading")
        lora = read_lora(ctx.resolver.loras.find(self.lora))
        ctx.progress("resizing")
        result = resized(lora.changes, self.rank, self.keep)
        rank = max(factors.rank for factors in result.changes.values())
        name = self.lora_name or f"{lora.name[:70]}-r{rank}"
        source = {"name": lora.name, "fingerprint": lora.fingerprint}
        metadata = lab_metadata(
            self.name,
            name,
            lora.family.architecture,
            rank,
            [source],
            [lora.metadata],
            error=result.error,
        )
        deliver(ctx, result, lora.family, name, metadata, self.layout, self.dtype)
