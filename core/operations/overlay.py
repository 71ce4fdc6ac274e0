"""Frames, pips, indices and texts of a card, drawn over an image."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import Port, PortField, TaskOutput, ui
from core.pictures.cards.names import LAYOUTS

TEXT_MAX = 400
GROUND = "#b4b6be"  # behind a card without an image


class Overlay(Operation):
    """Make a card of an image: deterministic, so that the Ace shows as an Ace.

    The layout says where everything stands, in millimetres or percent. A value of two to ten draws
    as many pips of the suit; courts and jokers get none.
    """

    name = "overlay"
    title = "Card"
    summary = "Draws frame, pips, index and texts of a card over an image."
    category = "generator"
    lane = "cpu"
    short = True
    transient = True
    outputs = (Port("image", "image"),)

    image: Annotated[str | TaskOutput | None, PortField("image")] = Field(
        None,
        title="Image",
        description="The image of the card; without one the card has a plain ground.",
        json_schema_extra=ui("image"),
    )
    layout: str = Field(
        "poker",
        title="Layout",
        description="Size of the card, and the places of its parts.",
        json_schema_extra={"enum": list(LAYOUTS), **ui("select", choices=LAYOUTS)},
    )
    value: str = Field(
        "",
        max_length=40,
        title="Value",
        description="ace, 2 to 10 or two to ten, jack, queen, king, joker, or any text.",
        json_schema_extra=ui("text"),
    )
    suit: str = Field(
        "",
        max_length=40,
        title="Suit",
        description="hearts, diamonds, clubs, spades or star.",
        json_schema_extra=ui("text"),
    )
    card_title: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Title",
        description="A line below the image.",
        json_schema_extra=ui("text"),
    )
    number: str = Field(
        "",
        max_length=40,
        title="Number",
        description="A line at the top, such as a roman numeral.",
        json_schema_extra=ui("text"),
    )
    text: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Text",
        description="A box of several lines.",
        json_schema_extra=ui("text", advanced=True),
    )
    frame: bool = Field(
        True,
        title="Frame",
        description="A frame around the image; without it the image covers the card.",
        json_schema_extra=ui("toggle"),
    )
    index: bool = Field(
        True,
        title="Corner index",
        description="Value and suit in two corners.",
        json_schema_extra=ui("toggle"),
    )
    pips: bool = Field(
        True,
        title="Pips",
        description="The pips of the value.",
        json_schema_extra=ui("toggle"),
    )
    bleed: bool = Field(
        False,
        title="Bleed",
        description="Draw beyond the edge, for cutting.",
        json_schema_extra=ui("toggle", advanced=True),
    )
    dpi: int = Field(
        300,
        ge=72,
        le=600,
        title="Resolution",
        description="Dots per inch of the card.",
        json_schema_extra=ui("slider", step=1, unit="dpi", advanced=True),
    )

    @field_validator("layout")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in LAYOUTS:
            raise ValueError(f"there is no layout {value!r}; there are {', '.join(LAYOUTS)}")
        return value

    def run(self, ctx: Context) -> None:
        """One card."""
        from PIL import Image

        from core.pictures.cards.drawing import Card, draw_card
        from core.pictures.cards.layout import layouts

        ctx.progress("drawing")
        card = Card(
            value=self.value,
            suit=self.suit,
            title=self.card_title,
            number=self.number,
            text=self.text,
            frame=self.frame,
            index=self.index,
            pips=self.pips,
            bleed=self.bleed,
        )
        image = Image.new("RGB", (8, 8), GROUND) if self.image is None else ctx.image(self.image)
        ctx.add_image(draw_card(image, card, layouts()[self.layout], self.dpi))
