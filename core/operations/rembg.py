"""Cut what is in front out of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from core.errors import InvalidInput, ModelMissing
from core.models.library.removers import LABELS, REMOVERS
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import ImagePort, Port, PortField, TaskOutput, ui
from core.operations.declaration.resolving import ResolveContext

if TYPE_CHECKING:
    from PIL.Image import Image

MATTING_PIXELS = 4_000_000
BACKGROUNDS = {"transparent": "Transparent", "colour": "A colour", "image": "An image"}


class Rembg(Operation):
    """Cut what is in front out of an image."""

    name = "rembg"
    title = "Remove background"
    summary = "Removes the background of an image."
    category = "generator"
    lane = "cpu"
    on_gpu = True
    at_root = True
    outputs = (Port("image", "image"), Port("mask", "mask"))

    image: ImagePort = Field(title="Image")
    model: str = Field(
        "nano",
        title="Model",
        description="The model that finds the subject; all of them run on this machine.",
        json_schema_extra={"enum": list(REMOVERS), **ui("select", choices=LABELS)},
    )
    background: Literal["transparent", "colour", "image"] = Field(
        "transparent",
        title="Background",
        description="What stands behind the subject.",
        json_schema_extra=ui("select", choices=BACKGROUNDS),
    )
    background_colour: str = Field(
        "#ffffff",
        pattern=r"^#[0-9a-fA-F]{6}$",
        title="Background colour",
        description="As #rrggbb.",
        json_schema_extra=ui("colour", when={"background": ["colour"]}),
    )
    background_image: Annotated[str | TaskOutput | None, PortField("image")] = Field(
        None,
        title="Background image",
        description="Scaled to cover: asset id, data URI or task output.",
        json_schema_extra=ui("image", when={"background": ["image"]}),
    )
    only_mask: bool = Field(
        False,
        title="Mask only",
        description="Output only the mask: white in the foreground.",
        json_schema_extra=ui("toggle", advanced=True),
    )
    alpha_matting: bool = Field(
        False,
        title="Alpha matting",
        description="Soft edges for hair and fur. The first time takes about a minute.",
        json_schema_extra=ui("toggle", advanced=True),
    )
    alpha_matting_foreground_threshold: int = Field(
        240,
        ge=1,
        le=255,
        title="Foreground threshold",
        description="Mask levels above this are foreground.",
        json_schema_extra=ui("slider", step=1, advanced=True, when={"alpha_matting": [True]}),
    )
    alpha_matting_background_threshold: int = Field(
        10,
        ge=0,
        le=254,
        title="Background threshold",
        description="Mask levels below this are background.",
        json_schema_extra=ui("slider", step=1, advanced=True, when={"alpha_matting": [True]}),
    )
    alpha_matting_erode_size: int = Field(
        10,
        ge=0,
        le=100,
        title="Erode size",
        description="Width of the edge that is computed anew.",
        json_schema_extra=ui(
            "slider", step=1, unit="px", advanced=True, when={"alpha_matting": [True]}
        ),
    )

    @field_validator("model")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in REMOVERS:
            raise ValueError(f"Input should be one of {', '.join(REMOVERS)}")
        return value

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse what cannot work. Raises `InvalidInput`, `ModelMissing`."""
        if self.background == "image" and self.background_image is None:
            raise InvalidInput("There is no image to put behind.", field="background_image")
        low, high = self.alpha_matting_background_threshold, self.alpha_matting_foreground_threshold
        if low >= high:
            raise InvalidInput(
                f"What is surely behind ({low}) must be darker than what is surely in front "
                f"({high}).",
                field="alpha_matting_background_threshold",
            )
        folder = ctx.auxiliary.path(self.model)
        if not (folder / REMOVERS[self.model].file).is_file():
            raise ModelMissing(
                f"{REMOVERS[self.model].file} is missing in {folder}.",
                field="model",
                fix="It comes with the studio: restore it, or choose another network.",
            )
        content = ctx.auxiliary.fingerprint(self.model, REMOVERS[self.model].file)
        return Resolved(self, fingerprints={f"auxiliary/{self.model}": content})

    def run(self, ctx: Context) -> None:
        """One image in, one image and its mask out."""
        from core.engine.auxiliary.cutouts import alpha_of, with_alpha

        picture = ctx.image(self.image)
        if self.alpha_matting and picture.width * picture.height > MATTING_PIXELS:
            raise InvalidInput(
                f"Soft edges are for images of up to {MATTING_PIXELS // 1_000_000} megapixels; "
                f"this one has {picture.width}×{picture.height}.",
                field="alpha_matting",
                fix="Make it smaller, or do without soft edges.",
            )
        mask = self._mask(ctx, picture)
        cut = with_alpha(picture, alpha_of(picture, mask))
        if self.alpha_matting:
            cut = self._softened(ctx, picture, mask)
        if not self.only_mask:
            ctx.add_image(self._before(ctx, cut))
        ctx.add_image(cut.getchannel("A"), port="mask")

    def _mask(self, ctx: Context, picture: Image) -> Image:
        from core.engine.auxiliary.removal import open_session

        remover = REMOVERS[self.model]
        ctx.progress("loading")
        session = ctx.auxiliary_models.get(
            self.model, lambda folder, device: open_session(folder, device, remover)
        )
        ctx.progress("cutting out")
        mask = session.predict(picture.convert("RGB"))[0]
        if not mask.point(_sure).getbbox():
            ctx.warn("nothing_found", "Nothing was found in front; all of it is background.")
        return mask

    def _softened(self, ctx: Context, picture: Image, mask: Image) -> Image:
        from core.engine.auxiliary.cutouts import alpha_of, with_alpha
        from core.engine.auxiliary.matting import Edges, refine

        edges = Edges(
            self.alpha_matting_foreground_threshold,
            self.alpha_matting_background_threshold,
            self.alpha_matting_erode_size,
        )
        soft = refine(picture, mask, edges, lambda: ctx.progress("softening edges"))
        return with_alpha(soft, alpha_of(picture, soft.getchannel("A")))

    def _before(self, ctx: Context, cut: Image) -> Image:
        from core.engine.auxiliary.cutouts import before_colour, before_picture

        if self.background == "colour":
            return before_colour(cut, self.background_colour)
        if self.background == "image":
            return before_picture(cut, ctx.image(self.background_image))
        return cut


def _sure(level: int) -> int:
    """255 for what is rather in front than behind."""
    return 255 if level > 127 else 0
