"""The filters of the gallery, in queries and in bodies."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.gallery.filters import FACETS, GalleryFilter, SortOrder
from core.gallery.gallery import MAX_GROUPS
from core.gallery.likeness import DEFAULT_DISTANCE, MAX_DISTANCE
from core.store.assets import MAX_PER_PAGE

MOST_VALUES = 50


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _facet(description: str) -> Any:
    return Field(default_factory=list, max_length=MOST_VALUES, description=description)


Values = Annotated[
    list[Annotated[str, Field(max_length=300)]],
    BeforeValidator(_as_list, json_schema_input_type=list[str]),
]


class GalleryQuery(BaseModel):
    """Conditions on images; all must hold, and an empty one does not narrow."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    q: str = Field(
        "",
        max_length=500,
        description="Words of prompt, negative prompt, name, note, tags, model, LoRAs or seed. A "
        'word matches the beginning of words; `"a phrase"` whole words; `-word` excludes.',
    )
    kind: Values = _facet("Kinds of the assets; one of them.")
    operation: Values = _facet("Operations; one of them. Also `upload` and `import`.")
    model: Values = _facet("IDs of models; one of them.")
    project: Values = _facet("Projects; one of them. Empty: without a project.")
    size: Values = _facet("Sizes such as `1024x768`; one of them.")
    rating: Values = _facet("Stars from 0 to 5; one of them.")
    tag: Values = _facet("Tags; all of them.")
    colour: Values = _facet("Dominant colours; all of them.")
    lora: Values = _facet("Names of LoRAs; all of them.")
    collection: Values = _facet("IDs of collections; all of them.")
    min_rating: int = Field(0, ge=0, le=5, description="At least this many stars.")
    seed: int | None = Field(None, ge=0, lt=2**63, description="Seed of the image.")
    favourite: bool | None = Field(None, description="Favourites, or all others.")
    task_id: str | None = Field(None, max_length=64, description="Task that made the assets.")
    from_date: str | None = Field(
        None, alias="from", max_length=40, description="First day, such as `2026-01-31`, or time."
    )
    to_date: str | None = Field(
        None, alias="to", max_length=40, description="Last day or time, included."
    )
    deleted: bool = Field(False, description="The trash instead of the gallery.")
    timezone: str = Field(
        "UTC", max_length=60, description="Time zone of days, such as `Europe/Berlin`."
    )

    def filter(self) -> GalleryFilter:
        """The filter of the gallery."""
        values = {name: getattr(self, name) for name in GalleryFilter.__slots__}
        return GalleryFilter(**{**values, **{name: tuple(values[name]) for name in FACETS}})


class PageQuery(GalleryQuery):
    """A page of the assets of a filter."""

    sort: SortOrder = Field(
        "newest", description="Order: newest, oldest, best rating or largest first."
    )
    limit: int = Field(50, ge=1, le=MAX_PER_PAGE, description="Items of a page, at most.")
    cursor: str | None = Field(
        None,
        max_length=200,
        description="`next_cursor` of a page; without it, the first page.",
    )
    offset: int = Field(
        0, ge=0, le=2**40, description="Items before the page, in place of a cursor."
    )


class DuplicatesQuery(GalleryQuery):
    """A page of the groups of duplicates of a filter."""

    distance: int = Field(
        DEFAULT_DISTANCE,
        ge=0,
        le=MAX_DISTANCE,
        description="Signs of the perceptual hashes that may differ, of 64.",
    )
    limit: int = Field(20, ge=1, le=MAX_GROUPS, description="Groups of a page, at most.")
    cursor: str | None = Field(
        None,
        max_length=200,
        description="`next_cursor` of a page; without it, the first page.",
    )
