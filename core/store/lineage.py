"""The lineage of assets: which assets a result was made from. Functions of a connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.store.asset_rows import Asset, live, read_assets
from core.store.schema import asset_inputs, assets


@dataclass(frozen=True, slots=True)
class ParentAsset:
    """An input asset, and the port of the task through which it came."""

    port: str
    asset: Asset


def insert_inputs(
    connection: Connection, child: str, inputs: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """Store the parents of a new asset; `inputs` is the entry of that name in a task's snapshot."""
    parents = [(port, asset["id"]) for port, items in inputs.items() for asset in items]
    rows = [
        {"child": child, "position": position, "parent": parent, "port": port}
        for position, (port, parent) in enumerate(parents)
    ]
    if rows:
        connection.execute(asset_inputs.insert(), rows)


def parents_of(connection: Connection, asset_id: str) -> tuple[ParentAsset, ...]:
    """Read the inputs of an asset in their order, without deleted ones."""
    edges = connection.execute(
        select(asset_inputs.c.port, asset_inputs.c.parent)
        .where(asset_inputs.c.child == asset_id)
        .order_by(asset_inputs.c.position)
    ).all()
    wanted = assets.c.id.in_({edge.parent for edge in edges})
    parents = {
        asset.id: asset for asset in read_assets(connection, select(assets).where(wanted, live()))
    }
    return tuple(
        ParentAsset(edge.port, parents[edge.parent]) for edge in edges if edge.parent in parents
    )


def children_of(connection: Connection, asset_id: str) -> tuple[Asset, ...]:
    """Read the assets that were made from an asset, newest first, without deleted ones."""
    children = select(asset_inputs.c.child).where(asset_inputs.c.parent == asset_id)
    statement = select(assets).where(assets.c.id.in_(children), live())
    return tuple(read_assets(connection, statement.order_by(assets.c.id.desc())))
