"""Many images on one sheet, with their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.print_cards import PRINT_MAX, PrintImages

if TYPE_CHECKING:
    from PIL import Image

    from core.pictures.printing.contact import ContactSheet as Contents

LABEL_MAX = 300
Labels = Annotated[
    tuple[Annotated[str, Field(max_length=LABEL_MAX)], ...],
    Field(max_length=PRINT_MAX, json_schema_extra=ui("hidden")),
]


class ContactSheet(Operation):
    """Draw images in a grid with labels, as an image or as a document of pages."""

    name = "contact_sheet"
    title = "Contact sheet"
    summary = "Draws many images on one sheet, with labels and headings."
    category = "output"
    lane = "cpu"
    outputs = (Port("image", "image"), Port("pdf", "pdf"))

    images: PrintImages
    cell_labels: Labels = Field((), title="Labels", description="Label of each cell, in order.")
    places: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=PRINT_MAX)], ...],
        Field(max_length=PRINT_MAX, json_schema_extra=ui("hidden")),
    ] = Field((), title="Cells", description="Cell of each image, from 0; without, in order.")
    column_labels: Labels = Field((), title="Columns", description="Headings of the columns.")
    row_labels: Labels = Field((), title="Rows", description="Headings of the rows.")
    columns: int = Field(
        0,
        ge=0,
        le=PRINT_MAX,
        title="Columns",
        description="Images in a row; 0: as many as suit their number.",
        json_schema_extra=ui("slider", step=1),
    )
    format: Literal["png", "pdf"] = Field(
        "png",
        title="Format",
        description="One image, or a document with as many pages as it needs.",
        json_schema_extra=ui("select", choices={"png": "PNG", "pdf": "PDF"}),
    )
    cell: int = Field(
        256,
        ge=48,
        le=1024,
        title="Cell",
        description="Width of a cell of the image.",
        json_schema_extra=ui("slider", step=16, unit="px", when={"format": ["png"]}),
    )
    paper: Literal["a4", "letter"] = Field(
        "a4",
        title="Paper",
        description="Of the document.",
        json_schema_extra=ui(
            "select", choices={"a4": "A4", "letter": "Letter"}, when={"format": ["pdf"]}
        ),
    )
    dpi: int = Field(
        200,
        ge=72,
        le=600,
        title="Resolution",
        description="Dots per inch of the document.",
        json_schema_extra=ui("slider", step=1, unit="dpi", advanced=True, when={"format": ["pdf"]}),
    )
    sheet_title: str = Field(
        "",
        max_length=LABEL_MAX,
        title="Title",
        description="A line above the images.",
        json_schema_extra=ui("text"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """A cell for each image, if cells are named."""
        if self.places and len(self.places) != len(self.images):
            raise InvalidInput(
                f"There are {len(self.places)} cells for {len(self.images)} images.",
                field="places",
                fix="Name one cell for each image, or none.",
            )
        if len(set(self.places)) != len(self.places):
            raise InvalidInput("A cell is named twice.", field="places", fix="Name each cell once.")
        return Resolved(self)

    def run(self, ctx: Context) -> None:
        """One sheet."""
        from core.pictures.printing import contact

        sheet = self._contents()
        first = ctx.image(self.images[0])
        aspect = min(max(first.height / first.width, 0.25), 4.0)

        def open_image(number: int) -> Image.Image:
            ctx.progress("arranging", step=number + 1, steps=len(self.images))
            return ctx.image(self.images[number])

        if self.format == "pdf":
            *_, data = contact.draw_pages(sheet, open_image, self.paper, self.dpi, aspect)
            ctx.add_file(data, media_type="application/pdf", port="pdf")
        else:
            width = min(sheet.columns * self.cell + 160, contact.SIDE_MAX)
            try:
                image = contact.draw_sheet(sheet, open_image, width, aspect)
            except contact.TooLong as error:
                fix = "Use more columns, or the format `pdf`."
                raise InvalidInput(str(error), field="columns", fix=fix) from error
            ctx.add_image(image)

    def _contents(self) -> Contents:
        from core.pictures.printing.contact import ContactSheet as Contents
        from core.pictures.printing.contact import columns_of

        places = self.places or tuple(range(len(self.images)))
        cells = max(len(self.cell_labels), max(places) + 1)
        return Contents(
            labels=self.cell_labels,
            columns=self.columns or len(self.column_labels) or columns_of(cells),
            places=places,
            title=self.sheet_title,
            column_labels=self.column_labels,
            row_labels=self.row_labels,
        )
