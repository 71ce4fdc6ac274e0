"""Scores of images by how closely they follow a control image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.operations.control.preprocessor import check_pixels
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import (
    IMAGES_MAX,
    ImagePort,
    ImagesPort,
    Port,
    PortField,
    TaskOutput,
    as_list,
    ui,
)
from core.operations.declaration.resolving import ResolveContext

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.pictures.control.edges import Mask

SHAPE_APART = 0.02  # relative difference of width to height
CONTROLS = {"edges": "Edges in white", "image": "An image"}
Depth = Annotated[str | TaskOutput | None, PortField("image", by_rule=False)]
Depths = Annotated[
    tuple[str | TaskOutput, ...],
    Field(max_length=IMAGES_MAX),
    BeforeValidator(as_list),
    PortField("image", many=True, by_rule=False),
]


class GeometryScore(Operation):
    """Compare the edges of images with those of a control image, and pick the closest.

    Edge IoU, and the boundary F-score with precision and recall, within a tolerance; with depth
    maps also their correlation. Images are compared at the size of the control image. Best is the
    highest boundary F-score, or the highest mean of it and the depth correlation.
    """

    name = "geometry_score"
    title = "Geometry score"
    summary = "Scores how closely images follow a control image, and picks the best."
    category = "generator"
    lane = "cpu"
    outputs = (Port("image", "image"), Port("score", "json", many=True), Port("report", "json"))

    image: ImagesPort = Field(title="Images")
    control: Annotated[ImagePort, PortField("image", by_rule=False)] = Field(title="Control image")
    control_type: Literal["edges", "image"] = Field(
        "edges",
        title="Control image is",
        description="White lines on black, or an image whose edges are found first.",
        json_schema_extra=ui("select", choices=CONTROLS),
    )
    tolerance: int = Field(
        2,
        ge=0,
        le=50,
        title="Tolerance",
        description="Distance within which two edges count as one.",
        json_schema_extra=ui("slider", step=1, unit="px"),
    )
    threshold: float = Field(
        0.2,
        gt=0,
        le=1,
        title="Threshold",
        description="Gradient that an edge must reach; 1 is a step from black to white.",
        json_schema_extra=ui("slider", step=0.01, advanced=True),
    )
    sigma: float = Field(
        1.0,
        ge=0,
        le=10,
        title="Smoothing",
        description="Gaussian before the gradient.",
        json_schema_extra=ui("slider", step=0.1, unit="px", advanced=True),
    )
    control_depth: Depth = Field(
        None,
        title="Control depth",
        description="A depth map to compare `depth` with.",
        json_schema_extra=ui("image", advanced=True),
    )
    depth: Depths = Field(
        (),
        title="Depth of the images",
        description="A depth map of each image, in order.",
        json_schema_extra=ui("image", advanced=True),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse depth maps without the one they are compared with, and the reverse."""
        if bool(self.depth) != (self.control_depth is not None):
            raise InvalidInput(
                "Depth is compared where both `control_depth` and `depth` are given.",
                field="depth" if self.control_depth else "control_depth",
                fix="Send both or neither.",
            )
        return Resolved(self)

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse images of another shape than the control image, and too large ones."""
        check_pixels(sizes)
        for control in sizes.get("control", ())[:1]:
            for field in ("image", "depth", "control_depth"):
                for size in sizes.get(field, ()):
                    _check_shape(size, control, field)

    def run(self, ctx: Context) -> None:
        """Report each image's score, and give the best image."""
        control = ctx.image(self.control)
        scores = [
            self._score(ctx, index, control, self._edges(control)) for index in range(self._count)
        ]
        best = max(range(self._count), key=lambda index: scores[index]["score"])
        for index, score in enumerate(scores):
            ctx.add_value(_sentence(index, score, best if self._count > 1 else None), port="score")
        report = {"best": best, "tolerance": self.tolerance, "scores": scores}
        ctx.note({"geometry": report})
        ctx.add_value(report, port="report")
        _add_unchanged(ctx, self.image[best])

    @property
    def _count(self) -> int:
        return len(self.image)

    def _edges(self, control: Image) -> Mask:
        from core.pictures.control.edges import canny
        from core.pictures.control.grey import levels

        if self.control_type == "edges":
            edges: Mask = levels(control) > 0.5
        else:
            edges = canny(control, self.threshold / 2, self.threshold, self.sigma)
        if not edges.any():
            raise InvalidInput(
                "The control image has no edges.",
                field="control",
                fix="Send white lines on black, or lower the threshold for an image.",
            )
        return edges

    def _score(self, ctx: Context, index: int, control: Image, edges: Mask) -> dict[str, Any]:
        from core.pictures.control.edges import canny
        from core.pictures.control.score import boundary_f, edge_iou

        ctx.progress("comparing", step=index, steps=self._count)
        image = ctx.image(self.image[index])
        self.check_sizes({"control": [control.size], "image": [image.size]})
        drawn = canny(_at(image, control), self.threshold / 2, self.threshold, self.sigma)
        f_score, precision, recall = boundary_f(edges, drawn, self.tolerance)
        score: dict[str, Any] = {
            "image": self.image[index],
            "edge_iou": round(edge_iou(edges, drawn, self.tolerance), 4),
            "boundary_f": round(f_score, 4),
            "precision": round(precision, 4),
            "recall": round(recall, 4),
        }
        depth = self._depth(ctx, index) if self.depth else None
        if depth is not None:
            score["depth_correlation"] = round(depth, 4)
        values = [score["boundary_f"], *([depth] if depth is not None else [])]
        return {**score, "score": round(sum(values) / len(values), 4)}

    def _depth(self, ctx: Context, index: int) -> float | None:
        from core.pictures.control.grey import levels
        from core.pictures.control.score import depth_correlation

        if len(self.depth) != self._count:
            raise InvalidInput(
                f"{self._count} images came with {len(self.depth)} depth maps.", field="depth"
            )
        control = ctx.image(self.control_depth)
        depth = ctx.image(self.depth[index])
        return depth_correlation(levels(control), levels(_at(depth, control)))


def _at(image: Image, control: Image) -> Image:
    """The image at the size of the control image."""
    from PIL.Image import Resampling

    return image if image.size == control.size else image.resize(control.size, Resampling.LANCZOS)


def _check_shape(size: tuple[int, int], control: tuple[int, int], field: str) -> None:
    if abs(size[0] * control[1] - size[1] * control[0]) > SHAPE_APART * size[1] * control[0]:
        raise InvalidInput(
            f"The image has {size[0]}×{size[1]} pixels and the control image "
            f"{control[0]}×{control[1]}: they do not have the same shape.",
            field=field,
            fix="Compare images with the control image that they were drawn from.",
        )


def _sentence(index: int, score: Mapping[str, Any], best: int | None) -> str:
    parts = [f"edge IoU {score['edge_iou']:.2f}", f"boundary F {score['boundary_f']:.2f}"]
    if "depth_correlation" in score:
        parts.append(f"depth {score['depth_correlation']:.2f}")
    mark = " (best)" if index == best else ""
    return f"Image {index + 1}: {', '.join(parts)}{mark}"


def _add_unchanged(ctx: Context, asset: Any) -> None:
    """An input image as a result, with its own metadata."""
    from PIL import Image

    data = ctx.file(asset)
    with Image.open(BytesIO(data)) as image:
        media_type = Image.MIME[image.format or "PNG"]
        ctx.add_file(
            data, media_type=media_type, port="image", width=image.width, height=image.height
        )
