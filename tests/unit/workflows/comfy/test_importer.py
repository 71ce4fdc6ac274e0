"""Workflows of ComfyUI become walls that compile, the same from either form."""

import json
from typing import Any

import pytest

from core.errors import InvalidWorkflow
from core.operations.declaration import registry as declarations
from core.workflows.comfy.importer import Imported, import_comfy, is_comfy
from core.workflows.comfy.node_types import NODE_TYPES, node_type
from core.workflows.comfy.report import Entry
from core.workflows.compiler import compile_workflow
from core.workflows.wiring import problems
from core.workflows.workflow import INERT, Workflow
from tests.unit.workflows.comfy import graphs
from tests.unit.workflows.comfy.files import PlaygroundFiles
from tests.unit.workflows.comfy.graphs import BASE, GRAPHS, Api, node, sampled, ui_of

REGISTRY = declarations.load()
ASSET = "01K5Z8B3W9QX4T7M2N6R1V0YCD"
# Every class that must be handled; those of a shape by an example.
WANTED = [
    "CheckpointLoaderSimple",
    "UNETLoader",
    "CLIPLoader",
    "DualCLIPLoader",
    "TripleCLIPLoader",
    "QuadrupleCLIPLoader",
    "VAELoader",
    "LoraLoader",
    "LoraLoaderModelOnly",
    "CLIPTextEncode",
    "CLIPTextEncodeSDXL",
    "CLIPTextEncodeSDXLRefiner",
    "CLIPTextEncodeSD3",
    "CLIPTextEncodeFlux",
    "CLIPSetLastLayer",
    "FluxGuidance",
    "ConditioningZeroOut",
    "KSampler",
    "KSamplerAdvanced",
    "SamplerCustom",
    "SamplerCustomAdvanced",
    "KSamplerSelect",
    "BasicScheduler",
    "Flux2Scheduler",
    "SDTurboScheduler",
    "RandomNoise",
    "BasicGuider",
    "CFGGuider",
    "ModelSamplingDiscrete",
    "ModelSamplingContinuousEDM",
    "ModelSamplingSD3",
    "ModelSamplingAuraFlow",
    "ModelSamplingFlux",
    "ModelSamplingStableCascade",
    "EmptyLatentImage",
    "EmptySD3LatentImage",
    "EmptyFlux2LatentImage",
    "EmptyHunyuanImageLatent",
    "VAEEncode",
    "VAEEncodeForInpaint",
    "InpaintModelConditioning",
    "DifferentialDiffusion",
    "LoadImage",
    "LoadImageMask",
    "InvertMask",
    "GrowMask",
    "ImagePadForOutpaint",
    "LatentUpscale",
    "LatentUpscaleBy",
    "ImageScale",
    "ImageScaleBy",
    "ImageScaleToTotalPixels",
    "ImageScaleToMaxDimension",
    "UpscaleModelLoader",
    "ImageUpscaleWithModel",
    "ReferenceLatent",
    "FluxKontextImageScale",
    "TextEncodeQwenImageEdit",
    "TextEncodeQwenImageEditPlus",
    "ControlNetLoader",
    "ControlNetApply",
    "ControlNetApplyAdvanced",
    "Canny",
    "VAEDecode",
    "VAEDecodeTiled",
    "SaveImage",
    "PreviewImage",
]
WAITING = {
    "ControlNetInpaintingAliMamaApply": "ControlNets that repaint",
    "IPAdapterAdvanced": "image prompts",
    "FreeU_V2": "patches of the model",
}


def wall(imported: Imported) -> dict[str, Any]:
    """Bricks and wires, without the description that notes become."""
    data = imported.workflow.json_data()
    return {"bricks": data["bricks"], "wires": data["wires"]}


def bricks(imported: Imported, kind: str) -> list[dict[str, Any]]:
    return [brick.props for brick in imported.workflow.bricks if brick.type == kind]


def entry(imported: Imported, node_id: str) -> Entry:
    return imported.report.entries[node_id]


def filled(workflow: Workflow) -> Workflow:
    """The workflow with an image in every input image and a mask in every painter."""
    values = {"image_input": {"image": ASSET}, "mask_painter": {"mask": ASSET}}
    return workflow.model_copy(
        update={
            "bricks": [
                brick.model_copy(update={"props": {**brick.props, **values.get(brick.type, {})}})
                for brick in workflow.bricks
            ]
        }
    )


@pytest.mark.parametrize("name", WANTED)
def test_every_wanted_class_has_a_place_on_the_wall(name: str) -> None:
    known = node_type(name)
    assert known.read is not None
    assert known.becomes


@pytest.mark.parametrize("name", WAITING)
def test_a_class_without_a_brick_says_which_feature_it_waits_for(name: str) -> None:
    assert node_type(name).read is None
    assert node_type(name).waits_for == WAITING[name]


def test_no_class_stands_in_the_table_twice() -> None:
    names = [entry.name for entry in NODE_TYPES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", GRAPHS)
def test_a_wall_has_no_faults_and_every_parameter_is_valid(name: str) -> None:
    imported = import_comfy(GRAPHS[name])
    assert problems(imported.workflow, REGISTRY) == []
    compiled = compile_workflow(filled(imported.workflow), REGISTRY)
    assert compiled.waits == []
    for step in compiled.steps:
        REGISTRY.operation(step.operation).model_validate(step.params)


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("rerouted", [False, True])
def test_both_forms_of_a_picture_give_the_same_wall(name: str, rerouted: bool) -> None:
    api = import_comfy(GRAPHS[name])
    ui = import_comfy(ui_of(GRAPHS[name], rerouted=rerouted))
    assert wall(ui) == wall(api)
    assert ui.workflow.description == ("Mind the gap." if rerouted else "")


@pytest.mark.parametrize("name", GRAPHS)
def test_the_report_names_every_node_of_the_file(name: str) -> None:
    report = import_comfy(ui_of(GRAPHS[name], rerouted=True)).report.public()
    file = ui_of(GRAPHS[name], rerouted=True)
    assert {item["node"] for item in report["nodes"]} == {str(item["id"]) for item in file["nodes"]}
    counted = sum(report[status] for status in ("mapped", "approximated", "unmapped", "skipped"))
    assert counted == len(report["nodes"])
    for item in report["nodes"]:
        assert item["becomes"] or item["detail"], item


def test_a_text_to_image_graph_becomes_prompt_settings_generate_and_save() -> None:
    imported = import_comfy(graphs.TEXT_TO_IMAGE)
    assert bricks(imported, "generate") == [
        {
            "model": "dream",
            "num_inference_steps": 20,
            "guidance_scale": 7.5,
            "sampler": "dpmpp_2m_karras",
        }
    ]
    assert bricks(imported, "prompt") == [{"prompt": "a red house", "negative_prompt": "blur"}]
    assert bricks(imported, "settings") == [
        {"width": 832, "height": 1216, "num_images": 2, "seed": 9}
    ]
    assert bricks(imported, "save") == [{"file_name": "house"}]
    assert imported.report.public()["unmapped"] == 0


def test_loras_clip_skip_and_vae_reach_the_generator() -> None:
    imported = import_comfy(graphs.LORAS)
    (loras,) = bricks(imported, "lora_stack")
    assert loras == {"loras": [{"name": "ink", "weight": 0.8}, {"name": "fast", "weight": 1}]}
    (generate,) = bricks(imported, "generate")
    assert (generate["clip_skip"], generate["vae"]) == (1, "soft")


def test_a_refiner_that_finishes_the_schedule_becomes_one_brick_with_the_base() -> None:
    imported = import_comfy(graphs.REFINER)
    (refine,) = bricks(imported, "refine")
    assert refine.items() >= {"model": "dream", "refiner": "refiner", "denoising_end": 0.8}.items()
    assert not bricks(imported, "generate")
    assert not bricks(imported, "img2img")
    assert len(bricks(imported, "prompt")) == 1
    assert entry(imported, "3").status == entry(imported, "15").status == "mapped"


def test_a_second_sampler_with_new_noise_is_image_to_image_with_its_share_as_strength() -> None:
    again = graphs.advanced(20, 25, add_noise="enable", latent_image=["3", 0])
    imported = import_comfy({**graphs.REFINER, "15": again})
    (second,) = bricks(imported, "img2img")
    assert second["strength"] == 0.2
    assert entry(imported, "3").status == "approximated"


def test_an_upscaled_latent_gives_the_second_generator_its_size() -> None:
    imported = import_comfy(graphs.REFINED)
    assert bricks(imported, "img2img")[0]["strength"] == 0.5
    assert bricks(imported, "settings")[1] == {"width": 1248, "height": 1824, "seed": 10}


def test_a_masked_image_becomes_inpaint_with_a_painter() -> None:
    imported = import_comfy(graphs.INPAINT)
    (inpaint,) = bricks(imported, "inpaint")
    assert inpaint.items() >= {"invert_mask": True, "mask_feather": 6, "strength": 1}.items()
    wires = {(wire.source, wire.target) for wire in imported.workflow.wires}
    assert ("image_input.image", "mask_painter.image") in wires
    assert ("mask_painter.mask", "inpaint.mask") in wires
    assert "mask.png" in entry(imported, "10").public()["detail"]


def test_a_sampler_that_the_checkpoint_lacks_becomes_one_of_its_own() -> None:
    imported = import_comfy({**BASE, "3": sampled()}, PlaygroundFiles())
    assert bricks(imported, "generate")[0]["sampler"] == "edm_dpmpp_2m"
    report = entry(imported, "3").public()
    assert report["status"] == "approximated"
    assert "DPM++ 2M (EDM) replaces it" in report["detail"]


def test_a_padded_image_becomes_outpaint() -> None:
    (outpaint,) = bricks(import_comfy(graphs.OUTPAINT), "outpaint")
    sides = {"top": 0, "right": 256, "bottom": 64, "left": 0, "mask_feather": 40}
    assert outpaint.items() >= sides.items()


def test_the_guidance_of_a_distilled_model_and_its_own_sampler_are_kept() -> None:
    imported = import_comfy(graphs.FLUX)
    assert bricks(imported, "generate") == [
        {"model": "flux1-dev", "num_inference_steps": 28, "guidance_scale": 3.5}
    ]
    targets = {wire.target for wire in imported.workflow.wires}
    assert "generate.negative_prompt" not in targets


@pytest.mark.parametrize(
    ("name", "images", "size"),
    [("FLUX.2", 1, (1024, 768)), ("Kontext", 1, None), ("Qwen", 2, None)],
)
def test_reference_images_become_an_edit(
    name: str, images: int, size: tuple[int, int] | None
) -> None:
    imported = import_comfy(GRAPHS[name])
    targets = [wire.target for wire in imported.workflow.wires]
    assert targets.count("edit.image") == images
    (settings,) = bricks(imported, "settings")
    assert (settings.get("width"), settings.get("height")) == (size or (None, None))


def test_a_flow_models_shift_is_a_sampler() -> None:
    assert bricks(import_comfy(graphs.SD3), "generate")[0]["sampler"] == "flow_euler_shift_3"


def test_what_the_wall_has_no_brick_for_is_kept_with_its_data_and_runs_without_it() -> None:
    graph = {
        **BASE,
        "10": node("FreeU_V2", b1=1.3, b2=1.4, s1=0.9, s2=0.2, model=["4", 0]),
        "3": sampled(model=["10", 0]),
    }
    imported = import_comfy(graph)
    assert bricks(imported, INERT) == [
        {
            "class_type": "FreeU_V2",
            "waits_for": "patches of the model",
            "inputs": {"b1": 1.3, "b2": 1.4, "s1": 0.9, "s2": 0.2, "model": ["4", 0]},
        }
    ]
    assert bricks(imported, "generate")[0]["model"] == "dream"
    assert imported.report.public()["unmapped"] == 1


def test_upscalers_are_bricks_of_their_own() -> None:
    assert bricks(import_comfy(graphs.UPSCALED), "upscale") == [
        {"factor": 4, "method": "model", "upscaler": "4x-UltraSharp"},
        {"factor": 2, "method": "lanczos"},
    ]


def test_an_unknown_node_passes_on_what_arrives() -> None:
    graph = {
        **BASE,
        "3": sampled(model=["30", 0], positive=["31", 0], seed=["32", 0]),
        "30": node("SomeModelPatch", model=["4", 0], power=3),
        "31": node("SomeText", text="a blue house", other=["6", 0]),
        "32": node("SomeSeed", seed=77),
    }
    imported = import_comfy(graph)
    assert bricks(imported, "generate")[0]["model"] == "dream"
    assert bricks(imported, "prompt")[0]["prompt"] == "a red house"
    assert bricks(imported, "settings")[0]["seed"] == 77
    assert len(bricks(imported, INERT)) == 3


def test_a_link_to_no_node_is_reported_and_the_rest_is_imported() -> None:
    imported = import_comfy({**BASE, "3": sampled(negative=["99", 0])})
    assert "negative leads to no node" in entry(imported, "3").public()["detail"]
    assert "model" in bricks(imported, "generate")[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {"1": node("VAEDecode", samples=["2", 0]), "2": node("VAEDecode", samples=["1", 0])},
            "circle",
        ),
        ({str(key): node("VAEDecode", samples=[str(key), 0]) for key in (1, 2)}, "circle"),
        ({str(key): node("Note") for key in range(10_000)}, "more than 2000 nodes"),
        ({"1": {"class_type": 3}}, "class_type"),
        ({"1": {"class_type": "KSampler"}, "2": 5}, "class_type"),
        ({"nodes": [{"id": key, "type": "Reroute"} for key in range(10_000)]}, "2000 nodes"),
        ({"nodes": [{"id": 1, "type": "Note", "widgets_values": ["x"]}]}, "no node that runs"),
        ({}, "no workflow"),
        ([], "no workflow"),
        ({str(key): node("LoadImage", image=f"{key}.png") for key in range(1500)}, "500 bricks"),
    ],
)
def test_hostile_graphs_are_refused_with_a_sentence(data: Any, words: str) -> None:
    with pytest.raises(InvalidWorkflow, match=words) as caught:
        import_comfy(data)
    assert caught.value.fix


WRONG: list[Any] = [None, True, -1, 10**30, 1e400, "", "x", [], ["6"], ["6", "0"], {}, {"a": [1]}]


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_wrong_types_in_any_input_are_answered(name: str, wrong: Any) -> None:
    for key, record in GRAPHS[name].items():
        for field in record["inputs"]:
            inputs = {**record["inputs"], field: wrong}
            changed: Api = {**GRAPHS[name], key: node(record["class_type"], **inputs)}
            assert_answered(changed)
            assert_answered(ui_of(changed))


def assert_answered(data: Any) -> None:
    """A wall without faults, or an error with a sentence."""
    if not is_comfy(data):
        return
    try:
        imported = import_comfy(data)
    except InvalidWorkflow:
        return
    json.dumps(imported.report.public())
    assert problems(imported.workflow, REGISTRY) == []


def test_links_to_any_other_node_are_answered() -> None:
    for graph in (graphs.INPAINT, graphs.FLUX2):
        for key, record in graph.items():
            for field in record["inputs"]:
                for other in graph:
                    inputs = {**record["inputs"], field: [other, 0]}
                    assert_answered({**graph, key: node(record["class_type"], **inputs)})
