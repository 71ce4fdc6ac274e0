"""A graph of ComfyUI, as both of its forms are read: nodes with named inputs.

A link is resolved: it leads through no reroute, primitive, bypassed node or border of a subgraph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

from core.errors import InvalidWorkflow

NODES_MAX = 2000


@dataclass(frozen=True, slots=True)
class Link:
    """An output of another node."""

    node: str
    output: int


@dataclass(slots=True)
class Node:
    """A node that would run. `inputs` are links and plain values; `missing` are links to nowhere.

    `loose` are widget values without names, in the UI form of an unknown class.
    """

    id: str
    class_type: str
    inputs: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    missing: list[str] = field(default_factory=list)
    loose: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A node without a part in a run. `reason`: `note`, `routes`, `muted` or `bypassed`."""

    id: str
    class_type: str
    reason: str
    text: str = ""
    title: str = ""


@dataclass(slots=True)
class Graph:
    """The nodes by ID, and those that were left out. `form`: `api` or `ui`."""

    form: str
    nodes: dict[str, Node] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, node: Node) -> None:
        """Take a node in. Raises `InvalidWorkflow` over `NODES_MAX`."""
        if len(self.nodes) >= NODES_MAX:
            raise too_many_nodes()
        self.nodes[node.id] = node


def too_many_nodes() -> InvalidWorkflow:
    """The error for a graph over the limit."""
    return InvalidWorkflow(
        f"The workflow has more than {NODES_MAX} nodes.", fix="Import it in parts."
    )


def in_order(graph: Graph) -> list[Node]:
    """The nodes, each after those that it depends on, by ID where the order is free.

    Links to nodes that are not there move to `missing`. Raises `InvalidWorkflow` for a circle.
    """
    after: dict[str, list[str]] = {name: [] for name in graph.nodes}
    open_links: dict[str, int] = {}
    for node in graph.nodes.values():
        links = {name: item for name, item in node.inputs.items() if isinstance(item, Link)}
        for name, link in links.items():
            if link.node in graph.nodes:
                after[link.node].append(node.id)
            else:
                del node.inputs[name]
                node.missing.append(name)
        sources = [link for link in links.values() if link.node in graph.nodes]
        open_links[node.id] = len(sources)
    ready = [(rank(name), name) for name, count in open_links.items() if count == 0]
    heapify(ready)
    ordered = []
    while ready:
        _, name = heappop(ready)
        ordered.append(graph.nodes[name])
        for target in after[name]:
            open_links[target] -= 1
            if open_links[target] == 0:
                heappush(ready, (rank(target), target))
    if len(ordered) < len(graph.nodes):
        circle = sorted(name for name, count in open_links.items() if count)
        raise InvalidWorkflow(
            f"The links go in a circle: nodes {', '.join(circle[:8])}.",
            field="nodes",
            fix="Remove one of the links in ComfyUI.",
        )
    return ordered


def rank(node_id: str) -> tuple[tuple[int, int, str], ...]:
    """A sorting key of IDs: numbers by value, before names; the parts of `12:3` one by one."""
    return tuple(
        (0, int(part), "") if part.isdecimal() and len(part) < 20 else (1, 0, part)
        for part in node_id.split(":")
    )


def as_object(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_id(value: Any) -> str | None:
    """An ID of a node as text; None for anything but a text or an integer."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)[:200]
