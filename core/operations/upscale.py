"""Make a picture larger."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from core.errors import InvalidInput, ModelMissing
from core.operations.base import Context, Operation, Resolved, Warning
from core.operations.fields import SEED_MAX, ImagePort, Port, TextPort, ui
from core.operations.generation import model_facts

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.engine.tiling import Piece
    from core.models.library import Library, Model

MODE = "img2img"  # of the model that draws the tiles
MAX_PIXELS = 1 << 26
NETWORK_TILE = 256
METHODS = {
    "lanczos": "Smooth · at once",
    "model": "Upscaler network",
    "diffusion": "Drawn anew in tiles",
}
UPSCALERS = {
    "swin2sr-x2": "Swin2SR ×2 · 49 MB · Apache 2.0",
    "swin2sr-x4": "Swin2SR ×4 · 49 MB · Apache 2.0",
}
_NETWORK = {"method": ["model"]}
_DRAWN = {"method": ["diffusion"]}
_TILED = {"method": ["model", "diffusion"]}


class Upscale(Operation):
    """Make a picture larger."""

    name = "upscale"
    title = "Upscale"
    summary = "Makes a picture up to four times as large."
    category = "generator"
    lane = "device"
    at_root = True
    outputs = (Port("image", "image"),)

    image: ImagePort = Field(title="Picture")
    factor: float = Field(
        2.0,
        ge=1,
        le=4,
        title="Factor",
        description="How many times as wide and high.",
        json_schema_extra=ui("slider", step=0.25, unit="×"),
    )
    method: Literal["lanczos", "model", "diffusion"] = Field(
        "lanczos", title="Method", json_schema_extra=ui("select", choices=METHODS)
    )
    upscaler: str = Field(
        "swin2sr-x2",
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_. -]*$",
        max_length=200,
        title="Upscaler",
        description="A network by id, or a safetensors file of models/upscalers by name.",
        json_schema_extra=ui("select", choices=UPSCALERS, when=_NETWORK),
    )
    prompt: TextPort = Field(
        "",
        title="Prompt",
        description="What the picture shows.",
        json_schema_extra=ui("textarea", when=_DRAWN),
    )
    negative_prompt: TextPort = Field(
        "",
        title="Avoid",
        description="What not to draw.",
        json_schema_extra=ui("textarea", when=_DRAWN),
    )
    model: str | None = Field(
        None,
        max_length=200,
        title="Model",
        description="The id of a model that can vary pictures.",
        json_schema_extra=ui("model", mode=MODE, when=_DRAWN),
    )
    strength: float = Field(
        0.2,
        gt=0,
        le=1,
        title="Strength",
        description="How far each tile may leave what was there.",
        json_schema_extra=ui("slider", step=0.05, when=_DRAWN),
    )
    num_inference_steps: int | None = Field(
        None,
        ge=1,
        le=100,
        title="Steps",
        description="Denoising steps; the share `strength` of them runs.",
        json_schema_extra=ui("slider", step=1, from_model=True, when=_DRAWN),
    )
    guidance_scale: float | None = Field(
        None,
        ge=0,
        le=30,
        title="Guidance",
        description="How strictly the prompt is followed.",
        json_schema_extra=ui("slider", step=0.1, from_model=True, when=_DRAWN),
    )
    tile: int | None = Field(
        None,
        ge=64,
        le=2048,
        title="Tile",
        description="Side of what is worked on at once, which bounds the memory; empty chooses.",
        json_schema_extra=ui("number", unit="px", advanced=True, when=_TILED),
    )
    overlap: int = Field(
        64,
        ge=0,
        le=512,
        title="Overlap",
        description="How far tiles blend into each other: at most a quarter of a tile.",
        json_schema_extra=ui("number", unit="px", advanced=True, when=_TILED),
    )
    seed: int | None = Field(
        None,
        ge=0,
        le=SEED_MAX,
        title="Seed",
        description="Tile i uses seed + i; empty draws a new one.",
        json_schema_extra=ui("seed", when=_DRAWN),
    )

    def runs_in(self) -> str:
        """Interpolating does not wait behind a generation."""
        return "cpu" if self.method == "lanczos" else self.lane

    def resolve(self, library: Library) -> Resolved:
        """Settle tile, model and seed. Raises `InvalidInput`, `ModelMissing`."""
        if self.method == "diffusion":
            return self._drawn_by(self._model(library), library)
        if self.method == "model":
            return self._seen_by(library)
        return Resolved(self)

    def _seen_by(self, library: Library) -> Resolved:
        try:
            library.companion(self.upscaler)
        except ModelMissing as missing:
            raise ModelMissing(missing.detail, field="upscaler", fix=missing.fix) from missing
        except InvalidInput as unknown:
            raise InvalidInput(
                f"There is no upscaler {self.upscaler!r}.",
                field="upscaler",
                fix=f"Choose {' or '.join(UPSCALERS)}, or put a safetensors file into "
                "models/upscalers and name it without its ending.",
            ) from unknown
        tile = self.tile or NETWORK_TILE
        warnings, overlap = self._blend(tile)
        return Resolved(self._with(tile=tile, overlap=overlap), warnings)

    def _model(self, library: Library) -> Model:
        model = library.get(self.model) if self.model else library.default(MODE)
        if MODE not in model.modes:
            raise InvalidInput(
                f"{model.label} cannot vary pictures.",
                field="model",
                fix=f"Choose a model with the mode `{MODE}`: see /api/models.",
            )
        library.remember(model)
        return model

    def _drawn_by(self, model: Model, library: Library) -> Resolved:
        defaults = model.defaults(MODE)
        usual = int(defaults.get("width") or model.defaults("generate").get("width", 1024))
        tile, height = model.snap(self.tile or usual, self.tile or usual)
        if tile != height:
            raise InvalidInput(f"{model.label} draws no squares.", field="model")
        warnings, overlap = self._blend(tile)
        if self.tile not in (None, tile):
            detail = f"{model.label} draws tiles of {tile} pixels instead of {self.tile}."
            warnings = (Warning("tile_snapped", detail, "tile"), *warnings)
        seed = secrets.randbelow(SEED_MAX + 1) if self.seed is None else self.seed
        settled = self._with(
            model=model.id,
            tile=tile,
            overlap=overlap,
            seed=seed,
            num_inference_steps=self.num_inference_steps or defaults.get("num_inference_steps"),
            guidance_scale=(
                defaults.get("guidance_scale")
                if self.guidance_scale is None
                else self.guidance_scale
            ),
        )
        policy = "random" if self.seed is None else "manual"
        facts = {
            "seed": {"policy": policy, "value": seed},
            "model": model_facts(model, library),
        }
        return Resolved(settled, warnings, facts)

    def _blend(self, tile: int) -> tuple[tuple[Warning, ...], int]:
        """The overlap that a tile allows, and what is to be said of it."""
        overlap = min(self.overlap, tile // 4)
        if overlap == self.overlap or "overlap" not in self.model_fields_set:
            return (), overlap
        detail = f"Tiles of {tile} pixels overlap by {overlap} instead of {self.overlap}."
        return (Warning("overlap_shortened", detail, "overlap"),), overlap

    def _with(self, **changes: Any) -> Upscale:
        return type(self).model_validate({**dict(self), **changes})

    def check_sizes(self, sizes: Mapping[str, Sequence[tuple[int, int]]]) -> None:
        """Refuse a result that is too large before the task is stored, where its picture is here.

        Raises `InvalidInput`.
        """
        for size in sizes.get("image", ()):
            self._size(size)

    def run(self, ctx: Context) -> None:
        """One picture in, a larger one out."""
        assert isinstance(self.image, str)  # an asset id by the time it runs
        picture = ctx.image(self.image)
        size = self._size(picture.size)
        ctx.progress("enlarging")
        ways = {"lanczos": _smooth, "model": _by_network, "diffusion": _in_tiles}
        ctx.add_image(ways[self.method](self, ctx, picture, size), seed=self.seed)

    def _size(self, before: tuple[int, int]) -> tuple[int, int]:
        width, height = (max(1, round(side * self.factor)) for side in before)
        if width * height > MAX_PIXELS:
            raise InvalidInput(
                f"{before[0]}×{before[1]} times {self.factor:g} is {width}×{height}: more "
                f"than {MAX_PIXELS // 1_000_000} megapixels.",
                field="factor",
                fix="Choose a smaller factor or a smaller picture.",
            )
        return width, height


def _smooth(_asked: Upscale, _ctx: Context, picture: Image, size: tuple[int, int]) -> Image:
    from core.engine.enlarging import lanczos

    return lanczos(picture, size)


def _by_network(asked: Upscale, ctx: Context, picture: Image, size: tuple[int, int]) -> Image:
    from core.engine.enlarging import by_network
    from core.engine.upscalers import load

    ctx.progress("loading")
    network = ctx.companions.get(asked.upscaler, load)
    assert asked.tile is not None

    def told(piece: int, count: int) -> None:
        ctx.progress("enlarging", step=piece, steps=count)

    return by_network(picture, size, network, asked.tile, asked.overlap, told)


def _in_tiles(asked: Upscale, ctx: Context, picture: Image, size: tuple[int, int]) -> Image:
    from core.engine.enlarging import in_tiles

    ctx.progress("loading")
    assert asked.model is not None
    assert asked.tile is not None
    assert asked.seed is not None
    model = ctx.models.get(asked.model)
    tile, first = (asked.tile, asked.tile), asked.seed

    def redraw(before: Image, piece: Piece) -> Image:
        report = partial(ctx.progress, image=piece.index + 1, images=piece.count)
        given = {**dict(asked), "image": before, "width": tile[0], "height": tile[1]}
        seed = (first + piece.index) % (SEED_MAX + 1)
        return model.draw(MODE, given, seed=seed, report=report, warn=ctx.warn)

    return in_tiles(picture, size, tile, asked.overlap, redraw)
