"""Saving through the queue: files on disk, what they say, and what is refused."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.operations.declaration.registry import load
from core.pictures.formats import ENDINGS
from core.store.metadata import read_metadata
from tests.integration.api.pictures import png
from tests.integration.process import Server


def save(studio: Server, **params: Any) -> Path:
    """The file that a task saved."""
    (output,) = studio.done(studio.submit("save", **params))["outputs"]
    assert output["kind"] == "json"
    return studio.data_dir / "output" / output["value"]


def painted(studio: Server) -> str:
    """An image with a story of its own."""
    return str(studio.done(studio.submit("painting"))["outputs"][0]["asset_id"])


def test_a_saved_file_of_any_format_restores_what_made_it(studio: Server) -> None:
    source = painted(studio)
    filtered = studio.done(studio.submit("filter", image=source, contrast=1.5))["outputs"][0]
    for form, ending in ENDINGS.items():
        name = "{operation}/{model}_{count}_{width}x{height}_{contrast}_{task}"
        file = save(studio, image=filtered["asset_id"], format=form, file_name=name)
        assert file.parent.name == "filter"
        assert file.name.startswith("none_1_16x16_1.5_")
        assert file.suffix == f".{ending}"
        metadata = read_metadata(file.read_bytes())["qpyt"]
        assert metadata["params"]["contrast"] == 1.5
        assert [step["operation"] for step in metadata["history"]] == ["painting"]
        answer = studio.http.post("/api/workflows/import", files={"file": ("a", file.read_bytes())})
        bricks = answer.json()["workflow"]["bricks"]
        assert any(brick["type"] == "filter" for brick in bricks)


def test_the_images_of_a_workflow_run_carry_its_document(studio: Server) -> None:
    workflow = {
        "name": "paint and filter",
        "bricks": [
            {"id": "paint", "type": "painting", "props": {}},
            {"id": "tone", "type": "filter", "props": {"contrast": 1.2}, "column": 1},
        ],
        "wires": [{"from": "paint.image", "to": "tone.image"}],
    }
    body = {"workflow": workflow, "inputs": {"tone.contrast": 1.37}}
    run = studio.http.post("/api/workflows/run", json=body).raise_for_status().json()
    (output,) = studio.done(run["tasks"]["tone"])["outputs"]
    data = studio.http.get(output["url"]).content
    assert "workflow" not in read_metadata(data)["qpyt"]
    answer = studio.http.post("/api/workflows/import", files={"file": ("a.png", data)}).json()
    opened = {brick["id"]: brick["props"] for brick in answer["workflow"]["bricks"]}
    assert opened["tone"]["contrast"] == 1.37
    assert answer["workflow"]["name"] == "paint and filter"
    file = save(studio, image=output["asset_id"], format="avif")
    assert read_metadata(file.read_bytes())["workflow"]["name"] == "paint and filter"


def test_a_picture_that_was_cut_out_and_enlarged_is_saved_by_what_drew_it(studio: Server) -> None:
    cut = studio.submit("rembg", image=painted(studio))
    larger = studio.submit("upscale", image={"task": cut, "port": "image"})
    output = studio.done(larger)["outputs"][0]
    metadata = read_metadata(studio.http.get(output["url"]).content)["qpyt"]
    assert [step["operation"] for step in metadata["history"]] == ["painting", "rembg"]
    assert metadata["history"][1]["params"]["background"] == "transparent"


def test_a_picture_from_memory_is_saved_under_a_name_of_its_own_each_time(studio: Server) -> None:
    uri = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
    first, second = (save(studio, image=uri, file_name="é/{width}") for _ in range(2))
    assert [first.name, second.name] == ["24.png", "24-2.png"]
    assert Image.open(io.BytesIO(second.read_bytes())).size == (24, 16)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"file_name": "../x"}, "file_name"),
        ({"file_name": "/tmp/x"}, "file_name"),
        ({"file_name": "{date"}, "file_name"),
        ({"format": "gif"}, "format"),
        ({"quality": 0}, "quality"),
        ({"image": "01K"}, "image"),
        ({"image": None}, "image"),
        ({"svg": "01K"}, "svg"),
        ({"image": "data:image/png;base64,AAAA"}, "image"),
    ],
)
def test_bad_input_is_refused_by_field_before_anything_is_written(
    studio: Server, params: dict[str, Any], field: str
) -> None:
    before = len(studio.all_tasks())
    given = {"image": painted(studio), **params} if "svg" not in params else params
    answer = studio.http.post("/api/save", json=given)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"] == field
    assert len(studio.all_tasks()) <= before + 1  # the painting


@pytest.mark.parametrize(
    ("written", "nearest"),
    [("promt", "prompt"), ("step", "steps"), ("guidance", "guidance_scale"), ("dates", "date")],
)
def test_an_unknown_field_is_refused_with_the_nearest_one(
    studio: Server, written: str, nearest: str
) -> None:
    given = {"image": painted(studio), "file_name": f"{{date}}/{{{written}}}"}
    answer = studio.http.post("/api/save", json=given)
    assert answer.status_code == 422, answer.text
    refusal = answer.json()
    assert (refusal["field"], refusal["fix"]) == ("file_name", f"Did you mean '{nearest}'?")
    assert f"{{{written}}}" in refusal["detail"]


def test_any_parameter_of_an_operation_may_stand_in_a_name(studio: Server) -> None:
    names = sorted(load(["tests.operations.counting"]).parameters())
    image = painted(studio)
    for start in range(0, len(names), 8):
        name = "-".join(f"{{{name}}}" for name in names[start : start + 8])
        assert save(studio, image=image, file_name=name).exists()
    file = save(studio, image=image, file_name="{count} {strength} {noise}")
    assert file.stem == "1 none false", "one that the image lacks is none"


def test_a_name_holds_the_prompt_that_the_image_was_drawn_from(studio: Server) -> None:
    drawn = studio.done(
        studio.submit(
            "generate",
            prompt="a {house|house}: at/night " + "é" * 200,
            styles=["ink-drawing"],
            seed=41,
            num_inference_steps=1,
        )
    )["outputs"][0]["asset_id"]
    name = "{prompt}/{prompt} {negative_prompt} {styles} {seed} {steps} {guidance_scale} {model}"
    file = save(studio, image=drawn, file_name=name)
    assert file.parent.name.startswith("an ink drawing of a house_ at_night éé")
    assert len(file.parent.name.encode()) <= 80
    assert file.stem.endswith(" ink-drawing 41 1 3.0 nano"), "behind two long texts, and whole"
    assert file.stem.startswith("an ink drawing of a house_ at_night")
