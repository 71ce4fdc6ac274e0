"""Walls become graphs of ComfyUI that are imported as the same walls."""

from typing import Any

import pytest

from core.errors import InvalidWorkflow
from core.operations.declaration import registry as declarations
from core.workflows.comfy.export import export_comfy
from core.workflows.comfy.graph import in_order
from core.workflows.comfy.importer import import_comfy, read_graph
from core.workflows.comfy.node_types import node_type
from core.workflows.workflow import INERT, Workflow, parse
from tests.unit.workflows.comfy.graphs import GRAPHS
from tests.unit.workflows.comfy.test_importer import WRONG

REGISTRY = declarations.load()


def content(workflow: Workflow) -> dict[str, Any]:
    data = workflow.json_data()
    return {"bricks": [b for b in data["bricks"] if b["type"] != INERT], "wires": data["wires"]}


def brick(name: str, kind: str, **props: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, "props": props}


@pytest.mark.parametrize("name", GRAPHS)
def test_what_was_imported_is_exported_and_imported_as_the_same_wall(name: str) -> None:
    wall = import_comfy(GRAPHS[name]).workflow
    again = import_comfy(export_comfy(wall, REGISTRY).prompt).workflow
    assert content(again) == content(wall)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_link_leads_to_a_node_and_every_widget_has_a_value(name: str) -> None:
    prompt = export_comfy(import_comfy(GRAPHS[name]).workflow, REGISTRY).prompt
    for node in in_order(read_graph(prompt)):
        assert node.missing == []
        assert set(node_type(node.class_type).widgets) <= node.inputs.keys() | {"batch_size"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("cfg", {"cfg": 5.0, "latent": "EmptyLatentImage", "guidance": False}),
        ("flow", {"cfg": 5.0, "latent": "EmptySD3LatentImage", "guidance": False}),
        ("distilled", {"cfg": 1.0, "latent": "EmptySD3LatentImage", "guidance": True}),
    ],
)
def test_the_kind_of_the_models_guidance_decides_its_node(
    kind: Any, expected: dict[str, Any]
) -> None:
    wall = parse([brick("made", "generate", prompt="a house", guidance_scale=5.0, model="m")])
    prompt = export_comfy(wall, REGISTRY, lambda model: kind).prompt
    nodes = {node["class_type"]: node["inputs"] for node in prompt.values()}
    assert nodes["KSampler"]["cfg"] == expected["cfg"]
    assert expected["latent"] in nodes
    assert ("FluxGuidance" in nodes) == expected["guidance"]


def test_a_brick_without_nodes_is_reported_and_passes_on_its_image() -> None:
    bricks = [
        brick("made", "generate", prompt="a house"),
        brick("cut", "rembg"),
        brick("kept", "save", file_name="{date}/house"),
    ]
    wires = [{"from": "made.image", "to": "cut.image"}, {"from": "cut.image", "to": "kept.image"}]
    exported = export_comfy(parse({"bricks": bricks, "wires": wires}), REGISTRY)
    assert exported.report.entries["cut"].status == "unmapped"
    save = next(n for n in exported.prompt.values() if n["class_type"] == "SaveImage")
    assert exported.prompt[save["inputs"]["images"][0]]["class_type"] == "VAEDecode"
    assert save["inputs"]["filename_prefix"] == "%date%/house"


def test_a_bypassed_brick_is_left_out() -> None:
    bricks = [
        brick("made", "generate", prompt="a house"),
        {**brick("large", "upscale", factor=2), "bypassed": True},
        brick("shown", "image_output"),
    ]
    wires = [
        {"from": "made.image", "to": "large.image"},
        {"from": "large.image", "to": "shown.image"},
    ]
    exported = export_comfy(parse({"bricks": bricks, "wires": wires}), REGISTRY)
    assert "ImageScaleBy" not in {node["class_type"] for node in exported.prompt.values()}
    assert exported.report.entries["large"].status == "skipped"


@pytest.mark.parametrize("bricks", [[], [brick("words", "prompt", prompt="x")]])
def test_a_wall_without_nodes_is_refused_with_a_fix(bricks: list[Any]) -> None:
    with pytest.raises(InvalidWorkflow, match="no brick that ComfyUI") as caught:
        export_comfy(parse({"bricks": bricks}), REGISTRY)
    assert caught.value.fix


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("wrong", [value for value in WRONG if value != 1e400], ids=repr)
def test_props_of_wrong_types_are_answered(name: str, wrong: Any) -> None:
    data = import_comfy(GRAPHS[name]).workflow.json_data()
    for brick_data in data["bricks"]:
        for prop in brick_data["props"]:
            before, brick_data["props"][prop] = brick_data["props"][prop], wrong
            import_comfy(export_comfy(parse(data), REGISTRY).prompt)
            brick_data["props"][prop] = before
