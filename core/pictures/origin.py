"""How a picture was first drawn, handed on from picture to picture while it is edited.

Reads the story that pictures carry (core/store/pictures.py); knows no files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def origin_of(story: Mapping[str, Any]) -> dict[str, Any]:
    """`operation`, `model` (its id), `seed` and `params` of what drew the picture.

    An edited picture carries its origin in its own story; a drawn one is its own origin. Empty
    for a picture that does not say.
    """
    output = story.get("output")
    carried = output.get("origin") if isinstance(output, Mapping) else None
    if isinstance(carried, Mapping):
        return dict(carried)
    params, model = story.get("params"), story.get("model")
    if not isinstance(params, Mapping):
        return {}
    named = model.get("id") if isinstance(model, Mapping) else None
    return {
        "operation": story.get("operation"),
        "model": named or params.get("model"),
        "seed": story.get("image_seed"),
        "params": dict(params),
    }
