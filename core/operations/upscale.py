"""Make an image larger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, Field

from core.errors import InvalidInput, ModelMissing
from core.models.library import upscalers
from core.operations.declaration.base import Context, Resolved, Warning
from core.operations.declaration.fields import ImagePort, Port, TextPort, ui
from core.operations.declaration.resolving import ResolveContext
from core.operations.diffusion.control_use import STRENGTH_MAX
from core.operations.diffusion.parameters import DiffusionParameters
from core.operations.diffusion.plans import seed_of
from core.operations.diffusion.request import DiffusionRequest
from core.operations.diffusion.tile_control import (
    TileControl,
    controls_of_tile,
    find_tile_control,
    with_tile_control,
)

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.auxiliary.tiling import TilePiece
    from core.models.library.model import Model

MODE = "img2img"  # of the model that draws the tiles
MAX_PIXELS = 1 << 26
NETWORK_TILE = 256
METHODS = {
    "lanczos": "Lanczos · at once",
    "model": "Upscaler model",
    "diffusion": "Diffusion in tiles",
}
_NETWORK = {"method": ["model"]}
_DRAWN = {"method": ["diffusion"]}
_TILED = {"method": ["model", "diffusion"]}


def _shown_when_drawn(schema: dict[str, Any]) -> None:
    """In the form what all drawing shares matters for one method only."""
    for name in schema["properties"].keys() & DiffusionParameters.model_fields.keys():
        part = schema["properties"][name]
        more = {"mode": MODE} if name == "model" else {}
        part["ui"] = {**part["ui"], "when": _DRAWN, **more}


class Upscale(DiffusionParameters):
    """Make an image larger. Drawn in tiles, tile i uses seed + i."""

    model_config = ConfigDict(json_schema_extra=_shown_when_drawn)

    name = "upscale"
    title = "Upscale"
    summary = "Enlarges an image up to four times."
    category = "generator"
    lane = "device"
    at_root = True
    outputs = (Port("image", "image"),)
    form_order = ("image", "factor", "method", "upscaler", *DiffusionParameters.form_order)

    image: ImagePort = Field(title="Image")
    factor: float = Field(
        2.0,
        ge=1,
        le=4,
        title="Factor",
        description="Multiplies width and height.",
        json_schema_extra=ui("slider", step=0.25, unit="×"),
    )
    method: Literal["lanczos", "model", "diffusion"] = Field(
        "lanczos",
        title="Method",
        description="Resampling, a network, or diffusion in tiles.",
        json_schema_extra=ui("select", choices=METHODS),
    )
    upscaler: str = Field(
        upscalers.BUILT_IN,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_. -]*$",
        max_length=200,
        title="Upscaler",
        description="An auxiliary model or a model with a finisher by id, or a safetensors file of "
        "models/upscalers by name.",
        json_schema_extra=ui("companion", task="upscale", when=_NETWORK),
    )
    prompt: TextPort = Field(
        "",
        title="Prompt",
        description="What the image shows; `{a|b}` and `__list__` are chosen by the seed.",
        json_schema_extra=ui("textarea", tokens=True),
    )
    strength: float = Field(
        0.2,
        gt=0,
        le=1,
        title="Denoising strength",
        description="Near 0 keeps each tile, 1 ignores it.",
        json_schema_extra=ui("slider", step=0.05, when=_DRAWN),
    )
    tile: int | None = Field(
        None,
        ge=64,
        le=2048,
        title="Tile",
        description="Side of a tile, which bounds the memory; empty chooses.",
        json_schema_extra=ui(
            "number", unit="px", advanced=True, when=_TILED, placeholder="as fits"
        ),
    )
    overlap: int = Field(
        64,
        ge=0,
        le=512,
        title="Overlap",
        description="How far tiles blend into each other: at most a quarter of a tile.",
        json_schema_extra=ui("number", unit="px", advanced=True, when=_TILED),
    )

    tile_control: str | None = Field(
        None,
        max_length=300,
        title="Tile ControlNet",
        description="Keeps each tile close to the image, so that a higher strength adds detail.",
        json_schema_extra=ui("companion", task="control", none="None", advanced=True, when=_DRAWN),
    )
    tile_control_strength: float = Field(
        1.0,
        gt=0,
        le=STRENGTH_MAX,
        title="Strength of tile control",
        description="1 is its full effect.",
        json_schema_extra=ui("slider", step=0.05, advanced=True, when=_DRAWN),
    )

    def runs_in(self) -> str:
        """Interpolating does not wait behind a generation."""
        return "cpu" if self.method == "lanczos" else self.lane

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Settle tile, model and seed; what the method has no use for is put aside.

        Raises `InvalidInput`, `ModelMissing`.
        """
        if self.method == "diffusion":
            request = DiffusionRequest(self, MODE)
            model = request.model(ctx)
            resolved = request.resolve(ctx, model, *self._tiles(model))
            return with_tile_control(resolved, self._tile_control(model, ctx))
        fields = type(self).model_fields
        changes = {name: fields[name].default for name in DiffusionParameters.model_fields}
        if self.method == "lanczos":
            return Resolved(self.model_copy(update=changes))
        self._find(ctx)
        tile = self.tile or NETWORK_TILE
        warnings, overlap = self._blend(tile)
        return Resolved(
            self.model_copy(update={**changes, "tile": tile, "overlap": overlap}),
            warnings,
            fingerprints={f"auxiliary/{self.upscaler}": ctx.auxiliary.fingerprint(self.upscaler)},
        )

    def _find(self, ctx: ResolveContext) -> None:
        """Refuse an upscaler that is not here."""
        try:
            ctx.auxiliary.path(self.upscaler)
        except ModelMissing as missing:
            missing.field = "upscaler"
            raise
        except InvalidInput as unknown:
            known = ctx.auxiliary.offered(self.name)
            raise InvalidInput(
                f"There is no upscaler {self.upscaler!r}.",
                field="upscaler",
                fix=f"Choose {' or '.join(known)}, or put a safetensors file into "
                "models/upscalers and name it without its ending.",
            ) from unknown
        if ctx.auxiliary.is_own_upscaler(self.upscaler) and not upscalers.can_read():
            raise InvalidInput(
                f"{self.upscaler} needs the package spandrel, which is not installed.",
                field="upscaler",
                fix=f"Install it: {upscalers.SPANDREL}. Or choose another upscaler.",
            )

    def _tile_control(self, model: Model, ctx: ResolveContext) -> TileControl | None:
        if not self.tile_control:
            return None
        return find_tile_control(self.tile_control, self.tile_control_strength, model, ctx)

    def _tiles(self, model: Model) -> tuple[Mapping[str, int], Sequence[Warning]]:
        """The tile that the model draws, and how far tiles overlap."""
        usual = model.defaults(MODE).get("width")
        usual = int(usual or model.defaults("generate").get("width", 1024))
        wanted = self.tile or usual
        tile, height = model.drawn_size(*model.snap(wanted, wanted))
        if tile != height:
            raise InvalidInput(f"{model.label} draws no squares.", field="model")
        warnings, overlap = self._blend(tile)
        if self.tile not in (None, tile):
            detail = f"{model.label} draws tiles of {tile} pixels instead of {self.tile}."
            warnings = (Warning("tile_snapped", detail, "tile"), *warnings)
        return {"tile": tile, "overlap": overlap}, warnings

    def _blend(self, tile: int) -> tuple[tuple[Warning, ...], int]:
        """The overlap that a tile allows, and what is to be said of it."""
        overlap = min(self.overlap, tile // 4)
        if overlap == self.overlap or "overlap" not in self.model_fields_set:
            return (), overlap
        detail = f"Tiles of {tile} pixels overlap by {overlap} instead of {self.overlap}."
        return (Warning("overlap_shortened", detail, "overlap"),), overlap

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse a result that is too large before the task is stored, where its image is here.

        Raises `InvalidInput`.
        """
        for size in sizes.get("image", ()):
            self._size(size)

    def run(self, ctx: Context) -> None:
        """One image in, a larger one out."""
        picture = ctx.image(self.image)
        size = self._size(picture.size)
        if self.method == "diffusion":
            self._redraw(ctx, picture, size)
            return
        ctx.progress("enlarging")
        way = _by_network if self.method == "model" else _smooth
        ctx.add_image(way(self, ctx, picture, size))

    def _redraw(self, ctx: Context, picture: Image, size: tuple[int, int]) -> None:
        """Interpolated, then drawn anew tile by tile."""
        from core.engine.auxiliary.enlarging import in_tiles

        assert self.tile is not None  # resolved before it runs
        request, tile = DiffusionRequest(self, MODE), (self.tile, self.tile)
        model, (plan,) = request.load(ctx), request.plans(ctx)

        def redraw(before: Image, piece: TilePiece) -> Image:
            report = partial(ctx.progress, image=piece.index + 1, images=piece.count)
            given: dict[str, Any] = {"image": before, "width": tile[0], "height": tile[1]}
            given |= {"control": controls_of_tile(ctx, before)}
            return request.draw(ctx, model, plan, report, seed_of(self, piece.index), **given)

        made = in_tiles(picture, size, tile, self.overlap, redraw)
        ctx.note(model.facts)
        ctx.add_image(made, seed=plan.seed, parameters=plan.metadata)

    def _size(self, before: tuple[int, int]) -> tuple[int, int]:
        width, height = (max(1, round(side * self.factor)) for side in before)
        if width * height > MAX_PIXELS:
            raise InvalidInput(
                f"{before[0]}×{before[1]} times {self.factor:g} is {width}×{height}: more "
                f"than {MAX_PIXELS // 1_000_000} megapixels.",
                field="factor",
                fix="Choose a smaller factor or a smaller image.",
            )
        return width, height


def _smooth(_asked: Upscale, _ctx: Context, picture: Image, size: tuple[int, int]) -> Image:
    from core.engine.auxiliary.enlarging import lanczos

    return lanczos(picture, size)


def _by_network(asked: Upscale, ctx: Context, picture: Image, size: tuple[int, int]) -> Image:
    from core.engine.auxiliary.enlarging import by_network
    from core.engine.auxiliary.upscalers import load

    ctx.progress("loading")
    network = ctx.auxiliary_models.get(asked.upscaler, load)
    assert asked.tile is not None

    def report(piece: int, count: int) -> None:
        ctx.progress("enlarging", step=piece, steps=count)

    return by_network(picture, size, network, asked.tile, asked.overlap, report)
