"""All classes of nodes that are known, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from core.workflows.comfy.nodes import control, images, latents, loaders, prompts, sampling, waiting
from core.workflows.comfy.reading import NodeType

NODE_TYPES: tuple[NodeType, ...] = (
    *loaders.NODES,
    *prompts.NODES,
    *latents.NODES,
    *sampling.NODES,
    *control.NODES,
    *images.NODES,
    *waiting.NODES,
)
_BY_NAME: Mapping[str, NodeType] = {entry.name: entry for entry in NODE_TYPES}
_PATTERNS = tuple(entry for entry in NODE_TYPES if "*" in entry.name)


def node_type(class_type: str) -> NodeType:
    """The record of a class; one that waits for a brick of its own where it is unknown."""
    known = _BY_NAME.get(class_type)
    if known is None:
        matching = (entry for entry in _PATTERNS if fnmatchcase(class_type, entry.name))
        known = next(matching, None)
    return known or NodeType(class_type, waits_for=f"a brick for {class_type[:80]}")


def widgets_of(class_types: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The names of widgets, of those classes that the table has."""
    types = {name: node_type(name) for name in class_types}
    return {name: entry.widgets for name, entry in types.items() if entry.widgets or entry.read}
