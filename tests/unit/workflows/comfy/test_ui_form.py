"""The additions of ComfyUI's editor are resolved: links by place, modes, subgraphs, groups."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidWorkflow
from core.workflows.comfy.graph import Link
from core.workflows.comfy.importer import import_comfy, read_graph
from tests.unit.workflows.comfy.graphs import GRAPHS, TEXT_TO_IMAGE, ui_of

MUTED, BYPASSED = 2, 4
SUBGRAPH = "f3a2c1d0-0000-4000-8000-000000000001"
# As the editor of ComfyUI 0.3 saves its default workflow, shortened to what is read.
SAVED: dict[str, Any] = {
    "last_node_id": 9,
    "last_link_id": 9,
    "nodes": [
        {
            "id": 7,
            "type": "CLIPTextEncode",
            "mode": 0,
            "inputs": [{"name": "clip", "type": "CLIP", "link": 5}],
            "outputs": [{"name": "CONDITIONING", "type": "CONDITIONING", "links": [6]}],
            "widgets_values": ["text, watermark"],
        },
        {
            "id": 6,
            "type": "CLIPTextEncode",
            "mode": 0,
            "inputs": [
                {"name": "clip", "type": "CLIP", "link": 3},
                {"name": "text", "type": "STRING", "widget": {"name": "text"}, "link": None},
            ],
            "outputs": [{"name": "CONDITIONING", "type": "CONDITIONING", "links": [4]}],
            "widgets_values": ["a glass bottle"],
        },
        {
            "id": 5,
            "type": "EmptyLatentImage",
            "mode": 0,
            "outputs": [{"name": "LATENT", "type": "LATENT", "links": [2]}],
            "widgets_values": [512, 768, 1],
        },
        {
            "id": 3,
            "type": "KSampler",
            "mode": 0,
            "inputs": [
                {"name": "model", "type": "MODEL", "link": 1},
                {"name": "positive", "type": "CONDITIONING", "link": 4},
                {"name": "negative", "type": "CONDITIONING", "link": 6},
                {"name": "latent_image", "type": "LATENT", "link": 2},
            ],
            "outputs": [{"name": "LATENT", "type": "LATENT", "links": [7]}],
            "widgets_values": [1234, "randomize", 20, 8, "euler", "karras", 1],
        },
        {
            "id": 8,
            "type": "VAEDecode",
            "mode": 0,
            "inputs": [
                {"name": "samples", "type": "LATENT", "link": 7},
                {"name": "vae", "type": "VAE", "link": 8},
            ],
            "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [9]}],
        },
        {
            "id": 9,
            "type": "SaveImage",
            "mode": 0,
            "inputs": [{"name": "images", "type": "IMAGE", "link": 9}],
            "widgets_values": ["ComfyUI"],
        },
        {
            "id": 4,
            "type": "CheckpointLoaderSimple",
            "mode": 0,
            "outputs": [
                {"name": "MODEL", "type": "MODEL", "links": [1]},
                {"name": "CLIP", "type": "CLIP", "links": [3, 5]},
                {"name": "VAE", "type": "VAE", "links": [8]},
            ],
            "widgets_values": ["dream.safetensors"],
        },
    ],
    "links": [
        [1, 4, 0, 3, 0, "MODEL"],
        [2, 5, 0, 3, 3, "LATENT"],
        [3, 4, 1, 6, 0, "CLIP"],
        [4, 6, 0, 3, 1, "CONDITIONING"],
        [5, 4, 1, 7, 0, "CLIP"],
        [6, 7, 0, 3, 2, "CONDITIONING"],
        [7, 3, 0, 8, 0, "LATENT"],
        [8, 4, 2, 8, 1, "VAE"],
        [9, 8, 0, 9, 0, "IMAGE"],
    ],
    "groups": [],
    "config": {},
    "extra": {},
    "version": 0.4,
}


def lora(mode: int) -> dict[str, Any]:
    """The default workflow with a LoRA before the sampler."""
    slots = [{"name": "model", "type": "MODEL"}, {"name": "clip", "type": "CLIP"}]
    loader = {
        "id": 20,
        "type": "LoraLoader",
        "mode": mode,
        "inputs": slots,
        "outputs": [{"type": "MODEL"}, {"type": "CLIP"}],
        "widgets_values": ["ink.safetensors", 1, 1],
    }
    links = [link for link in SAVED["links"] if link[0] != 1]
    links += [[20, 4, 0, 20, 0, "MODEL"], [21, 4, 1, 20, 1, "CLIP"], [22, 20, 0, 3, 0, "MODEL"]]
    return {**SAVED, "nodes": [*SAVED["nodes"], loader], "links": links}


def test_a_saved_workflow_is_read_with_the_names_of_its_widgets() -> None:
    graph = read_graph(SAVED)
    assert graph.nodes["3"].inputs == {
        "seed": 1234,
        "steps": 20,
        "cfg": 8,
        "sampler_name": "euler",
        "scheduler": "karras",
        "denoise": 1,
        "model": Link("4", 0),
        "positive": Link("6", 0),
        "negative": Link("7", 0),
        "latent_image": Link("5", 0),
    }
    imported = import_comfy(SAVED)
    prompt = next(brick for brick in imported.workflow.bricks if brick.type == "prompt")
    assert prompt.props["prompt"] == "a glass bottle"


def test_a_bypassed_node_passes_on_the_input_of_its_outputs_type() -> None:
    graph = read_graph(lora(BYPASSED))
    assert graph.nodes["3"].inputs["model"] == Link("4", 0)
    assert "20" not in graph.nodes
    types = [brick.type for brick in import_comfy(lora(BYPASSED)).workflow.bricks]
    assert "lora_stack" not in types
    assert "lora_stack" in [brick.type for brick in import_comfy(lora(0)).workflow.bricks]


def test_a_muted_node_is_left_out_and_reported() -> None:
    imported = import_comfy(lora(MUTED))
    assert "model" not in read_graph(lora(MUTED)).nodes["3"].inputs
    entry = imported.report.entries["20"].public()
    assert (entry["status"], entry["detail"]) == ("skipped", "The node is muted in the file.")


def test_a_value_goes_from_a_set_node_to_its_get_nodes() -> None:
    set_node = {"id": 30, "type": "SetNode", "inputs": [{}], "widgets_values": ["m"]}
    get_node = {"id": 31, "type": "GetNode", "widgets_values": ["m"]}
    links = [link for link in SAVED["links"] if link[0] != 1]
    links += [[30, 4, 0, 30, 0, "MODEL"], [31, 31, 0, 3, 0, "MODEL"]]
    data = {**SAVED, "nodes": [*SAVED["nodes"], set_node, get_node], "links": links}
    assert read_graph(data).nodes["3"].inputs["model"] == Link("4", 0)


def nested(inner_mode: int = 0) -> dict[str, Any]:
    """The default workflow, its sampler inside of a subgraph with a widget of its own."""
    sampler = next(node for node in SAVED["nodes"] if node["id"] == 3)
    slots = [*sampler["inputs"], {"name": "steps", "type": "INT", "widget": {"name": "steps"}}]
    names = ("model", "positive", "negative", "latent_image", "steps")
    inner = [
        {
            "id": 40 + place,
            "origin_id": -10,
            "origin_slot": place,
            "target_id": 3,
            "target_slot": place,
        }
        for place in range(5)
    ]
    inner.append({"id": 50, "origin_id": 3, "origin_slot": 0, "target_id": -20, "target_slot": 0})
    definition = {
        "id": SUBGRAPH,
        "name": "Sampling",
        "nodes": [{**sampler, "inputs": slots, "mode": inner_mode}],
        "links": inner,
        "inputs": [{"name": name} for name in names],
        "outputs": [{"name": "LATENT"}],
    }
    instance = {
        "id": 3,
        "type": SUBGRAPH,
        "mode": 0,
        "inputs": slots,
        "outputs": [{"type": "LATENT"}],
        "widgets_values": [33],
    }
    nodes = [instance if node["id"] == 3 else node for node in SAVED["nodes"]]
    return {**SAVED, "nodes": nodes, "definitions": {"subgraphs": [definition]}}


def test_a_subgraph_is_unpacked_with_the_widgets_that_it_shows() -> None:
    graph = read_graph(nested())
    inputs = graph.nodes["3:3"].inputs
    assert inputs["model"] == Link("4", 0)
    assert inputs["steps"] == 33
    assert graph.nodes["8"].inputs["samples"] == Link("3:3", 0)


def test_a_subgraph_that_holds_itself_is_refused() -> None:
    data = nested()
    definition = data["definitions"]["subgraphs"][0]
    inside = {**definition["nodes"][0], "id": 99, "type": SUBGRAPH}
    definition["nodes"] = [*definition["nodes"], inside]
    with pytest.raises(InvalidWorkflow, match="nested"):
        read_graph(data)


def test_subgraphs_that_multiply_are_refused_before_they_are_unpacked() -> None:
    data = nested()
    outer = data["definitions"]["subgraphs"][0]
    levels = [SUBGRAPH, *(f"level-{depth}" for depth in range(1, 10))]
    data["definitions"]["subgraphs"] = [
        {**outer, "id": name, "nodes": [{"id": place, "type": inner} for place in range(40)]}
        for name, inner in zip(levels, [*levels[1:], "KSampler"], strict=True)
    ]
    with pytest.raises(InvalidWorkflow, match="more than 2000 nodes"):
        read_graph(data)


def test_a_group_node_of_older_files_is_unpacked_with_its_own_values() -> None:
    encoder = {
        "type": "CLIPTextEncode",
        "inputs": [{"name": "clip", "type": "CLIP"}],
        "outputs": [{"type": "CONDITIONING"}],
        "widgets_values": ["old"],
    }
    group = {"nodes": [encoder, encoder], "links": [], "external": []}
    instance = {
        "id": 6,
        "type": "workflow>Texts",
        "inputs": [{"name": "clip"}, {"name": "CLIPTextEncode clip"}],
        "outputs": [{"type": "CONDITIONING"}, {"type": "CONDITIONING"}],
        "widgets_values": ["a boat", "blur"],
    }
    nodes = [instance, *(node for node in SAVED["nodes"] if node["id"] not in (6, 7))]
    links = [link for link in SAVED["links"] if 7 not in (link[1], link[3])]
    links += [[60, 4, 1, 6, 1, "CLIP"], [61, 6, 1, 3, 2, "CONDITIONING"]]
    data = {**SAVED, "nodes": nodes, "links": links, "extra": {"groupNodes": {"Texts": group}}}
    graph = read_graph(data)
    assert graph.nodes["6:0"].inputs == {"text": "a boat", "clip": Link("4", 1)}
    assert graph.nodes["3"].inputs["negative"] == Link("6:1", 0)


def test_reroutes_in_a_circle_are_refused() -> None:
    reroutes: list[dict[str, Any]] = [
        {"id": name, "type": "Reroute", "inputs": [{}]} for name in (70, 71)
    ]
    links = [[70, 71, 0, 70, 0, "*"], [71, 70, 0, 71, 0, "*"], [72, 70, 0, 3, 0, "MODEL"]]
    data = {**SAVED, "nodes": [*SAVED["nodes"], *reroutes], "links": [*SAVED["links"], *links]}
    with pytest.raises(InvalidWorkflow, match="circle"):
        read_graph(data)


def test_widgets_of_an_unknown_class_are_named_by_its_slots_or_kept_as_a_list() -> None:
    slots = [{"name": "power", "type": "FLOAT", "widget": {"name": "power"}, "link": None}]
    node = {"id": 80, "type": "SomePatch", "inputs": slots, "widgets_values": [0.5]}
    older = {"id": 81, "type": "SomePatch", "inputs": [], "widgets_values": [0.5, "x"]}
    graph = read_graph({**SAVED, "nodes": [*SAVED["nodes"], node, older]})
    assert graph.nodes["80"].inputs == {"power": 0.5}
    assert (graph.nodes["81"].inputs, graph.nodes["81"].loose) == ({}, [0.5, "x"])


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values in JSON data."""
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    paths = []
    for key, value in entries:
        paths.append((*path, key))
        if isinstance(value, dict | list):
            paths += places(value, (*path, key))
    return paths


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = changed(data[path[0]], path[1:], value)
    return copy


FILES = [SAVED, nested(), lora(BYPASSED), ui_of(TEXT_TO_IMAGE, rerouted=True), GRAPHS["FLUX.2"]]
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-30, 60), st.text(max_size=4), st.just([]), st.just({})
)


@given(st.data())
def test_any_damage_of_a_file_is_answered(data: st.DataObject) -> None:
    file: Any = data.draw(st.sampled_from(FILES))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(file)))
        file = changed(file, path, data.draw(VALUES))
    with suppress(InvalidWorkflow):
        json.dumps(import_comfy(file).report.public())
