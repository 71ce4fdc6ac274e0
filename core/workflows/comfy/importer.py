"""Importing a workflow of ComfyUI: node by node into bricks, with a report. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidWorkflow
from core.nesting import cut
from core.workflows.comfy.api_form import is_api_form, read_api_form
from core.workflows.comfy.graph import (
    Graph,
    Link,
    Node,
    Skipped,
    as_list,
    as_object,
    in_order,
    rank,
)
from core.workflows.comfy.model_files import ModelFiles, UncheckedFiles
from core.workflows.comfy.node_types import node_type, widgets_of
from core.workflows.comfy.reading import Conversion, Reading
from core.workflows.comfy.report import Entry, Report
from core.workflows.comfy.ui_form import is_ui_form, read_ui_form
from core.workflows.workflow import INERT, Workflow

_DATA_DEPTH = 16
_SKIPPED = {
    "note": "Description of the workflow",
    "routes": "A wire, or the value of a field",
    "muted": "",
    "bypassed": "",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """A workflow with the report of its import."""

    workflow: Workflow
    report: Report


def is_comfy(data: Any) -> bool:
    """True for a workflow of ComfyUI, in the UI form or the API form."""
    return is_ui_form(data) or is_api_form(data)


def import_comfy(data: Any, files: ModelFiles | None = None, name: str = "") -> Imported:
    """The wall of a workflow of ComfyUI. `files` looks models up, which may read the disk.

    Raises `InvalidWorkflow` for a graph with circles, too many nodes, or none.
    """
    graph = read_graph(data)
    conversion = Conversion(files or UncheckedFiles(), Report(f"comfyui-{graph.form}"))
    ordered = in_order(graph)
    _enter(graph, conversion.report)
    for node in ordered:
        _convert(node, conversion)
    notes = [note.text for note in graph.skipped if note.reason == "note"]
    workflow = conversion.wall.workflow(name, "\n\n".join(filter(None, notes)))
    return Imported(workflow, conversion.report)


def read_graph(data: Any) -> Graph:
    """The nodes of either form that would run. Raises `InvalidWorkflow`."""
    if is_ui_form(data):
        graph = read_ui_form(data, widgets_of(_class_types(data)))
    elif is_api_form(data):
        graph = read_api_form(data)
    else:
        raise InvalidWorkflow(
            "This is no workflow of ComfyUI.",
            fix="Save it in ComfyUI with Save, or with Export (API).",
        )
    if not graph.nodes:
        raise InvalidWorkflow(
            "The workflow has no node that runs.",
            field="nodes",
            fix="Unmute its nodes in ComfyUI, or choose another file.",
        )
    return graph


def _class_types(data: Mapping[str, Any]) -> set[str]:
    graphs = [data, *as_list(as_object(data.get("definitions")).get("subgraphs"))]
    graphs += as_object(as_object(data.get("extra")).get("groupNodes")).values()
    return {
        name
        for graph in map(as_object, graphs)
        for node in map(as_object, as_list(graph.get("nodes")))
        if isinstance(name := node.get("type"), str)
    }


def _enter(graph: Graph, report: Report) -> None:
    """An entry for each node of the file, by ID."""
    entries: list[Node | Skipped] = [*graph.nodes.values(), *graph.skipped]
    for node in sorted(entries, key=lambda node: rank(node.id)):
        entry = report.entries[node.id] = Entry(node.id, node.class_type, node.title)
        if isinstance(node, Skipped):
            entry.becomes = _SKIPPED[node.reason]
            if not entry.becomes:
                entry.skipped = True
                entry.notes.append(f"The node is {node.reason} in the file.")


def _convert(node: Node, conversion: Conversion) -> None:
    known = node_type(node.class_type)
    entry = conversion.report.entries[node.id]
    entry.becomes = known.becomes
    reading = Reading(node, conversion, entry)
    for name in node.missing:
        reading.note(f"The link of {name} leads to no node.")
    if known.read is not None:
        outputs = known.read(reading)
    else:
        _keep(reading, known.waits_for)
        outputs = reading.passing(names=known.passes)
    for place, value in enumerate(outputs):
        conversion.values[node.id, place] = value


def _keep(reading: Reading, feature: str) -> None:
    """Keep a node as an inert brick with all that the file says about it."""
    node = reading.node
    inputs = {
        name: [item.node, item.output] if isinstance(item, Link) else cut(item, _DATA_DEPTH)
        for name, item in node.inputs.items()
    }
    props: dict[str, Any] = {
        "class_type": node.class_type[:200],
        "waits_for": feature,
        "inputs": inputs,
    }
    if node.loose:
        props["widgets_values"] = cut(node.loose, _DATA_DEPTH)
    reading.brick(INERT, props)
    reading.entry.unmapped = True
    reading.note(f"It waits for {feature}. What arrives passes through.")
