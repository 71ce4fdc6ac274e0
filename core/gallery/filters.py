"""Conditions on the images of the gallery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal

SortOrder = Literal["newest", "oldest", "rating", "largest"]
SORT_ORDERS: tuple[SortOrder, ...] = ("newest", "oldest", "rating", "largest")
# Properties that an image has once: a filter names alternatives.
SINGLE = ("kind", "operation", "model", "project", "size", "rating")
# Properties that an image has several times: a filter names what it must have.
SEVERAL = ("tag", "colour", "lora", "collection")
FACETS = (*SINGLE, *SEVERAL)
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GalleryFilter:
    """Conditions that all must hold; an empty field does not narrow.

    Of `kind`, `operation`, `model`, `project`, `size` (`1024x768`) and `rating` ("0" to "5"), one
    of the values must be that of the image; an empty project means none. Of `tag`, `colour`, `lora`
    (name) and `collection` (id), it must have all. `q` holds words (`core.gallery.text_query`).
    `from_date` and `to_date` are days (`2026-01-31`) or moments in ISO 8601, both included, in the
    zone `timezone`. `deleted` selects the trash instead of the gallery.
    """

    q: str = ""
    kind: Names = ()
    operation: Names = ()
    model: Names = ()
    project: Names = ()
    size: Names = ()
    rating: Names = ()
    tag: Names = ()
    colour: Names = ()
    lora: Names = ()
    collection: Names = ()
    min_rating: int = 0
    seed: int | None = None
    favourite: bool | None = None
    task_id: str | None = None
    from_date: str | None = None
    to_date: str | None = None
    deleted: bool = False
    timezone: str = "UTC"

    def values(self, facet: str) -> Names:
        """The values that the filter names for a facet."""
        values: Names = getattr(self, facet)
        return values

    def given(self) -> Mapping[str, object]:
        """The fields that narrow, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        empty = GalleryFilter()
        return {name: value for name, value in values.items() if value != getattr(empty, name)}
