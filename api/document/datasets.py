"""Answers about datasets for trainings."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import File, documented

Hash = Annotated[str, Field(examples=["f79173" + "0" * 58])]
Thumbnails = Annotated[list[str], Field(examples=[["/api/datasets/files/f791/thumbnail"]])]
DatasetPage = Annotated[Response, File(("text/html",), "The report as a page.")]
DatasetReport = dict[str, JsonValue]
DatasetThumbnail = Annotated[Response, File(("image/webp",), "At most 256 pixels a side.")]


@documented
class CaptioningTask(TypedDict):
    """Captions that are being written."""

    task_id: str
    """ID of the task, an operation `caption_dataset`."""


@documented
class DatasetEntry(TypedDict):
    """A dataset."""

    id: str
    """ID of the dataset."""
    name: Annotated[str, Field(examples=["robots"])]
    """Name, for people."""
    trigger: Annotated[str | None, Field(examples=["robot"])]
    """Trigger word of its captions; null for none."""
    created_at: str
    """Time of its creation."""
    deleted_at: str | None
    """Time at which it was moved to the trash; null outside of it."""
    version: int
    """Number of the newest version."""
    changed_at: Annotated[str, Field(examples=["2026-01-31T12:00:00.000000Z"])]
    """Time of the newest version."""
    images: int
    """Number of its images."""
    captioned: Annotated[int, Field(examples=[1])]
    """Images with a caption."""
    thumbnails: Thumbnails
    """Addresses of thumbnails of the first images."""


@documented
class DatasetImage(TypedDict):
    """An image of a dataset."""

    name: str
    """Path below the dataset."""
    key: Hash
    """SHA-256 of its file."""
    size: int
    """Bytes of its file."""
    width: int
    """Upright width in pixels; 0 for a damaged file."""
    height: int
    """Upright height in pixels."""
    caption: Annotated[str | None, Field(examples=["a red robot"])]
    """Caption; null for none."""
    masked: Annotated[bool, Field(examples=[False])]
    """True with a mask for the loss."""
    problem: Annotated[str | None, Field(examples=[None])]
    """Fault of a file that cannot be read."""
    asset_id: Annotated[str | None, Field(examples=[None])]
    """Image of the gallery that it was made from."""
    thumbnail_url: Annotated[str, Field(examples=["/api/datasets/files/f791/thumbnail"])]
    """Address of its thumbnail."""


@documented
class DatasetFault(TypedDict):
    """A broken rule of a dataset."""

    code: Annotated[str, Field(examples=["too_small"])]
    """Stable code of the rule."""
    level: Literal["error", "warning"]
    """An error prevents a training, a warning does not."""
    name: Annotated[str | None, Field(examples=["robot-1.png"])]
    """Image; null for the whole dataset."""
    detail: str
    """The fault as a sentence."""
    remedy: Annotated[str, Field(examples=["Use a larger original, or remove it."])]
    """The next action."""
    fix: Annotated[str | None, Field(examples=["drop"])]
    """The repair that `fix` makes; null where it makes none."""


@documented
class DatasetFaults(TypedDict):
    """The broken rules of a version."""

    version: int
    """Version that the faults are of."""
    items: list[DatasetFault]
    """Broken rules, errors first."""
    total: int
    """Number of broken rules."""


@documented
class DatasetVersion(TypedDict):
    """A version of a dataset."""

    version: int
    """Its number."""
    created_at: str
    """Time of the change."""
    change: Annotated[str, Field(examples=["Added 24 images of robots"])]
    """The change that made it."""
    images: int
    """Number of its images."""


@documented
class RefusedFile(TypedDict):
    """A file that was not imported."""

    name: str
    """Name of the file."""
    detail: str
    """The reason."""


@documented
class DatasetImport(TypedDict):
    """The outcome of an import."""

    dataset: DatasetEntry
    """The dataset with its new version."""
    added: Annotated[int, Field(examples=[24])]
    """Images that were added."""
    refused: list[RefusedFile]
    """Files that were not."""


@documented
class DatasetRepair(TypedDict):
    """A repair of one image."""

    name: str
    """Image."""
    fixes: Annotated[list[str], Field(examples=[["rotate"]])]
    """Repairs in their order."""
    detail: str
    """The repair in words."""


@documented
class DatasetRepairs(TypedDict):
    """The repairs of a dataset."""

    dataset: DatasetEntry
    """The dataset, after them."""
    repairs: list[DatasetRepair]
    """Repairs by image."""
