"""The form of a print of cards, as a set and the request of a print hold it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.operations.declaration.fields import ui
from core.operations.print_cards import CARD_CHOICES, PRINT_MAX


class PrintSettings(BaseModel):
    """Paper, card, bleed, marks and backs of a print."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paper: Literal["a4", "letter", "card"] = Field(
        "a4", description="Turned so that more cards fit; card: a page for each card."
    )
    card: Literal["auto", "poker", "tarot", "square", "custom"] = Field(
        "auto",
        description="Size of the cut card; auto: that of the overlay's layout, or poker.",
        json_schema_extra=ui("select", choices={"auto": "As the overlay", **CARD_CHOICES}),
    )
    width_mm: float | None = Field(
        None, ge=10, le=400, description="Width of a custom card.", examples=[None]
    )
    height_mm: float | None = Field(
        None, ge=10, le=400, description="Height of a custom card.", examples=[None]
    )
    bleed_mm: float = Field(3, ge=0, le=10, description="Printed beyond the cut.")
    crop_marks: bool = Field(True, description="Lines that show where to cut.")
    dpi: int = Field(300, ge=72, le=600, description="Dots per inch.")
    back: str | None = Field(
        None,
        max_length=64,
        description="ID of an image for the back of every card; null: fronts only.",
        examples=[None],
    )
    flip: Literal["long_edge", "short_edge"] = Field(
        "long_edge", description="Edge over which the printer turns the paper."
    )
    columns: int = Field(
        0, ge=0, le=PRINT_MAX, description="Columns of a contact sheet; 0: as suits."
    )
