"""Fields and steps that the operations on LoRA files share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from core.errors import ModelMissing
from core.operations.declaration.base import Context
from core.operations.declaration.fields import ui
from core.operations.declaration.resolving import ResolveContext
from core.training.configuration.sections import Layout, Stored

if TYPE_CHECKING:
    from core.engine.lab.merging import Result
    from core.models.families.family import Family
    from core.models.library.lora_file import LoraFile

SAFETENSORS = "application/octet-stream"

LoraName = Annotated[
    str,
    Field(
        max_length=80,
        pattern=r"^[\w .()+-]*$",
        title="Name",
        description="Name of the result in the library; without it, one of its sources.",
        json_schema_extra=ui("text"),
    ),
]
LoraSource = Annotated[
    str,
    Field(
        min_length=1,
        max_length=300,
        title="LoRA",
        description="ID, name or content hash of a LoRA.",
        json_schema_extra=ui("lora"),
    ),
]
LayoutField = Annotated[
    Layout,
    Field(
        title="Layout",
        description="Names of the keys: diffusers, kohya (A1111), bfl (ComfyUI).",
        json_schema_extra=ui("select", advanced=True),
    ),
]
StoredField = Annotated[
    Stored,
    Field(
        title="Number format",
        description="Number format of the file.",
        json_schema_extra=ui("select", advanced=True),
    ),
]
RankField = Annotated[
    int | None,
    Field(
        ge=1,
        le=1024,
        title="Rank",
        description="Rank of the result; without it, as large as needed.",
        json_schema_extra=ui("number"),
    ),
]
KeepField = Annotated[
    float | None,
    Field(
        gt=0,
        le=1,
        title="Share to keep",
        description="Smallest rank that keeps this share of the norm of every layer.",
        json_schema_extra=ui("number", step=0.01, advanced=True),
    ),
]


def fingerprints_of(
    ctx: ResolveContext, names: list[str], *, field: str = "loras"
) -> dict[str, str]:
    """The contents of the LoRAs that `field` names. Raises `ModelMissing`."""
    loras = [find_lora(ctx, name, field=field) for name in names]
    return {f"lora/{lora.id}": lora.fingerprint for lora in loras}


def find_lora(ctx: ResolveContext, name: str, *, field: str = "lora") -> LoraFile:
    """The LoRA that `field` names. Raises `ModelMissing`."""
    try:
        return ctx.loras.find(name)
    except ModelMissing as missing:
        missing.field = field
        raise


def deliver(
    ctx: Context,
    result: Result,
    family: Family,
    name: str,
    metadata: Mapping[str, str],
    layout: Layout,
    dtype: Stored,
    **facts: Any,
) -> None:
    """Put the result into the library, and its file and report onto the ports."""
    from core.engine.lab.writing import lora_file

    ctx.progress("writing")
    data = lora_file(result.changes, family, layout, metadata, dtype)
    stored = ctx.add_lora(name, data)
    ctx.add_file(data, media_type=SAFETENSORS, port="lora")
    ctx.add_value({"lora": stored, **result.report(), **facts}, port="report")
