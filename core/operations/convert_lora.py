"""A LoRA in the layout of another program."""

from __future__ import annotations

from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port
from core.operations.declaration.lab_fields import (
    LayoutField,
    LoraName,
    LoraSource,
    StoredField,
    deliver,
    fingerprints_of,
)
from core.operations.declaration.resolving import ResolveContext


class ConvertLora(Operation):
    """Write a LoRA with the keys of diffusers, kohya or the original networks.

    LoHas and LoKrs become LoRAs with the same change, of a larger rank.
    """

    name = "convert_lora"
    title = "Convert LoRA"
    summary = "Writes a LoRA in the layout of another program."
    category = "generator"
    in_lab = True
    lane = "cpu"
    cacheable = False
    outputs = (Port("lora", "lora"), Port("report", "json"))

    lora: LoraSource
    layout: LayoutField = "kohya"
    lora_name: LoraName = ""
    dtype: StoredField = "float16"

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse a LoRA that is not here."""
        return Resolved(self, fingerprints=fingerprints_of(ctx, [self.lora], field="lora"))

    def run(self, ctx: Context) -> None:
        """Read and write; the change stays the same."""
        from core.engine.lab.merging import Result
        from core.engine.lab.reading import read_lora
        from core.models.lora_origin import lab_metadata

        ctx.progress("reading")
        lora = read_lora(ctx.resolver.loras.find(self.lora))
        result = Result()
        for key, factors in lora.changes.items():
            result.add(key, factors, factors.norm, 0.0)
        name = self.lora_name or f"{lora.name[:70]}-{self.layout}"
        rank = max(factors.rank for factors in result.changes.values())
        source = {"name": lora.name, "fingerprint": lora.fingerprint}
        own = {name: str(value) for name, value in lora.metadata.items()}
        own.pop("lora_adapter_metadata", None)  # names of the old layout
        architecture = lora.family.architecture
        metadata = lab_metadata(self.name, name, architecture, rank, [source], [lora.metadata])
        deliver(ctx, result, lora.family, name, {**own, **metadata}, self.layout, self.dtype)
