"""Small operations on images: one takes a mask, one has a frame, one has no model here."""

from PIL import Image
from pydantic import Field

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import ImagePort, MaskPort, Port, ui

MOST = 4096


class Repaint(Operation):
    """Red where the mask is white."""

    name = "repaint"
    title = "Repaint"
    summary = "Paints red where the mask is white."
    category = "generator"
    lane = "cpu"
    outputs = (Port("image", "image"),)

    image: ImagePort = Field(title="Picture")
    mask: MaskPort = Field(title="Mask")

    def run(self, ctx: Context) -> None:
        assert isinstance(self.image, str)
        assert isinstance(self.mask, str)
        image = ctx.image(self.image).convert("RGB")
        red = Image.new("RGB", image.size, "red")
        ctx.add_image(Image.composite(red, image, ctx.image(self.mask).convert("L")))


class Extend(Operation):
    """Grey around an image."""

    name = "extend"
    title = "Extend"
    summary = "Puts grey around an image."
    category = "generator"
    lane = "cpu"
    outputs = (Port("image", "image"),)

    image: ImagePort = Field(title="Picture")
    top: int = Field(0, ge=0, le=MOST, title="Top", json_schema_extra=ui("frame", side="top"))
    bottom: int = Field(
        0, ge=0, le=MOST, title="Bottom", json_schema_extra=ui("frame", side="bottom")
    )
    left: int = Field(0, ge=0, le=MOST, title="Left", json_schema_extra=ui("frame", side="left"))
    right: int = Field(0, ge=0, le=MOST, title="Right", json_schema_extra=ui("frame", side="right"))
    unit: str = Field(
        "px",
        title="Unit",
        json_schema_extra={**ui("select"), "enum": ["px", "percent"]},
    )

    def run(self, ctx: Context) -> None:
        assert isinstance(self.image, str)
        image = ctx.image(self.image).convert("RGB")
        width, height = image.width + self.left + self.right, image.height + self.top + self.bottom
        larger = Image.new("RGB", (width, height), "grey")
        larger.paste(image, (self.left, self.top))
        ctx.add_image(larger)
