"""A LoRA in use: which file, and how strongly."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.operations.declaration.fields import PortField, ui

WEIGHT_MAX = 4.0
LORAS_MAX = 16


class LoraUse(BaseModel):
    """One LoRA: its id, name or content hash, and its weight; 0 leaves it out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=300, description="ID, name or content hash.")
    weight: float = Field(
        1.0, ge=-WEIGHT_MAX, le=WEIGHT_MAX, description="Strength; 0 leaves it out."
    )
    enabled: bool = Field(True, description="False leaves it out.")

    @property
    def active(self) -> bool:
        """True if it changes the image."""
        return self.enabled and self.weight != 0


def parse_uses(given: Any) -> Any:
    """`"name:0.8, other"`, as the command line writes it; anything else as it is."""
    if not isinstance(given, str):
        return given
    uses = []
    for part in filter(None, (part.strip() for part in given.split(","))):
        name, colon, weight = part.rpartition(":")
        uses.append({"name": name, "weight": weight} if colon else {"name": weight})
    return uses


LorasPort = Annotated[
    tuple[LoraUse, ...],
    Field(max_length=LORAS_MAX),
    BeforeValidator(parse_uses),
    PortField("loras"),
    Field(
        title="LoRAs",
        description="LoRAs with their weights.",
        json_schema_extra=ui("hidden"),
    ),
]
NamedLoras = Annotated[
    LorasPort,
    Field(
        description="LoRAs with their weights; a negative weight subtracts.",
        examples=[[{"name": "robot", "weight": 0.8}]],
        json_schema_extra=ui("loras"),
    ),
]
"""LoRAs that an operation is about: its example names one."""
