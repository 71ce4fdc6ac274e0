"""A PDF of cards that a printer or a print shop can use as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, PortField, TaskOutput, as_list, ui
from core.operations.declaration.resolving import ResolveContext
from core.pictures.printing.paper import CARDS, NoRoom, Sheet, sheet_of

if TYPE_CHECKING:
    from PIL import Image

PRINT_MAX = 400  # images
PAPER_CHOICES = {"a4": "A4", "letter": "Letter", "card": "A page for each card"}
CARD_CHOICES = {
    "poker": "Poker, 63 × 88 mm",
    "tarot": "Tarot, 70 × 120 mm",
    "square": "Square, 70 mm",
    "custom": "Other",
}

# A limit before the validator is one of the list: behind it, schemas would call it a text's.
PrintImages = Annotated[
    tuple[str | TaskOutput, ...],
    Field(min_length=1, max_length=PRINT_MAX),
    BeforeValidator(as_list),
    PortField("image", many=True),
    Field(
        title="Images",
        json_schema_extra=ui("image"),
        description="The images in order: asset ids, data URIs or task outputs.",
    ),
]


class PrintCards(Operation):
    """Arrange images as cards on pages with bleed and crop marks, and backs for both sides."""

    name = "print_cards"
    title = "Print cards"
    summary = "Makes a print-ready PDF of cards: bleed, crop marks, backs, page boxes."
    category = "output"
    lane = "cpu"
    outputs = (Port("pdf", "pdf"),)

    images: PrintImages
    back: Annotated[str | TaskOutput | None, PortField("image", port="back", by_rule=False)] = (
        Field(
            None,
            title="Card back",
            description="An image for the back of every card; without it, fronts only.",
            json_schema_extra=ui("image"),
        )
    )
    paper: Literal["a4", "letter", "card"] = Field(
        "a4",
        title="Paper",
        description="Turned so that more cards fit; card: a page for each card.",
        json_schema_extra=ui("select", choices=PAPER_CHOICES),
    )
    card: Literal["poker", "tarot", "square", "custom"] = Field(
        "poker",
        title="Card",
        description="Size of the cut card.",
        json_schema_extra=ui("select", choices=CARD_CHOICES),
    )
    width_mm: float = Field(
        63,
        ge=10,
        le=400,
        title="Width",
        description="Of a custom card.",
        json_schema_extra=ui("number", step=0.5, unit="mm", when={"card": ["custom"]}),
    )
    height_mm: float = Field(
        88,
        ge=10,
        le=400,
        title="Height",
        description="Of a custom card.",
        json_schema_extra=ui("number", step=0.5, unit="mm", when={"card": ["custom"]}),
    )
    bleed_mm: float = Field(
        3,
        ge=0,
        le=10,
        title="Bleed",
        description="Printed beyond the cut, so that no white edge shows.",
        json_schema_extra=ui("slider", step=0.5, unit="mm"),
    )
    image_bleed_mm: float = Field(
        0,
        ge=0,
        le=20,
        title="Bleed of the images",
        description="The bleed that the images include; a lacking bleed is their mirrored edge.",
        json_schema_extra=ui("slider", step=0.5, unit="mm", advanced=True),
    )
    crop_marks: bool = Field(
        True,
        title="Crop marks",
        description="Lines beside the cards that show where to cut.",
        json_schema_extra=ui("toggle"),
    )
    dpi: int = Field(
        300,
        ge=72,
        le=600,
        title="Resolution",
        description="Dots per inch of the cards.",
        json_schema_extra=ui("slider", step=1, unit="dpi", advanced=True),
    )
    flip: Literal["long_edge", "short_edge"] = Field(
        "long_edge",
        title="Turn over",
        description="The edge over which the printer turns the paper for the backs.",
        json_schema_extra=ui(
            "select", choices={"long_edge": "Long edge", "short_edge": "Short edge"}
        ),
    )
    document_title: str = Field(
        "",
        max_length=200,
        title="Title",
        description="Title of the document.",
        json_schema_extra=ui("text", advanced=True),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The size of the card. Refuse one that is larger than its paper."""
        width, height = CARDS.get(self.card, (self.width_mm, self.height_mm))
        resolved = self.model_copy(update={"width_mm": width, "height_mm": height})
        resolved._sheet()
        return Resolved(resolved)

    def _sheet(self) -> Sheet:
        card = (self.width_mm, self.height_mm)
        try:
            return sheet_of(self.paper, card, self.bleed_mm, marks=self.crop_marks)
        except NoRoom as error:
            raise InvalidInput(
                str(error), field="paper", fix="Choose the paper `card`, or a smaller card."
            ) from error

    def run(self, ctx: Context) -> None:
        """One document."""
        from core.pictures.printing.cards import CardPrint, print_cards

        job = CardPrint(
            sheet=self._sheet(),
            dpi=self.dpi,
            image_bleed=self.image_bleed_mm,
            marks=self.crop_marks,
            long_edge=self.flip == "long_edge",
            title=self.document_title,
        )
        back = ctx.image(self.back) if self.back is not None else None
        data = b""
        for done, part in enumerate(print_cards(self._open_all(ctx), back, job), 1):
            ctx.progress("arranging", step=min(done, len(self.images)), steps=len(self.images))
            data = part
        ctx.add_file(data, media_type="application/pdf", port="pdf")

    def _open_all(self, ctx: Context) -> Iterator[Image.Image]:
        for image in self.images:
            yield ctx.image(image)
