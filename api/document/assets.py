"""Answers about assets, styles and words."""

from __future__ import annotations

from typing import Annotated, NotRequired

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import ByStatus, File, documented
from api.document.models import Licence
from api.document.tasks import NO_ERROR, Notice


@documented
class PixelDifference(TypedDict):
    """The difference between the pixels of two images, in levels of 0 to 255."""

    max: int
    """Largest difference of a channel."""
    mean: float
    """Mean difference of all channels."""
    changed: int
    """Number of pixels that differ."""
    pixels: int
    """Number of pixels."""


@documented
class EnvironmentChange(TypedDict):
    """A part of the environment that changed between an image and its replay."""

    name: str
    """Name of the part."""
    label: Annotated[str, Field(examples=["PyTorch"])]
    """Name of the part, for people."""
    before: str | None
    """Value in the snapshot of the image."""
    after: str | None
    """Value in that of the replay."""


@documented
class ReplayReport(TypedDict):
    """The result of the last replay of an image."""

    task_id: str
    """Task that compared the images."""
    asset_id: str
    """Image that the replay made."""
    finished_at: str
    """Time of the comparison."""
    identical: bool
    """True if no pixel differs."""
    pixels: PixelDifference | None
    """Difference of the pixels; null where the sizes differ."""
    size: Annotated[list[int], Field(examples=[[128, 128]])]
    """Width and height of the image."""
    other_size: Annotated[list[int], Field(examples=[[128, 128]])]
    """Width and height of the replay."""
    changes: list[EnvironmentChange]
    """Versions, files, hardware and plans that changed."""


@documented
class AssetColour(TypedDict):
    """A dominant colour of an image."""

    name: str
    """Name, as a filter names it."""
    hex: str
    """Colour in sRGB."""
    share: float
    """Share of the opaque pixels, 0 to 1."""


@documented
class AssetModel(TypedDict):
    """The model that made an asset."""

    id: str
    """ID of the model."""
    label: str
    """Name of the model."""


@documented
class AssetLora(TypedDict):
    """A LoRA that an asset was made with."""

    name: str
    """Name of the LoRA."""
    weight: float
    """Weight of the LoRA."""


@documented
class AssetChild(TypedDict):
    """An asset that was made from another."""

    id: str
    """ID of the asset."""
    thumbnail_url: str
    """Address of its thumbnail."""


@documented
class AssetParent(TypedDict):
    """An asset that another was made from."""

    id: str
    """ID of the asset."""
    thumbnail_url: str
    """Address of its thumbnail."""
    port: str
    """Input that it was used for."""


@documented
class Asset(TypedDict):
    """A stored file."""

    id: str
    """ID of the asset; IDs sort by time."""
    kind: str
    """Kind of the asset."""
    type: str
    """Media type of the file."""
    width: int | None
    """Width in pixels."""
    height: int | None
    """Height in pixels."""
    size: int
    """Bytes of the file."""
    name: str | None
    """Name of the uploaded file."""
    task_id: str | None
    """Task that made it; null for an upload."""
    metadata: dict[str, JsonValue]
    """Snapshot of the task that made it; complete where one asset is read."""
    created_at: str
    """Time of its creation, UTC, ISO 8601."""
    warnings: Annotated[list[Notice], Field(examples=[[]])]
    """Changes that the upload made to the image."""
    replay: Annotated[ReplayReport | None, Field(**NO_ERROR)]
    """Report of the last replay."""
    url: str
    """Address of the file."""
    thumbnail_url: str
    """Address of the thumbnail, a WebP."""
    rating: Annotated[int, Field(ge=0, le=5, examples=[4])]
    """Stars; 0: not rated."""
    favourite: bool
    """A favourite."""
    tags: Annotated[list[str], Field(examples=[["house", "night"]])]
    """Tags."""
    note: Annotated[str | None, Field(examples=[None])]
    """Note."""
    project_id: str | None
    """Project."""
    deleted_at: Annotated[str | None, Field(examples=[None])]
    """Time at which it was moved to the trash; null otherwise."""
    operation: str | None
    """Operation that made it; `upload` or `import` for files that came in."""
    prompt: str
    """Prompt of the image; of a derived image, that of its origin."""
    negative_prompt: Annotated[str, Field(examples=[""])]
    """Negative prompt."""
    model: Annotated[AssetModel | None, Field(examples=[{"id": "nano", "label": "Nano"}])]
    """Model that made it."""
    seed: int | None
    """Seed of the image."""
    loras: Annotated[list[AssetLora], Field(examples=[[]])]
    """LoRAs that it was made with."""
    colours: Annotated[
        list[AssetColour], Field(examples=[[{"name": "blue", "hex": "#3568c9", "share": 0.4}]])
    ]
    """Dominant colours, the strongest first; empty until the image was analysed."""
    collections: Annotated[list[str], Field(examples=[[]])]
    """IDs of the collections that hold it."""
    licence: Annotated[Licence | None, Field(examples=[None])]
    """Licence of the model that made it; null where no record names one."""
    parents: NotRequired[Annotated[list[AssetParent], Field(examples=[[]])]]
    """Assets that it was made from, where one asset is read."""
    children: NotRequired[Annotated[list[AssetChild], Field(examples=[[]])]]
    """Assets that were made from it, newest first, where one asset is read."""


@documented
class StyleLora(TypedDict):
    """A LoRA of a style."""

    name: str
    """Name of the LoRA."""
    weight: float
    """Weight of the LoRA."""


@documented
class Style(TypedDict):
    """A style: text around a prompt."""

    id: str
    """ID of the style."""
    name: str
    """Name of the style, for people."""
    prompt: str
    """Template; `{prompt}` is the place of the user's words."""
    negative_prompt: str
    """Text that is added to the negative prompt."""
    loras: list[StyleLora]
    """LoRAs that the style adds where they are on this machine."""
    category: str
    """Group of the style."""
    unavailable: str | None
    """The LoRAs of the style that are missing or broken; null where it can be used in full."""
    thumbnail_url: str
    """Address of the thumbnail, a WebP, or else of the swatch, an SVG."""


@documented
class Wildcard(TypedDict):
    """A list of words that a prompt can draw from."""

    name: str
    """Name of the list."""
    token: str
    """Text that stands for a line of the list in a prompt."""
    drawable: bool
    """False where the model cannot draw some of its lines."""


@documented
class WordCategory(TypedDict):
    """Prompt words of a category."""

    id: str
    """ID of the category."""
    label: str
    """Name of the category, for people."""
    words: list[str]
    """Words that ship."""
    own: list[str]
    """Words that users added."""
    unknown: list[str]
    """Words of both lists that the model cannot draw; empty without one."""
    of_model: bool
    """True for a group of the model's own vocabulary."""


_UNCHANGED = "The client has the file."
AssetFile = Annotated[
    Response,
    ByStatus(
        {200: File(("*/*",), "The file, of the media type of the asset."), 304: None},
        {304: _UNCHANGED},
    ),
]
Thumbnail = Annotated[
    Response,
    ByStatus(
        {200: File(("image/webp", "image/svg+xml"), "The thumbnail."), 304: None},
        {304: _UNCHANGED},
    ),
]
WebpFile = Annotated[Response, File(("image/webp",), "The thumbnail.")]
StylePicture = Annotated[
    Response, File(("image/webp", "image/svg+xml"), "The thumbnail, or the swatch as SVG.")
]
