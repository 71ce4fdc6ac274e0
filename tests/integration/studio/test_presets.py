"""Every preset runs by name over REST, or names the models that it lacks."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from core.operations.declaration import registry
from core.settings import ROOT
from core.workflows.library import Workflows
from core.workflows.workflow import Workflow
from tests.integration.process import Server

PRESETS = asyncio.run(Workflows(ROOT / "workflows", ROOT / "presets").presets())
REGISTRY = registry.load()
QUICK = {"num_inference_steps": 4, "num_images": 1, "width": 64, "height": 64}
"""Values for fields that several bricks have, so that a run takes a moment."""


def png(mode: str) -> bytes:
    """A drawing of 64 × 64 pixels; as a mask, its middle is white."""
    image = Image.new(mode, (64, 64), "black" if mode == "L" else "skyblue")
    ImageDraw.Draw(image).rectangle((16, 16, 47, 47), fill="white" if mode == "L" else "red")
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def uploaded(studio: Server, kind: str) -> str:
    data = png("L" if kind == "mask" else "RGB")
    answer = studio.http.post(
        f"/api/assets?kind={kind}", files={"file": ("drawing.png", data, "image/png")}
    )
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def run_inputs(studio: Server, workflow: Workflow) -> dict[str, Any]:
    """The images and masks that a preset waits for, and small sizes."""
    inputs: dict[str, Any] = {}
    settings = {
        wire.target_brick for wire in workflow.wires if wire.target_port == "settings"
    }  # their size comes from the settings
    for brick in workflow.bricks:
        declaration = REGISTRY.get(brick.type)
        assert declaration is not None
        fields = declaration.model_fields.keys()
        if brick.type == "image_input":
            inputs[f"{brick.id}.image"] = uploaded(studio, "image")
        elif brick.type == "mask_painter":
            inputs[f"{brick.id}.mask"] = uploaded(studio, "mask")
        wired = {"num_images", "width", "height"} if brick.id in settings else set()
        for name in QUICK.keys() & fields - wired:
            inputs[f"{brick.id}.{name}"] = QUICK[name]
    return inputs


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_runs_by_its_name_or_names_what_it_lacks(studio: Server, name: str) -> None:
    listed = studio.get("/api/presets/workflows")["items"]
    missing = next(preset for preset in listed if preset["name"] == name)["missing"]
    body = {"inputs": run_inputs(studio, PRESETS[name])}
    answer = studio.http.post(f"/api/workflows/{name}/run", json=body)
    if missing:
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "model_missing"), problem
        places = {error["field"] for error in problem.get("errors", [])} | {problem["field"]}
        assert places == {f"bricks.{model['brick']}.{model['field']}" for model in missing}
        assert all(model["detail"] and (model["fix"] or model["pull"]) for model in missing)
        return
    assert answer.status_code == 202, answer.text
    run = answer.json()
    assert run["waits"] == []
    tasks = {brick: studio.done(task) for brick, task in run["tasks"].items()}
    views = [brick for brick in PRESETS[name].bricks if brick.type == "image_output"]
    sources = {
        wire.source_brick
        for view in views
        for wire in PRESETS[name].wires
        if wire.target_brick == view.id
    }
    assert sources
    assert all(tasks[brick]["outputs"] for brick in sources)


def test_every_preset_has_a_form_tags_and_a_description() -> None:
    for name, workflow in PRESETS.items():
        assert workflow.description, name
        assert workflow.tags, name
        assert any(brick.exposed for brick in workflow.bricks), name
