"""The origin of an edited image: model, seed and parameters of its first rendering.

Every edit copies it from the metadata of the input (core/store/png.py) to that of the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def origin_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Read `operation`, `model` (an id), `seed` and `params` of an image's first rendering.

    An edited image has its origin in its metadata; a generated one is its own origin. `params`
    merge those of all steps, where a later step precedes. Empty for an image without metadata.
    """
    output, params, model = metadata.get("output"), metadata.get("params"), metadata.get("model")
    carried = output.get("origin") if isinstance(output, Mapping) else None
    own = _filled(params) if isinstance(params, Mapping) else {}
    if isinstance(carried, Mapping) and carried:
        return {**carried, "params": {**(carried.get("params") or {}), **own}}
    if not own:
        return {}
    named = model.get("id") if isinstance(model, Mapping) else None
    return {
        "operation": metadata.get("operation"),
        "model": named or own.get("model"),
        "seed": metadata.get("image_seed"),
        "params": own,
    }


def inherited_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for `ctx.add_image` that keep the origin of the input with this metadata."""
    origin = origin_of(metadata)
    return {"seed": origin.get("seed"), "parameters": {"origin": origin}} if origin else {}


def _filled(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with a value: an empty one does not hide that of an earlier step."""
    return {name: value for name, value in params.items() if value not in (None, "", [], ())}
