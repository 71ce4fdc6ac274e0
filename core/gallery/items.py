"""Assets as the gallery shows them: the row, its description, its collections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, select

from core.gallery.description import Description
from core.store.asset_rows import Asset, read_assets
from core.store.schema import asset_search, assets, collection_assets

_SEARCHED = select(
    asset_search.c.asset_id,
    asset_search.c.colours,
    *(asset_search.c[name] for name in Description.__slots__),
)
LicenceOf = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class GalleryItem:
    """One asset. `colours` are records of its dominant colours, empty until it was analysed.
    `licence` is that of its model, as `core.models.licences.licence_data` returns it.
    """

    asset: Asset
    description: Description = field(default_factory=Description)
    colours: tuple[Mapping[str, Any], ...] = ()
    collections: tuple[str, ...] = ()
    licence: Mapping[str, Any] | None = None


def read_items(
    connection: Connection, ids: Sequence[str], licence_of: LicenceOf
) -> list[GalleryItem]:
    """Read assets in the order of their ids here; those that are gone are left out."""
    rows = {asset.id: asset for asset in read_assets(connection, _chosen(ids))}
    searched = connection.execute(_SEARCHED.where(asset_search.c.asset_id.in_(ids)))
    described = {asset_id: (colours, values) for asset_id, colours, *values in searched}
    collections: dict[str, list[str]] = {}
    members = select(collection_assets).where(collection_assets.c.asset_id.in_(ids))
    for collection_id, asset_id in connection.execute(members):
        collections.setdefault(asset_id, []).append(collection_id)
    items = []
    for asset_id in ids:
        if asset_id not in rows:
            continue
        colours, values = described.get(asset_id, (None, ()))
        description = Description.of_values(values)
        items.append(
            GalleryItem(
                rows[asset_id],
                description,
                tuple(colours or ()),
                tuple(sorted(collections.get(asset_id, ()))),
                licence_of(description.model) if description.model else None,
            )
        )
    return items


def _chosen(ids: Sequence[str]) -> Select[Any]:
    return select(assets).where(assets.c.id.in_(ids))
