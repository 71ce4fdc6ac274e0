"""Pipelines around the same parts."""

from __future__ import annotations

import inspect
from typing import Any


def sibling(pipeline: Any, kind: type[Any], **parts: Any) -> Any:
    """A pipeline of class `kind` around the same parts and settings, and more `parts`; nothing is
    copied or cast."""
    if type(pipeline) is kind:
        return pipeline
    for name in list(inspect.signature(kind.__init__).parameters)[1:]:
        if name in pipeline.components:
            parts[name] = pipeline.components[name]
        elif name in pipeline.config:
            parts[name] = pipeline.config[name]
    made = kind(**parts)
    made.set_progress_bar_config(disable=True)
    return made
