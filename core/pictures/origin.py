"""How a picture was first drawn, handed on from picture to picture while it is edited.

Reads the story that pictures carry (core/store/png.py); knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def origin_of(story: Mapping[str, Any]) -> dict[str, Any]:
    """`operation`, `model` (its id) and `seed` of what drew the picture first, and `params`.

    An edited picture carries its origin in its own story; a drawn one is its own origin. `params`
    are those of every step on the way, the later ones first. Empty for a picture that does not
    say.
    """
    output, params, model = story.get("output"), story.get("params"), story.get("model")
    carried = output.get("origin") if isinstance(output, Mapping) else None
    own = _told(params) if isinstance(params, Mapping) else {}
    if isinstance(carried, Mapping) and carried:
        return {**carried, "params": {**(carried.get("params") or {}), **own}}
    if not own:
        return {}
    named = model.get("id") if isinstance(model, Mapping) else None
    return {
        "operation": story.get("operation"),
        "model": named or own.get("model"),
        "seed": story.get("image_seed"),
        "params": own,
    }


def handed_on(story: Mapping[str, Any]) -> dict[str, Any]:
    """What an edited picture is added with, by the story of the one that it was made from."""
    origin = origin_of(story)
    return {"seed": origin.get("seed"), "parameters": {"origin": origin}} if origin else {}


def _told(params: Mapping[str, Any]) -> dict[str, Any]:
    """What parameters say: a later step that leaves one empty does not hide an earlier one."""
    return {name: value for name, value in params.items() if value not in (None, "", [], ())}
