"""A slow operation that counts: it reports, yields, goes on from its checkpoint, and stops."""

import math
import time

from PIL import Image
from pydantic import Field

from core.operations.declaration.base import Context, Operation
from core.operations.declaration.fields import ImagePort, Port


class Counting(Operation):
    """Counts to `until`, `pause` seconds a step; delivers how far this run began and ended."""

    name = "counting"
    title = "Counting"
    category = "setting"
    lane = "cpu"
    outputs = (Port("counted", "json"),)

    until: int = Field(10, ge=0)
    pause: float = Field(0.01, ge=0, le=10)

    def run(self, ctx: Context) -> None:
        restored = ctx.restored()
        first = int(restored.read_text(encoding="utf-8")) if restored else 0
        for number in range(first, self.until):
            if ctx.should_yield():
                path = ctx.folder / "number"
                path.write_text(str(number), encoding="utf-8")
                ctx.checkpoint(path)
            ctx.metric("half", (number + 1) / 2, number + 1)
            ctx.metric("odd", math.nan if number % 2 else 1.0, number + 1)
            ctx.progress("counting", step=number + 1, steps=self.until)
            time.sleep(self.pause)
        ctx.add_value({"from": first, "to": self.until}, port="counted")


class CountingDevice(Counting):
    """The same on the device lane."""

    name = "counting_device"
    lane = "device"


class Painting(Operation):
    """Delivers `count` images of one colour, `side` pixels wide and high."""

    name = "painting"
    title = "Painting"
    category = "generator"
    lane = "cpu"
    outputs = (Port("image", "image", many=True),)

    count: int = Field(1, ge=1)
    side: int = Field(16, ge=1)
    noise: bool = False

    def run(self, ctx: Context) -> None:
        for index in range(self.count):
            ctx.progress("painting", image=index + 1, images=self.count)
            picture = (
                Image.effect_noise((self.side, self.side), 90).convert("RGB")
                if self.noise
                else Image.new("RGB", (self.side, self.side), (index % 256, 80, 160))
            )
            ctx.add_image(picture, seed=index)
        ctx.warn("painted", "It is only paint.")


class Measuring(Operation):
    """Delivers the size and mode of the image it gets."""

    name = "measuring"
    title = "Measuring"
    category = "setting"
    lane = "cpu"
    outputs = (Port("size", "json"),)

    image: ImagePort

    def run(self, ctx: Context) -> None:
        assert isinstance(self.image, str)
        ctx.progress("measuring")
        image = ctx.image(self.image)
        ctx.add_value([*image.size, image.mode], port="size")
