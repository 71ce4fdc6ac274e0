"""The UI form of ComfyUI: nodes, links and widget values by place, as its editor saves them.

Read to the graph that ComfyUI would run: what only routes (reroutes, primitives, set and get nodes,
subgraphs, bypassed nodes) is gone, and muted nodes are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidWorkflow
from core.workflows.comfy.graph import (
    Graph,
    Link,
    Node,
    Skipped,
    as_list,
    as_object,
)
from core.workflows.comfy.scopes import (
    BYPASSED,
    INSIDE,
    MUTED,
    OUTSIDE,
    RawNode,
    Scope,
    read_scopes,
)

NOTES = ("Note", "MarkdownNote")
PRIMITIVE = "PrimitiveNode"
REROUTES = ("Reroute", "Reroute (rgthree)")
_SET, _GET = "SetNode", "GetNode"
_ROUTING = (PRIMITIVE, *REROUTES, _SET, _GET)
# The choice that the editor keeps behind a seed; it is no input of the node.
_CONTROL = frozenset({"fixed", "increment", "decrement", "randomize", "increment-wrap"})
_SEEDS = frozenset({"seed", "noise_seed"})

Widgets = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Constant:
    """The value of a primitive or of a widget around a subgraph."""

    value: Any


def is_ui_form(data: Any) -> bool:
    """True for an object with a list of nodes that name their type."""
    nodes = as_list(as_object(data).get("nodes"))
    return any("type" in as_object(node) for node in nodes)


def read_ui_form(data: Mapping[str, Any], widgets: Widgets) -> Graph:
    """The graph. `widgets`: the names of widgets by class, in the order of their values."""
    outer = read_scopes(data)
    graph = Graph("ui")
    for raw in outer.all_nodes():
        if raw.type in NOTES:
            graph.skipped.append(Skipped(raw.path, raw.type, "note", _note_text(raw), raw.title))
        elif raw.mode in (MUTED, BYPASSED):
            reason = "muted" if raw.mode == MUTED else "bypassed"
            graph.skipped.append(Skipped(raw.path, raw.type, reason, title=raw.title))
        elif raw.type in _ROUTING:
            graph.skipped.append(Skipped(raw.path, raw.type, "routes", title=raw.title))
        elif raw.type:
            graph.add(_node(raw, widgets))
    return graph


def _note_text(raw: RawNode) -> str:
    texts = [value for value in as_list(raw.data.get("widgets_values")) if isinstance(value, str)]
    return texts[0] if texts else ""


def _node(raw: RawNode, widgets: Widgets) -> Node:
    node = Node(raw.path, raw.type, title=raw.title)
    node.inputs.update(_widget_values(raw, widgets.get(raw.type)))
    if not node.inputs:
        node.loose = as_list(raw.data.get("widgets_values"))
    for place, slot in enumerate(raw.inputs):
        name = slot.get("name")
        origin = raw.scope.origins.get((raw.id, place))
        if not isinstance(name, str) or origin is None:
            continue
        value = _resolved(raw.scope, origin)
        if isinstance(value, Constant):
            node.inputs[name] = value.value
        elif value is not None:
            node.inputs[name] = value
        elif "widget" not in slot:
            node.inputs.pop(name, None)
    return node


def _widget_values(raw: RawNode, names: tuple[str, ...] | None) -> dict[str, Any]:
    """The values of widgets by name: known names, else those that the file itself gives."""
    values = raw.data.get("widgets_values")
    if isinstance(values, Mapping):
        return dict(values)
    listed = as_list(values)
    if names is None:
        names = tuple(_widget_names(raw))
        plain = [value for value in listed if not _is_control(value)]
        if len(listed) != len(names):
            listed = plain
        return dict(zip(names, listed, strict=True)) if len(listed) == len(names) else {}
    return dict(_named(names, listed))


def _named(names: tuple[str, ...], values: list[Any]) -> Iterator[tuple[str, Any]]:
    place = 0
    for name in names:
        if place >= len(values):
            return
        yield name, values[place]
        place += 1
        if name in _SEEDS and place < len(values) and _is_control(values[place]):
            place += 1


def _is_control(value: Any) -> bool:
    return isinstance(value, str) and value in _CONTROL


def _widget_names(raw: RawNode) -> Iterator[str]:
    for slot in raw.inputs:
        name = as_object(slot.get("widget")).get("name")
        if isinstance(name, str):
            yield name


def _resolved(scope: Scope, origin: tuple[str, int]) -> Link | Constant | None:
    """The node or value that a link comes from, through all that only routes; None for nothing.

    Raises `InvalidWorkflow` for a circle.
    """
    seen: set[tuple[str, str, int]] = set()
    while True:
        name, slot = origin
        if (scope.path, name, slot) in seen:
            raise InvalidWorkflow(
                f"The links go in a circle at node {name}.",
                field="links",
                fix="Remove one of the links in ComfyUI.",
            )
        seen.add((scope.path, name, slot))
        if name == INSIDE and scope.instance is not None:
            instance = scope.instance
            place = _outer_place(scope, slot)
            outer = instance.scope.origins.get((instance.id, place))
            if outer is None:
                return _promoted(instance, place)
            scope, origin = instance.scope, outer
            continue
        node = scope.nodes.get(name)
        if node is None or node.mode == MUTED:
            return None
        step = _through(node, slot)
        if not isinstance(step, tuple):
            return step
        scope, next_origin = step
        if next_origin is None:
            return None
        origin = next_origin


def _through(node: RawNode, slot: int) -> Link | Constant | tuple[Scope, tuple[str, int] | None]:
    """The end of a link at this node, or the scope and origin where it goes on."""
    scope = node.scope
    if node.data.get("mode") == BYPASSED:
        return scope, _bypassed(node, slot)
    if node.inside is not None:
        return node.inside, node.inside.origins.get((OUTSIDE, slot))
    if node.type in REROUTES:
        return scope, scope.origins.get((node.id, 0))
    if node.type == PRIMITIVE:
        values = as_list(node.data.get("widgets_values"))
        return Constant(values[0]) if values else (scope, None)
    if node.type == _SET:
        return scope, scope.origins.get((node.id, 0))
    if node.type == _GET:
        return scope, _set_under_name(node)
    return Link(node.path, slot)


def _bypassed(node: RawNode, slot: int) -> tuple[str, int] | None:
    """The origin of the input that a bypassed node passes on: of the output's type, the one at the
    same place first."""
    outputs, inputs = node.outputs, node.inputs
    kind = outputs[slot].get("type") if 0 <= slot < len(outputs) else None
    places = [place for place, entry in enumerate(inputs) if entry.get("type") == kind]
    places.sort(key=lambda place: place != slot)
    origins = [node.scope.origins.get((node.id, place)) for place in places]
    return next((origin for origin in origins if origin is not None), None)


def _set_under_name(node: RawNode) -> tuple[str, int] | None:
    """The origin of the value that a set node keeps under the name that this node gets."""
    wanted = as_list(node.data.get("widgets_values"))[:1]
    for other in node.scope.nodes.values():
        if other.type == _SET and as_list(other.data.get("widgets_values"))[:1] == wanted:
            return node.scope.origins.get((other.id, 0))
    return None


def _outer_place(scope: Scope, slot: int) -> int:
    """The input of the instance that stands for an input of the subgraph: by name, else by place.

    The editor may leave out inputs in between, so names come first.
    """
    assert scope.instance is not None
    names = scope.input_names
    name = names[slot] if 0 <= slot < len(names) else None
    for place, entry in enumerate(scope.instance.inputs):
        if name and entry.get("name") == name and names.count(name) == 1:
            return place
    return slot


def _promoted(instance: RawNode, place: int) -> Constant | None:
    """The value of a widget that an instance shows in place of an inner one."""
    widgets = [index for index, slot in enumerate(instance.inputs) if "widget" in slot]
    values = as_list(instance.data.get("widgets_values"))
    if place in widgets and widgets.index(place) < len(values):
        return Constant(values[widgets.index(place)])
    return None
