"""The origin of a picture survives edits: from an upload to the saved file, by real workers."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.provenance.source_types import TRAINED as AI
from core.store.metadata import read_metadata
from core.store.png import encode_png
from core.store.svg_metadata import svg_metadata
from tests.integration.commands.test_command_line import process
from tests.integration.process import Server
from tests.unit.store.test_foreign import A1111, TOOLS

DRAWN: dict[str, Any] = {"prompt": "a red house", "seed": 3, "num_inference_steps": 2}


def picture(texts: dict[str, str], side: int = 32) -> bytes:
    return encode_png(Image.new("RGB", (side, side), "teal"), texts)


def uploaded(studio: Server, data: bytes) -> dict[str, Any]:
    answer = studio.http.post("/api/assets", files={"file": ("p.png", data, "image/png")})
    return dict(answer.raise_for_status().json())


def file_of(studio: Server, output: dict[str, Any]) -> bytes:
    return studio.http.get(output["url"]).raise_for_status().content


def made(studio: Server, operation: str, **params: Any) -> dict[str, Any]:
    """The first output of a task."""
    return dict(studio.done(studio.submit(operation, **params))["outputs"][0])


def metadata_of(studio: Server, output: dict[str, Any]) -> dict[str, Any]:
    return read_metadata(file_of(studio, output))


def saved(studio: Server, **params: Any) -> Path:
    return studio.data_dir / "output" / made(studio, "save", **params)["value"]


@pytest.mark.parametrize("tool", TOOLS)
def test_metadata_of_other_tools_survives_upload_edits_and_saving(
    studio: Server, tool: str
) -> None:
    asset = uploaded(studio, picture(TOOLS[tool]))
    stored = metadata_of(studio, asset)
    assert stored == asset["metadata"], "the file says what the row says"
    once = made(studio, "filter", image=asset["id"], contrast=1.5)
    twice = made(studio, "filter", image=once["asset_id"], mirror_type="both")
    metadata = metadata_of(studio, twice)
    first, second = metadata["qpyt"]["history"]
    kept = {**TOOLS[tool]}
    parameters = kept.pop("parameters", None)
    assert first["source"] == tool
    assert first.get("parameters") == metadata.get("parameters") == parameters
    assert first.get("texts", {}) == kept
    assert (second["operation"], second["params"]["contrast"]) == ("filter", 1.5)
    for form in ("png", "jpeg", "webp"):
        name = f"{tool}/{{seed}}_{{prompt}}"
        file = saved(studio, image=twice["asset_id"], format=form, file_name=name)
        assert file.name.startswith("9_a red house")
        assert read_metadata(file.read_bytes())["qpyt"] == metadata["qpyt"]
    plain = saved(studio, image=asset["id"], format="webp", file_name=f"{tool}/itself")
    marked = read_metadata(plain.read_bytes())
    assert marked.pop("digital_source_type", AI) == AI
    assert marked == asset["metadata"]


def test_a_picture_of_the_studio_is_followed_over_every_kind_of_step(studio: Server) -> None:
    drawn = made(studio, "generate", **DRAWN)
    brought = uploaded(studio, file_of(studio, drawn))
    varied = made(studio, "img2img", image=brought["id"], **{**DRAWN, "seed": 5})
    cut = made(studio, "rembg", image=varied["asset_id"])
    larger = made(studio, "upscale", image=cut["asset_id"], factor=1.5)
    metadata = metadata_of(studio, larger)
    history = metadata["qpyt"]["history"]
    assert [step["operation"] for step in history] == ["generate", "img2img", "rembg"]
    assert [step["image_seed"] for step in history] == [3, 5, None]
    assert history[0]["params"]["prompt"] == "a red house"
    assert history[0]["model"]["id"] == "nano"
    assert metadata["parameters"] == metadata_of(studio, varied)["parameters"]
    assert "Seed: 5" in metadata["parameters"]
    assert saved(studio, image=larger["asset_id"], file_name="way/{model}_{seed}").name.startswith(
        "nano_5"
    )
    drawing = made(studio, "vectorize", image=larger["asset_id"])
    steps = svg_metadata(file_of(studio, drawing))["history"]
    assert [step["operation"] for step in steps] == [
        "generate",
        "img2img",
        "rembg",
        "upscale",
    ]


def test_the_steps_of_a_mask_and_of_its_image_are_followed(studio: Server) -> None:
    drawn = made(studio, "generate", **DRAWN)
    other = uploaded(studio, picture({"parameters": A1111}, side=128))
    cut = studio.done(studio.submit("rembg", image=other["id"]))["outputs"]
    mask = next(output for output in cut if output["port"] == "mask")
    inputs = {"image": drawn["asset_id"], "mask": mask["asset_id"], "invert_mask": True}
    filled = made(studio, "inpaint", **inputs, **DRAWN)
    metadata = metadata_of(studio, filled)
    steps = [(step.get("operation"), step.get("input")) for step in metadata["qpyt"]["history"]]
    assert steps == [(None, "mask"), ("rembg", "mask"), ("generate", None)]
    assert metadata["qpyt"]["history"][0]["parameters"] == A1111
    named = saved(studio, image=filled["asset_id"], file_name="masked/{model}_{seed}")
    assert named.name.startswith("nano_3"), "a mask names no model and no seed"


def test_a_task_that_waited_for_its_input_carries_it_too(studio: Server) -> None:
    first = studio.submit("painting", count=2, side=12)
    second = studio.done(studio.submit("filter", image={"task": first}, brightness=0.5))
    histories = [metadata_of(studio, output)["qpyt"]["history"] for output in second["outputs"]]
    assert [[step["image_seed"] for step in history] for history in histories] == [[0], [1]]


def test_the_command_line_writes_it(studio: Server, tmp_path: Path) -> None:
    (tmp_path / "house.png").write_bytes(picture({"parameters": A1111}))
    done = process(
        "filter",
        str(tmp_path / "house.png"),
        "--contrast",
        "1.5",
        "--out",
        str(tmp_path / "out"),
        "--data-dir",
        str(studio.data_dir),
    )
    assert done.returncode == 0, done.stderr
    metadata = read_metadata(Path(done.stdout.strip()).read_bytes())
    assert metadata["parameters"] == A1111
    assert metadata["qpyt"]["history"][0]["source"] == "a1111"


def test_nothing_is_claimed_that_was_not_used(studio: Server) -> None:
    asset = uploaded(studio, picture({}))["id"]
    larger = made(studio, "upscale", image=asset)
    cut = made(studio, "rembg", image=asset)
    for output in (larger, cut):
        metadata = metadata_of(studio, output)
        assert metadata.keys() == {"source", "qpyt", "digital_source_type"}, "no infotext"
        assert not metadata["digital_source_type"].endswith("rainedAlgorithmicMedia"), "no AI"
        assert output["seed"] is None
        assert "history" not in metadata["qpyt"]
        assert "sampler" not in metadata["qpyt"]
    params = metadata_of(studio, larger)["qpyt"]["params"]
    assert params == {"image": asset, "factor": 2.0, "method": "lanczos"}
    assert saved(studio, image=cut["asset_id"], file_name="c/{model}").stem == "none"


def test_what_a_model_draws_names_the_scheduler_that_ran(studio: Server) -> None:
    own = metadata_of(studio, made(studio, "generate", **DRAWN))
    assert "Sampler: Euler (flow)," in own["parameters"]
    chosen = made(studio, "generate", **DRAWN, sampler="flow_euler_shift_3")
    assert 'Sampler: "Euler (flow, shift 3)",' in metadata_of(studio, chosen)["parameters"]


def test_an_edited_picture_still_restores_its_bricks(studio: Server) -> None:
    asset = uploaded(studio, picture({"parameters": A1111}))["id"]
    data = file_of(studio, made(studio, "upscale", image=asset, factor=3))
    answer = studio.http.post("/api/workflows/import", files={"file": ("a.png", data)})
    bricks = {brick["type"]: brick for brick in answer.json()["workflow"]["bricks"]}
    assert bricks["upscale"]["props"]["factor"] == 3


@pytest.mark.parametrize(
    "snapshot",
    [
        '{"operation": "generate", "params": ' + "[" * 100 + "]" * 100 + "}",
        json.dumps({"operation": "x", "history": [{"operation": "y"}] * 9_000}),
        json.dumps({"operation": "x", "history": {"a": 1}, "output": {"origin": [1]}}),
        json.dumps({"operation": 3, "params": None, "history": [None, 3, {"texts": "x"}]}),
        json.dumps({"operation": "x", "params": {"prompt": "p" * 120_000}}),
    ],
)
def test_hostile_metadata_neither_breaks_edits_nor_is_passed_on_unbounded(
    studio: Server, snapshot: str
) -> None:
    info = PngInfo()
    info.add_text("qpyt", snapshot)
    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    output: dict[str, Any] = {"asset_id": uploaded(studio, buffer.getvalue())["id"]}
    for contrast in (1.1, 1.2):
        output = made(studio, "filter", image=output["asset_id"], contrast=contrast)
    metadata = metadata_of(studio, output)
    assert metadata["qpyt"]["params"]["contrast"] == 1.2
    assert metadata["qpyt"]["history"][-1]["params"]["contrast"] == 1.1
    assert len(file_of(studio, output)) < 140_000
    assert studio.get(f"/api/assets/{output['asset_id']}")["metadata"]["qpyt"] == metadata["qpyt"]
    assert saved(studio, image=output["asset_id"], format="jpeg", file_name="h/{uuid}").exists()
