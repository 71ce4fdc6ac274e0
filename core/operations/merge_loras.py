"""Merging LoRAs into one, by weight, block and layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.models.lora_blocks import PRESETS
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import TEXT_MAX, Port, ui
from core.operations.declaration.lab_fields import (
    KeepField,
    LayoutField,
    LoraName,
    RankField,
    StoredField,
    deliver,
    fingerprints_of,
)
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.lora_use import LoraUse, NamedLoras


def _as_lines(given: Any) -> Any:
    """`{"anna": "face"}` as lines of `anna: face`."""
    if isinstance(given, Mapping):
        return "\n".join(f"{name}: {rules}" for name, rules in given.items())
    return given


class MergeLoras(Operation):
    """Add LoRAs up with their weights; a negative weight subtracts.

    `concatenate` is exact and as large as all of them, `svd` is the nearest LoRA of a rank,
    `linear` sums the matrices as other programs do. The report states the error against the exact
    sum.
    """

    name = "merge_loras"
    title = "Merge LoRAs"
    summary = "Merges LoRAs into one file of the library."
    category = "generator"
    in_lab = True
    lane = "cpu"
    cacheable = False
    outputs = (Port("lora", "lora"), Port("report", "json"))

    loras: NamedLoras = ()
    method: Literal["concatenate", "svd", "linear"] = Field(
        "svd",
        title="Method",
        description="Concatenate: exact. SVD: nearest of a rank. Linear: sum of the matrices.",
        json_schema_extra=ui(
            "select", choices={"concatenate": "Concatenate", "svd": "SVD", "linear": "Linear"}
        ),
    )
    rank: RankField = None
    blocks: Annotated[
        str,
        BeforeValidator(_as_lines),
        Field(
            max_length=TEXT_MAX,
            title="Blocks",
            description="Weights by block, a line a LoRA: `anna: face`, `ink: double.0-7=0.5`.",
            json_schema_extra=ui(
                "block_rules", choices={name: preset.title for name, preset in PRESETS.items()}
            ),
        ),
    ] = ""
    keep: KeepField = None
    lora_name: LoraName = ""
    layout: LayoutField = "diffusers"
    dtype: StoredField = "float16"

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse a LoRA that is not here, and rules for another one."""
        active = [use for use in self.loras if use.active]
        if not active:
            raise InvalidInput(
                "No LoRA is chosen.", field="loras", fix="Choose LoRAs, each with a weight."
            )
        names = {name for use in active for name in (use.name, ctx.loras.find(use.name).label)}
        unknown = [name for name in self._rules() if name not in names]
        if unknown:
            raise InvalidInput(
                f"`blocks` names {unknown[0][:80]!r}, which is not merged.",
                field="blocks",
                fix=f"Use one of: {', '.join(use.name for use in active)}.",
            )
        return Resolved(self, fingerprints=fingerprints_of(ctx, [use.name for use in active]))

    def run(self, ctx: Context) -> None:
        """Read, merge, write."""
        from core.engine.lab.merging import Ingredient, merged
        from core.engine.lab.reading import read_lora
        from core.models.lora_origin import lab_metadata

        active = [use for use in self.loras if use.active]
        ingredients = []
        for step, use in enumerate(active):
            ctx.progress("reading", step=step, steps=len(active))
            lora = read_lora(ctx.resolver.loras.find(use.name))
            ingredients.append(Ingredient(lora, use.weight, self._rules_of(use, lora.name)))
        ctx.progress("merging")
        result = merged(ingredients, self.method, self.rank, self.keep)
        family = ingredients[0].lora.family
        name = self.lora_name or "+".join(part.lora.name for part in ingredients)[:80]
        sources = [
            {
                "name": part.lora.name,
                "fingerprint": part.lora.fingerprint,
                "weight": part.weight,
                "blocks": part.blocks,
            }
            for part in ingredients
        ]
        rank = max(factors.rank for factors in result.changes.values())
        metadata = lab_metadata(
            self.name,
            name,
            family.architecture,
            rank,
            sources,
            [part.lora.metadata for part in ingredients],
            method=self.method,
            error=result.error,
        )
        deliver(ctx, result, family, name, metadata, self.layout, self.dtype, sources=sources)

    def _rules_of(self, use: LoraUse, label: str) -> str:
        rules = self._rules()
        return rules.get(use.name, rules.get(label, ""))

    def _rules(self) -> dict[str, str]:
        """The rules of each LoRA by its name."""
        rules = {}
        for line in filter(None, map(str.strip, self.blocks.splitlines())):
            name, colon, text = line.partition(":")
            if not colon:
                raise InvalidInput(
                    f"The line {line[:80]!r} names no LoRA.",
                    field="blocks",
                    fix="Write a line for each LoRA: `anna: face`.",
                )
            rules[name.strip()] = text.strip()
        return rules
