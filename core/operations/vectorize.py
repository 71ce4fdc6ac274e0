"""From an image of pixels to a drawing of shapes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import ImagePort, Port, ui

CURVES = {"spline": "Smooth curves", "polygon": "Straight edges", "pixel": "The pixels' steps"}
LAYERS = {"stacked": "Lie on each other", "cutout": "Cut out of each other"}


class Vectorize(Operation):
    """Trace an image's shapes as an SVG, which stays sharp at any size."""

    name = "vectorize"
    title = "Vectorize"
    summary = "Traces an image as an SVG."
    category = "generator"
    lane = "cpu"
    outputs = (Port("svg", "svg"),)

    image: ImagePort = Field(title="Image")
    colormode: Literal["color", "binary"] = Field(
        "color",
        title="Colours",
        description="binary: black shapes only.",
        json_schema_extra=ui("select", choices={"color": "All", "binary": "Black alone"}),
    )
    mode: Literal["spline", "polygon", "pixel"] = Field(
        "spline",
        title="Curves",
        description="Smooth curves, straight edges, or the pixels' own steps.",
        json_schema_extra=ui("select", choices=CURVES),
    )
    hierarchical: Literal["stacked", "cutout"] = Field(
        "stacked",
        title="Layers",
        description="Shapes lie on each other, or are cut out of each other.",
        json_schema_extra=ui("select", choices=LAYERS, advanced=True),
    )
    filter_speckle: int = Field(
        4,
        ge=0,
        le=128,
        title="Speckle filter",
        description="Patches up to so many pixels a side are left out.",
        json_schema_extra=ui("slider", step=1, unit="px"),
    )
    color_precision: int = Field(
        6,
        ge=1,
        le=8,
        title="Colour precision",
        description="How finely colours are told apart.",
        json_schema_extra=ui("slider", step=1, unit="bits"),
    )
    layer_difference: int = Field(
        16,
        ge=0,
        le=255,
        title="Layer difference",
        description="How far colours of neighbouring layers lie apart.",
        json_schema_extra=ui("slider", step=1, unit="levels"),
    )
    corner_threshold: int = Field(
        60,
        ge=0,
        le=180,
        title="Corner threshold",
        description="A turn of at least this angle is a corner.",
        json_schema_extra=ui("slider", step=1, unit="°", advanced=True),
    )
    length_threshold: float = Field(
        4.0,
        ge=3.5,
        le=10,
        title="Segment length",
        description="Curves are divided until no segment is longer.",
        json_schema_extra=ui("slider", step=0.5, unit="px", advanced=True),
    )
    max_iterations: int = Field(
        10,
        ge=1,
        le=20,
        title="Smoothing rounds",
        description="More rounds make smoother curves.",
        json_schema_extra=ui("slider", step=1, advanced=True),
    )
    splice_threshold: int = Field(
        45,
        ge=0,
        le=180,
        title="Splice threshold",
        description="Curves that meet at less than this angle become one.",
        json_schema_extra=ui("slider", step=1, unit="°", advanced=True),
    )
    path_precision: int = Field(
        3,
        ge=0,
        le=8,
        title="Path precision",
        description="Digits after the point in the file.",
        json_schema_extra=ui("slider", step=1, advanced=True),
    )

    def run(self, ctx: Context) -> None:
        """One image in, one drawing out."""
        from core.pictures import vector_drawing as drawing

        picture = ctx.image(self.image)
        traced = drawing.within_limits(picture)
        if traced.size != picture.size:
            ctx.warn(
                "traced_smaller",
                f"The image is large: it was traced at {traced.width} × {traced.height}.",
                "image",
            )
        options = self.model_dump(exclude={"image"})
        options["mode"] = "none" if self.mode == "pixel" else self.mode
        svg = drawing.trace(traced, options, lambda: ctx.progress("tracing"))
        metadata = {
            "operation": self.name,
            "params": self.model_dump(),
            "history": list(ctx.origin(self.image).history),
        }
        data, paths = drawing.clean_svg(svg, traced.size, picture.size, metadata)
        if not paths:
            ctx.warn("nothing_traced", "There are no shapes left to trace in this image.")
        ctx.add_file(
            data,
            media_type="image/svg+xml",
            port="svg",
            width=picture.width,
            height=picture.height,
        )
