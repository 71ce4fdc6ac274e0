"""Random walls that ComfyUI has nodes for come back from an export as they were."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.models.families.samplers import DIFFUSION, SAMPLERS
from core.operations.declaration import registry as declarations
from core.operations.diffusion.lora_use import WEIGHT_MAX
from core.operations.diffusion.sized import SIZE_MAX, SIZE_MIN
from core.workflows.comfy.export import export_comfy
from core.workflows.comfy.importer import import_comfy
from core.workflows.comfy.nodes.drawing import STEPS_MAX
from core.workflows.comfy.nodes.latents import COUNT_MAX
from core.workflows.workflow import Workflow, parse

REGISTRY = declarations.load()
NAMES = st.text("abc-_ é", min_size=1, max_size=8).map(str.strip).filter(bool)
SIDES = st.integers(SIZE_MIN // 8, SIZE_MAX // 8).map(lambda side: side * 8)
LORAS = st.fixed_dictionaries(
    {"name": NAMES, "weight": st.integers(-WEIGHT_MAX * 4, WEIGHT_MAX * 4).map(lambda n: n / 4)}
)
FLOW_SHIFTS = [name for name in SAMPLERS if name.startswith("flow_euler_shift")]


@st.composite
def drawn_walls(draw: st.DrawFn) -> Workflow:
    """Text to image, or image to image, with prompts, settings, perhaps LoRAs, and a view."""
    flow, variation = draw(st.booleans()), draw(st.booleans())
    kind = "img2img" if variation else "generate"
    samplers = FLOW_SHIFTS if flow else DIFFUSION
    props: dict[str, Any] = {
        "model": draw(NAMES),
        "num_inference_steps": draw(st.integers(1, STEPS_MAX)),
        "guidance_scale": draw(st.integers(3, 60)) / 2,
        "sampler": draw(st.sampled_from(samplers)),
    }
    size = {"width": draw(SIDES), "height": draw(SIDES)}
    count = draw(st.integers(1, COUNT_MAX))
    settled = {**size, "seed": draw(st.integers(0, 2**32 - 1))}
    settled |= {"num_images": count} if count > 1 else {}
    if variation:
        props["strength"] = draw(st.integers(1, 100)) / 100
    if draw(st.booleans()):
        props["clip_skip"] = draw(st.integers(1, 4))
    words = {"prompt": draw(NAMES), "negative_prompt": draw(NAMES)}
    bricks = [
        {"id": "words", "type": "prompt", "props": words},
        {"id": "sizes", "type": "settings", "props": settled},
        {"id": "made", "type": kind, "props": props},
        {"id": "shown", "type": "image_output"},
    ]
    wires = ["words.prompt made.prompt", "words.negative_prompt made.negative_prompt"]
    wires += ["sizes.settings made.settings", "made.image shown.image"]
    if variation:
        bricks.append({"id": "given", "type": "image_input", "file": f"{draw(NAMES)}.png"})
        wires.append("given.image made.image")
    loras = draw(st.lists(LORAS, max_size=3))
    if loras:
        bricks.append({"id": "stack", "type": "lora_stack", "props": {"loras": loras}})
        wires.append("stack.loras made.loras")
    ends = [wire.split() for wire in wires]
    joined = [{"from": source, "to": target} for source, target in ends]
    return parse({"bricks": bricks, "wires": joined})


def content(workflow: Workflow) -> tuple[list[str], list[str]]:
    """Bricks and wires whatever the IDs and places; no two bricks of these walls are equal."""
    names = {
        brick.id: json.dumps([brick.type, brick.props, brick.model_extra], sort_keys=True)
        for brick in workflow.bricks
    }
    wires = [
        " ".join([names[wire.source_brick], wire.source_port, names[wire.target_brick]])
        + f" {wire.target_port}"
        for wire in workflow.wires
    ]
    return sorted(names.values()), sorted(wires)


@given(drawn_walls())
def test_an_exported_wall_is_imported_as_it_was(wall: Workflow) -> None:
    exported = export_comfy(wall, REGISTRY)
    imported = import_comfy(exported.prompt)
    assert content(imported.workflow) == content(wall)
    assert exported.report.public()["unmapped"] == 0
    assert imported.report.public()["unmapped"] == 0


@given(drawn_walls())
def test_a_second_export_gives_the_same_nodes(wall: Workflow) -> None:
    first = import_comfy(export_comfy(wall, REGISTRY).prompt).workflow
    again = import_comfy(export_comfy(first, REGISTRY).prompt).workflow
    assert again == first
