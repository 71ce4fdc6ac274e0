"""ControlNets of ComfyUI become bricks, and nodes again."""

import pytest

from core.operations.declaration import registry as declarations
from core.workflows.comfy.export import export_comfy
from core.workflows.comfy.importer import import_comfy
from core.workflows.comfy.nodes.control import UNION_TYPES
from tests.unit.workflows.comfy import graphs
from tests.unit.workflows.comfy.graphs import node, sampled
from tests.unit.workflows.comfy.test_importer import bricks, entry

REGISTRY = declarations.load()


def test_a_control_image_and_its_controlnet_become_bricks() -> None:
    imported = import_comfy(graphs.CONTROLLED)
    assert bricks(imported, "canny") == [{"low_threshold": 0.4, "high_threshold": 0.8}]
    assert bricks(imported, "controlnet") == [{"model": "canny", "strength": 1.0}]
    wires = {(wire.source, wire.target) for wire in imported.workflow.wires}
    assert {
        ("image_input.image", "canny.image"),
        ("canny.image", "controlnet.image"),
        ("controlnet.control", "generate.control"),
    } <= wires
    assert bricks(imported, "prompt") == [{"prompt": "a red house", "negative_prompt": "blur"}]
    assert imported.report.public()["unmapped"] == 0


def test_several_controlnets_follow_each_other_with_their_types_and_shares() -> None:
    imported = import_comfy(
        {
            **graphs.CONTROLLED,
            "13": node("DWPreprocessor", image=["5", 0]),
            "14": node("SetUnionControlNetType", type="openpose", control_net=["11", 0]),
            "15": node(
                "ControlNetApplyAdvanced",
                strength=9.0,
                start_percent=0.2,
                end_percent=0.6,
                positive=["12", 0],
                negative=["12", 1],
                control_net=["14", 0],
                image=["13", 0],
            ),
            "3": sampled(positive=["15", 0], negative=["15", 1], latent_image=["16", 0]),
        }
    )
    assert bricks(imported, "controlnet") == [
        {"model": "canny", "strength": 1.0},
        {"model": "canny", "strength": 2.0, "type": "pose", "start": 0.2, "end": 0.6},
    ]
    assert entry(imported, "15").notes == ["strength 9 becomes 2."]


def test_a_controlnet_without_effect_is_left_out() -> None:
    ended = {**graphs.CONTROLLED["12"]["inputs"], "start_percent": 0.5, "end_percent": 0.5}
    graph = {**graphs.CONTROLLED, "12": node("ControlNetApplyAdvanced", **ended)}
    imported = import_comfy(graph)
    assert bricks(imported, "controlnet") == []
    assert entry(imported, "12").notes == ["It has no effect: the prompt passes through."]


@pytest.mark.parametrize("theirs", UNION_TYPES)
def test_the_type_of_a_union_model_comes_back_from_an_export(theirs: str) -> None:
    applied = {**graphs.CONTROLLED["12"]["inputs"], "control_net": ["14", 0], "end_percent": 0.6}
    graph = {
        **graphs.CONTROLLED,
        "12": node("ControlNetApplyAdvanced", **applied),
        "14": node("SetUnionControlNetType", type=theirs, control_net=["11", 0]),
    }
    wall = import_comfy(graph).workflow
    nodes = export_comfy(wall, REGISTRY).prompt.values()
    assert [n["inputs"]["type"] for n in nodes if n["class_type"] == "SetUnionControlNetType"] == [
        theirs
    ]
