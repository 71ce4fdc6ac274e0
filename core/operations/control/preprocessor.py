"""The base of pre-processors: one image in, its control image out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved, Warning
from core.operations.declaration.fields import ImagePort, Port
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.picture_sizes import check_not_strip

if TYPE_CHECKING:
    from PIL.Image import Image

PIXELS_MAX = 16_000_000
_FOR_DRAWINGS = (
    "The network of {} is used, which is for drawings of that model. Download another for photos."
)


class Preprocessor(Operation):
    """A computation of a control image, which has the size of the image it is made from.

    Subclasses add their parameters and `control_image`. What is transparent counts as white.
    """

    category = "generator"
    lane = "cpu"
    short = True
    transient = True
    outputs = (Port("image", "image"),)

    image: ImagePort = Field(title="Image")

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse an image of more pixels than are computed at once."""
        check_pixels(sizes)

    def run(self, ctx: Context) -> None:
        """One image in, one control image out."""
        picture = ctx.image(self.image)
        self.check_sizes({"image": [picture.size]})
        result = self.control_image(picture)
        if not any(high > low for low, high in _extrema(result)):
            ctx.warn(
                "control_empty", "The control image has one colour: it guides nothing.", "image"
            )
        ctx.add_image(result)

    def control_image(self, picture: Image) -> Image:
        """The control image, RGB, of an RGB or RGBA image."""
        raise NotImplementedError


class NetworkPreprocessor(Operation):
    """A control image that auxiliary models compute. What is transparent counts as white."""

    category = "generator"
    lane = "cpu"
    on_gpu = True
    outputs: ClassVar[tuple[Port, ...]] = (Port("image", "image"),)

    image: ImagePort = Field(title="Image")
    model: str

    @property
    def networks(self) -> tuple[str, ...]:
        """The ids of its auxiliary models."""
        return (self.model,)

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Choose a model where none is named; refuse at once where one is missing, with the way to
        get it."""
        operation, warnings = self, []
        if not all(self.networks):
            model = ctx.auxiliary.choose(self.name)
            operation = self.model_copy(update={"model": model})
            if model not in ctx.auxiliary.offered(self.name):
                warnings.append(Warning("for_drawings", _FOR_DRAWINGS.format(model), "model"))
        names = operation.networks
        contents = {f"auxiliary/{name}": ctx.auxiliary.fingerprint(name) for name in names}
        return Resolved(operation, tuple(warnings), fingerprints=contents)

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse a too large image, and a strip, which the networks would see distorted."""
        check_pixels(sizes)
        for size in sizes.get("image", ()):
            check_not_strip(size, "image")


def check_pixels(sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
    """Refuse images, by field, of more pixels than are computed at once."""
    for field, images in sizes.items():
        for width, height in images:
            if width * height > PIXELS_MAX:
                raise InvalidInput(
                    f"The image has {width}×{height} pixels; control images are computed for up "
                    f"to {PIXELS_MAX // 1_000_000} megapixels.",
                    field=field,
                    fix="Make it smaller.",
                )


def _extrema(image: Image) -> list[tuple[int, int]]:
    return [band.getextrema() for band in image.split()]  # type: ignore[misc]
