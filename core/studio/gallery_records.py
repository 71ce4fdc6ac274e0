"""Images of the gallery as JSON, the same for REST, the Python API and commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.gallery.gallery import DuplicatePage
from core.gallery.items import GalleryItem
from core.studio.publisher import asset_data


def described(item: GalleryItem) -> dict[str, Any]:
    """The fields that the gallery adds to an asset."""
    description = item.description
    model = {"id": description.model, "label": description.model_label or description.model}
    return {
        "operation": description.operation,
        "prompt": description.prompt,
        "negative_prompt": description.negative_prompt,
        "model": model if description.model else None,
        "seed": description.seed,
        "loras": [dict(lora) for lora in description.loras],
        "colours": [dict(colour) for colour in item.colours],
        "collections": list(item.collections),
        "licence": item.licence,
    }


def image_record(item: GalleryItem) -> dict[str, Any]:
    """An image without addresses."""
    return {**asset_data(item.asset), **described(item)}


def duplicate_records(page: DuplicatePage) -> list[Mapping[str, Any]]:
    """The groups of a page; what was deleted meanwhile is left out."""
    return [
        {
            "kind": group.kind,
            "members": [
                {"asset": image_record(page.items[asset_id]), "distance": distance}
                for asset_id, distance in group.members
                if asset_id in page.items
            ],
        }
        for group in page.groups
    ]
