"""The nested graphs of ComfyUI's UI form: the workflow, its subgraphs and its group nodes.

A scope is one graph: the workflow itself, or the inside of one instance of a subgraph. Nodes inside
of an instance `12` are called `12:3`, as in the API form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidWorkflow
from core.workflows.comfy.graph import NODES_MAX, as_id, as_list, as_object, too_many_nodes

NESTING_MAX = 16
INSIDE, OUTSIDE = "-10", "-20"  # the nodes of a subgraph that stand for its inputs and outputs
_GROUP = ("workflow>", "workflow/")
MUTED, BYPASSED = 2, 4

Origin = tuple[str, int]  # ID of a node in the scope, and its output


@dataclass(slots=True)
class RawNode:
    """A node as the file has it, with the graph that is inside of it, if any."""

    id: str
    path: str
    data: Mapping[str, Any]
    scope: Scope
    inside: Scope | None = None

    @property
    def type(self) -> str:
        """Its class, or the name of its subgraph."""
        name = self.data.get("type")
        return name if isinstance(name, str) else ""

    @property
    def title(self) -> str:
        """The title that the user gave it."""
        title = self.data.get("title")
        return title if isinstance(title, str) else ""

    @property
    def inputs(self) -> list[Mapping[str, Any]]:
        """Its input slots."""
        return [as_object(slot) for slot in as_list(self.data.get("inputs"))]

    @property
    def outputs(self) -> list[Mapping[str, Any]]:
        """Its output slots."""
        return [as_object(slot) for slot in as_list(self.data.get("outputs"))]

    @property
    def mode(self) -> int:
        """`MUTED`, `BYPASSED`, or another number for a node that runs, with the modes of the
        instances around it."""
        modes = [self.data.get("mode")]
        scope = self.scope
        while scope.instance is not None:
            modes.append(scope.instance.data.get("mode"))
            scope = scope.instance.scope
        return next((mode for mode in (MUTED, BYPASSED) if mode in modes), 0)


@dataclass(slots=True)
class Scope:
    """One graph: its nodes by ID, and the origin of each input slot that a link fills."""

    path: str
    instance: RawNode | None = None
    nodes: dict[str, RawNode] = field(default_factory=dict)
    origins: dict[tuple[str, int], Origin] = field(default_factory=dict)
    input_names: list[str] = field(default_factory=list)

    def all_nodes(self) -> Iterable[RawNode]:
        """Its nodes and those inside of them, without the instances themselves."""
        waiting = [self]
        while waiting:
            scope = waiting.pop()
            for node in scope.nodes.values():
                if node.inside is None:
                    yield node
                else:
                    waiting.append(node.inside)


def read_scopes(data: Mapping[str, Any]) -> Scope:
    """The scope of a workflow, those inside of it included.

    Raises `InvalidWorkflow` for too many nodes, or subgraphs that hold themselves.
    """
    definitions = _definitions(data)
    outer = _scope("", data, None)
    waiting, count = [(outer, 0)], 0
    while waiting:
        scope, depth = waiting.pop()
        count += len(scope.nodes)
        if count > NODES_MAX:
            raise too_many_nodes()
        for node in scope.nodes.values():
            definition = definitions.get(node.type)
            if definition is None:
                continue
            if depth >= NESTING_MAX:
                raise InvalidWorkflow(
                    f"Subgraphs are nested more than {NESTING_MAX} levels deep.",
                    field="definitions",
                    fix="Unpack the subgraph that holds itself.",
                )
            node.inside = _scope(node.path, _with_widgets(definition, node), node)
            waiting.append((node.inside, depth + 1))
    return outer


def _definitions(data: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The graphs that nodes stand for, by the type of these nodes."""
    subgraphs = as_list(as_object(data.get("definitions")).get("subgraphs"))
    scopes = {
        name: record
        for record in map(as_object, subgraphs)
        if (name := as_id(record.get("id"))) is not None
    }
    groups = as_object(as_object(data.get("extra")).get("groupNodes"))
    for name, group in groups.items():
        record = _of_group(as_object(group))
        scopes |= {f"{mark}{name}": record for mark in _GROUP}
    return scopes


def _with_widgets(definition: Mapping[str, Any], instance: RawNode) -> Mapping[str, Any]:
    """A group with the values of its instance, which lists those of all nodes inside."""
    nodes = [as_object(node) for node in as_list(definition.get("nodes"))]
    values = as_list(instance.data.get("widgets_values"))
    inner = [as_list(node.get("widgets_values")) for node in nodes]
    if not definition.get("group") or len(values) != sum(map(len, inner)):
        return definition
    filled, start = [], 0
    for node, own in zip(nodes, inner, strict=True):
        filled.append({**node, "widgets_values": values[start : start + len(own)]})
        start += len(own)
    return {**definition, "nodes": filled}


def _scope(path: str, data: Mapping[str, Any], instance: RawNode | None) -> Scope:
    scope = Scope(path, instance)
    records = as_list(data.get("nodes"))
    if len(records) > NODES_MAX:
        raise too_many_nodes()
    for record in map(as_object, records):
        name = as_id(record.get("id"))
        if name is not None:
            scope.nodes[name] = RawNode(name, f"{path}:{name}" if path else name, record, scope)
    for link in as_list(data.get("links")):
        if (ends := _ends(link)) is not None:
            origin, target = ends
            scope.origins[target] = origin
    slots = [as_object(slot) for slot in as_list(data.get("inputs"))]
    scope.input_names = [str(slot.get("name", "")) for slot in slots]
    return scope


def _ends(link: Any) -> tuple[Origin, Origin] | None:
    """Origin and target of `[id, node, slot, node, slot, type]`, or of an object; None if bad."""
    if isinstance(link, list) and len(link) >= 5:
        parts = link[1:5]
    else:
        names = ("origin_id", "origin_slot", "target_id", "target_slot")
        parts = [as_object(link).get(name) for name in names]
    origin, target = as_id(parts[0]), as_id(parts[2])
    slots = [slot for slot in (parts[1], parts[3]) if isinstance(slot, int)]
    if origin is None or target is None or len(slots) < 2:
        return None
    return (origin, slots[0]), (target, slots[1])


def _of_group(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """A group node of older files as a subgraph.

    Its nodes are called by their places. Inputs that no link inside fills are inputs of the group;
    outputs that no link inside takes, or that are named as external, are its outputs.
    """
    nodes = [
        {**as_object(node), "id": place} for place, node in enumerate(as_list(group.get("nodes")))
    ]
    links = [["", *link] for link in as_list(group.get("links")) if isinstance(link, list)]
    filled = {ends[1] for link in links if (ends := _ends(link))}
    taken = {ends[0] for link in links if (ends := _ends(link))}
    external = {
        (str(entry[0]), entry[1])
        for entry in as_list(group.get("external"))
        if isinstance(entry, list) and len(entry) >= 2
    }
    inputs: list[dict[str, Any]] = []
    outputs = 0
    for node in nodes:
        name = str(node["id"])
        for place, slot in enumerate(as_list(node.get("inputs"))):
            if (name, place) not in filled:
                links.append(["", INSIDE, len(inputs), name, place])
                inputs.append({"name": as_object(slot).get("name", "")})
        for place in range(len(as_list(node.get("outputs")))):
            if (name, place) not in taken or (name, place) in external:
                links.append(["", name, place, OUTSIDE, outputs])
                outputs += 1
    return {"nodes": nodes, "links": links, "inputs": inputs, "group": True}
