"""The API form of ComfyUI: `{id: {"class_type", "inputs", "_meta"}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import InvalidWorkflow
from core.workflows.comfy.graph import NODES_MAX, Graph, Link, Node, as_object, too_many_nodes

_WRAPPED = "__value__"  # marks a list that is a value, not a link


def is_api_form(data: Any) -> bool:
    """True for an object whose entries name a class of nodes; also inside of `prompt`."""
    return bool(_nodes(data))


def read_api_form(data: Any) -> Graph:
    """The graph. Raises `InvalidWorkflow` for more than `NODES_MAX` nodes."""
    graph = Graph("api")
    nodes = _nodes(data)
    if len(nodes) > NODES_MAX:
        raise too_many_nodes()
    for key, record in nodes.items():
        class_type = as_object(record).get("class_type")
        if not isinstance(class_type, str):
            raise InvalidWorkflow(
                f"Node {key[:80]!r} has no class_type.",
                field=f"prompt.{key[:80]}",
                fix="Export the workflow from ComfyUI again.",
            )
        title = as_object(record.get("_meta")).get("title")
        node = Node(key, class_type, title=title if isinstance(title, str) else "")
        for name, value in as_object(record.get("inputs")).items():
            node.inputs[name] = _input(value)
        graph.add(node)
    return graph


def _nodes(data: Any) -> Mapping[str, Any]:
    """The nodes of a bare graph, or of a request to `/prompt`."""
    entries = as_object(data)
    inner = entries.get("prompt")
    for nodes in (entries, as_object(inner)):
        if any("class_type" in as_object(record) for record in nodes.values()):
            return nodes
    return {}


def _input(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 2:
        node, output = value
        plain = isinstance(node, str | int) and not isinstance(node, bool)
        if plain and isinstance(output, int) and not isinstance(output, bool):
            return Link(str(node), output)
    if isinstance(value, Mapping) and value.keys() == {_WRAPPED}:
        return value[_WRAPPED]
    return value
