"""A LoRA of the difference of two checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from core.errors import InvalidInput, ModelBroken, ModelMissing
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.lab_fields import LayoutField, LoraName, StoredField, deliver
from core.operations.declaration.resolving import ResolveContext

if TYPE_CHECKING:
    from core.models.library.model import Model


class ExtractLora(Operation):
    """Extract what a checkpoint was trained on top of its base, as a LoRA.

    The differences of the denoising network's weights are decomposed by singular values; the report
    states what the rank leaves out.
    """

    name = "extract_lora"
    title = "Extract LoRA"
    summary = "Extracts a LoRA from a checkpoint and its base."
    category = "generator"
    in_lab = True
    cacheable = False
    outputs = (Port("lora", "lora"), Port("report", "json"))

    base: str = Field(
        min_length=1,
        max_length=300,
        title="Base model",
        description="ID of the model that the checkpoint was trained from.",
        json_schema_extra=ui("model", mode="generate"),
    )
    tuned: str = Field(
        min_length=1,
        max_length=300,
        title="Checkpoint",
        description="ID of the trained model.",
        json_schema_extra=ui("model", mode="generate"),
    )
    rank: int = Field(
        32,
        ge=1,
        le=1024,
        title="Rank",
        description="Rank of the LoRA.",
        json_schema_extra=ui("number"),
    )
    lora_name: LoraName = ""
    layout: LayoutField = "diffusers"
    dtype: StoredField = "float16"

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The ids of the models. Refuses models of different architectures."""
        models = [self._model(ctx, "base"), self._model(ctx, "tuned")]
        architectures = [model.family.architecture for model in models]
        if architectures[0] != architectures[1]:
            raise InvalidInput(
                f"{models[0].label} is {architectures[0]}, {models[1].label} {architectures[1]}.",
                field="tuned",
                fix="Choose a checkpoint that was trained from the base.",
            )
        return Resolved(
            self.model_copy(update={"base": models[0].id, "tuned": models[1].id}),
            fingerprints={f"model/{model.id}": model.fingerprint for model in models},
        )

    def _model(self, ctx: ResolveContext, field: str) -> Model:
        try:
            return ctx.models.get(getattr(self, field))
        except (ModelMissing, ModelBroken) as error:
            error.field = field
            raise

    def run(self, ctx: Context) -> None:
        """Read both networks, decompose their differences, write."""
        from core.engine.lab.extraction import extracted
        from core.models.lora_origin import lab_metadata

        base, tuned = ctx.resolver.models.get(self.base), ctx.resolver.models.get(self.tuned)
        ctx.progress("reading")

        def report(done: int, total: int) -> None:
            ctx.progress("extracting", step=done, steps=total)

        result = extracted(base, tuned, self.rank, report)
        name = self.lora_name or f"{tuned.id}-{self.rank}"[:80].replace("/", "-")
        sources = [{"name": model.id, "fingerprint": model.fingerprint} for model in (base, tuned)]
        architecture = base.family.architecture
        metadata = lab_metadata(
            self.name, name, architecture, self.rank, sources, error=result.error
        )
        deliver(ctx, result, base.family, name, metadata, self.layout, self.dtype)
