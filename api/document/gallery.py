"""Answers about the gallery: facets, days, collections, imports, duplicates."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Response
from pydantic import Field
from typing_extensions import TypedDict

from api.document.assets import Asset
from api.document.marks import File, documented
from core.gallery.imports import ImportStatus


@documented
class FacetValue(TypedDict):
    """A value of a property."""

    value: str
    """Value, as a filter names it."""
    label: str
    """Name of the value, for people."""
    count: Annotated[int, Field(examples=[12])]
    """Assets with this value."""


_VALUES = [{"value": "nano", "label": "Nano", "count": 12}]
FacetValues = Annotated[list[FacetValue], Field(examples=[_VALUES])]


@documented
class FacetTable(TypedDict):
    """The values of each property that occur."""

    kind: FacetValues
    """Kinds, the most frequent first."""
    operation: FacetValues
    """Operations."""
    model: FacetValues
    """Models."""
    project: FacetValues
    """Projects; the empty value counts assets without one."""
    size: FacetValues
    """Sizes in pixels."""
    rating: FacetValues
    """Stars, from 5 to 0."""
    tag: FacetValues
    """Tags."""
    colour: FacetValues
    """Dominant colours."""
    lora: FacetValues
    """LoRAs."""
    collection: FacetValues
    """Collections."""


@documented
class Month(TypedDict):
    """The assets of a month."""

    month: Annotated[str, Field(examples=["2026-01"])]
    """Year and month."""
    count: Annotated[int, Field(examples=[12])]
    """Assets of the month."""


@documented
class Facets(TypedDict):
    """The counts of a filter."""

    total: int
    """Assets of the filter."""
    all: Annotated[int, Field(examples=[12])]
    """Assets of the same kinds without the other filters."""
    trash: Annotated[int, Field(examples=[0])]
    """Assets in the trash."""
    favourites: Annotated[int, Field(examples=[3])]
    """Favourites among `all`."""
    facets: FacetTable
    """Counts by property; at most 100 values of each."""
    months: list[Month]
    """Months, newest first; the dates of the filter do not count."""
    indexing: Annotated[int, Field(examples=[0])]
    """Assets that are not searchable yet."""


@documented
class DayCount(TypedDict):
    """The assets of a day."""

    day: Annotated[str, Field(examples=["2026-01-31"])]
    """Day in the time zone of the request."""
    count: Annotated[int, Field(examples=[12])]
    """Assets of the day."""
    offset: Annotated[int, Field(examples=[0])]
    """Newer assets of the filter: the `offset` of a page that begins with this day."""


@documented
class Days(TypedDict):
    """The days of a filter, newest first."""

    total: int
    """Assets of the filter."""
    days: list[DayCount]
    """Days with assets."""


@documented
class ArchiveOffer(TypedDict):
    """A zip that is ready for download."""

    url: Annotated[str, Field(examples=["/api/assets/archive/pX3k"])]
    """Address of the download, for ten minutes."""
    images: Annotated[int, Field(examples=[2])]
    """Images in it."""
    bytes: Annotated[int, Field(examples=[48620])]
    """Size of the images; that of the zip is a little more."""


@documented
class ImportFailure(TypedDict):
    """A file that was not imported."""

    name: str
    """Name of the file."""
    detail: str
    """Reason."""


@documented
class ImportState(TypedDict):
    """The state of an import."""

    id: str
    """ID of the import."""
    state: Annotated[ImportStatus, Field(examples=["running"])]
    """State."""
    done: Annotated[int, Field(examples=[3])]
    """Files that were read."""
    total: int
    """Files of the import; those in zips are counted once they are open."""
    added: Annotated[int, Field(examples=[2])]
    """New images."""
    duplicates: Annotated[int, Field(examples=[1])]
    """Images that are in the gallery already."""
    failures: Annotated[int, Field(examples=[0])]
    """Files that were refused."""
    failed: Annotated[list[ImportFailure], Field(examples=[[]])]
    """The first 100 files that were refused."""


ArchiveFile = Annotated[Response, File(("application/zip",), "The zip.")]


@documented
class Changed(TypedDict):
    """The result of a change of many assets."""

    changed: Annotated[int, Field(examples=[2])]
    """Assets that were changed."""


@documented
class Collection(TypedDict):
    """A named list of assets."""

    id: str
    """ID of the collection."""
    name: str
    """Name of the collection."""
    created_at: str
    """Time of its creation, UTC, ISO 8601."""
    count: Annotated[int, Field(examples=[12])]
    """Assets in it, without those in the trash."""
    cover_url: Annotated[str | None, Field(examples=[None])]
    """Address of the thumbnail of its newest asset."""


@documented
class DuplicateAsset(TypedDict):
    """An image of a group of duplicates."""

    asset: Asset
    """The image."""
    distance: Annotated[int, Field(examples=[2])]
    """Signs of its perceptual hash that differ from the best image; 0 for the best."""


@documented
class DuplicateGroup(TypedDict):
    """Images that are the same file, or look alike."""

    kind: Literal["same", "near"]
    """`same` file, or files that look alike: `near`."""
    members: list[DuplicateAsset]
    """The images, the best first: the best rating, a favourite, the most pixels, the newest."""


@documented
class Duplicates(TypedDict):
    """A page of groups of duplicates."""

    items: list[DuplicateGroup]
    """The groups of this page."""
    next_cursor: str | None
    """`cursor` of the next page; null on the last page."""
    total: Annotated[int, Field(examples=[3])]
    """Groups of the filter."""
    analysing: Annotated[int, Field(examples=[0])]
    """Images that were not compared yet."""
