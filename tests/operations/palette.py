"""A kind of its own and two operations that use it: all that a new kind takes is in this file."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from core import kinds
from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import JsonPort, Port, PortField, ui

PALETTE = kinds.add(
    kinds.Kind(
        name="palette",
        noun="palette",
        storage="json",
        wire=("oklch(60% 0.12 100)", "#e6d27a"),
    )
)
PalettePort = Annotated[JsonPort, PortField("palette")]


class PickColours(Operation):
    """Make palettes of given colours."""

    name = "pick_colours"
    title = "Pick colours"
    summary = "Makes palettes of given colours."
    category = "generator"
    lane = "cpu"
    outputs = (Port("palette", "palette"),)

    colours: tuple[str, ...] = Field(("#ff0000", "#00ff00"), json_schema_extra=ui("hidden"))
    num_palettes: int = Field(1, json_schema_extra=ui("number"))

    def run(self, ctx: Context) -> None:
        for index in range(self.num_palettes):
            ctx.add_value({"task": "a name", "colours": self.colours[index:]}, port="palette")


class CountColours(Operation):
    """Count the colours of a palette."""

    name = "count_colours"
    title = "Count colours"
    summary = "Counts the colours of a palette."
    category = "generator"
    lane = "cpu"
    outputs = (Port("count", "json"),)

    palette: PalettePort = Field(title="Palette", json_schema_extra=ui("textarea"))

    def run(self, ctx: Context) -> None:
        palette: Mapping[str, Any] = json.loads(str(self.palette))
        ctx.add_value(len(palette["colours"]), port="count")
