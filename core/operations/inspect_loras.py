"""Facts of LoRA files, and the compatibility of several."""

from __future__ import annotations

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port
from core.operations.declaration.lab_fields import fingerprints_of
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_use import NamedLoras


class InspectLoras(Operation):
    """Read LoRA files: ranks, strength by block, metadata. Of several, also a score for each pair,
    with the reasons that lower it."""

    name = "inspect_loras"
    title = "Inspect LoRAs"
    summary = "Shows the facts of LoRAs and the compatibility of several."
    category = "setting"
    in_lab = True
    lane = "cpu"
    has_brick = False
    outputs = (Port("report", "json"),)

    loras: NamedLoras = ()

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse a LoRA that is not here."""
        if not self.loras:
            raise InvalidInput("No LoRA is chosen.", field="loras", fix="Choose a LoRA.")
        names = [use.name for use in self.loras]
        return Resolved(self, fingerprints=fingerprints_of(ctx, names))

    def run(self, ctx: Context) -> None:
        """Read each file once."""
        from core.engine.lab.inspection import facts, scores
        from core.engine.lab.reading import read_lora

        loras = []
        for step, use in enumerate(self.loras):
            ctx.progress("reading", step=step, steps=len(self.loras))
            loras.append(read_lora(ctx.resolver.loras.find(use.name)))
        report = {"loras": [facts(lora) for lora in loras], "pairs": scores(loras)}
        ctx.add_value(report, port="report")
