"""Inpainting, outpainting and editing through the whole studio, with the built-in model."""

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.store.metadata import read_metadata
from tests.integration.api.pictures import encoded, png
from tests.integration.process import Server

QUICK: dict[str, Any] = {"prompt": "a blue house", "num_inference_steps": 2, "seed": 5}


def noise(size: tuple[int, int] = (100, 70), bands: int = 3) -> Image.Image:
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], bands), np.uint8)
    return Image.fromarray(pixels)


def mask(size: tuple[int, int] = (100, 70)) -> Image.Image:
    """The left third is repainted."""
    mask = Image.new("L", size)
    mask.paste(255, (0, 0, size[0] // 3, size[1]))
    return mask


def uri(picture: Image.Image | bytes) -> str:
    data = picture if isinstance(picture, bytes) else encoded(picture)
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def upload(studio: Server, picture: Image.Image) -> str:
    answer = studio.http.post(
        "/api/assets", files={"file": ("a.png", encoded(picture), "image/png")}
    )
    return str(answer.json()["id"])


def result(studio: Server, task: dict[str, Any], index: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(studio.http.get(task["outputs"][index]["url"]).content))


def changed(first: Image.Image, second: Image.Image) -> np.ndarray[Any, Any]:
    """A map of the pixels that differ, (height, width)."""
    apart: np.ndarray[Any, Any] = (np.asarray(first) != np.asarray(second)).any(axis=2)
    return apart


def test_inpainting_answers_at_the_root_and_changes_nothing_outside_of_its_mask(
    studio: Server,
) -> None:
    source = noise()
    asked = {**QUICK, "image": uri(source), "mask": uri(mask()), "mask_feather": 6}
    accepted = studio.post("/inpaint", asked, 202)
    task = studio.done(accepted["task_id"])
    image = result(studio, task)
    assert (image.size, image.mode) == ((100, 70), "RGB")
    apart = changed(image, source)
    assert apart[:, :33].mean() > 0.9
    assert not apart[:, 33 + 6 :].any()


def test_a_repainted_picture_tells_all_that_it_takes_to_make_it_again(studio: Server) -> None:
    inputs = {"image": upload(studio, noise((200, 90))), "mask": upload(studio, mask((200, 90)))}
    asked = {**QUICK, **inputs, "only_masked": True, "padding_mask_crop": 7, "invert_mask": True}
    task = studio.done(studio.submit("inpaint", **asked, num_images=2))
    data = studio.http.get(task["outputs"][1]["url"]).content
    metadata = read_metadata(data)["qpyt"]
    assert metadata["params"].items() >= {**asked, "mask_feather": 8}.items()
    assert {"precision", "memory_plan", "drawn", "inputs"} <= metadata.keys()
    assert metadata["precision"]["transformer"] == "float32"
    assert metadata["memory_plan"] == "device"
    assert metadata["inputs"]["mask"][0]["id"] == inputs["mask"]
    box = metadata["drawn"][0]["box"]
    assert box[0] <= 66 - 7
    assert box[2] >= 200
    for name in ("precision", "memory_plan", "drawn"):
        assert task["snapshot"][name] == metadata[name], "the task says what the image says"
    again = studio.done(
        studio.submit(
            "inpaint", **{**metadata["params"], "seed": metadata["image_seed"], "num_images": 1}
        )
    )
    assert result(studio, again).tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_outpainting_answers_at_the_root_with_exactly_the_asked_size(studio: Server) -> None:
    source = noise((90, 60), bands=4)
    asked = {**QUICK, "image": uri(source), "right": 50, "top": 10, "unit": "percent"}
    task = studio.done(studio.post("/outpaint", asked, 202)["task_id"])
    image = result(studio, task)
    assert (image.size, image.mode) == ((135, 66), "RGBA")
    assert image.crop((0, 6, 90, 66)).tobytes() == source.tobytes()
    new = np.asarray(image)[:, 110:]
    assert (new[..., 3] == 255).all()


def test_an_edit_looks_at_uploads_and_at_what_other_tasks_make(studio: Server) -> None:
    parent = studio.submit("generate", **QUICK, num_images=2)
    made = {"task": parent, "port": "image"}
    mine = upload(studio, noise((64, 64)))
    child = studio.submit("edit", **QUICK, image=[mine, {**made, "index": 1}, uri(noise())])
    every = studio.submit("edit", **QUICK, image=made)
    done, both = studio.done(child), studio.done(every)
    first, second = (output["asset_id"] for output in studio.done(parent)["outputs"])
    assert done["params"]["image"][:2] == [mine, second]
    assert len(done["params"]["image"]) == 3
    named = [item["id"] for item in done["snapshot"]["inputs"]["image"]]
    assert named == done["params"]["image"]
    assert both["params"]["image"] == [first, second]
    assert len(both["outputs"]) == 1, "all of them in one run"
    assert done["outputs"][0]["width"] == 64, "the size of the first"


def test_a_task_that_waits_for_pictures_is_served_from_an_equal_one(studio: Server) -> None:
    parent = studio.submit("generate", **QUICK)
    wanted = {**QUICK, "image": [{"task": parent, "port": "image"}], "cache": True}
    first = studio.done(studio.submit("edit", **wanted))
    second = studio.done(studio.submit("edit", **wanted))
    assert second["cached"]
    assert second["snapshot"]["precision"] == first["snapshot"]["precision"]


@pytest.mark.parametrize("operation", ["img2img", "edit"])
@pytest.mark.parametrize("size", [(100, 70), (331, 40), (20, 260)])
def test_a_result_comes_back_at_the_size_of_its_input(
    studio: Server, operation: str, size: tuple[int, int]
) -> None:
    asked = {**QUICK, "image": uri(noise(size))}
    task = studio.done(studio.submit(operation, **asked))
    assert result(studio, task).size == size
    kept = studio.done(studio.submit(operation, **asked, keep_generated_size=True))
    assert min(result(studio, kept).size) == 128
    frames = read_metadata(studio.http.get(task["outputs"][0]["url"]).content)["qpyt"]["drawn"]
    assert {frame["width"] for frame in frames} == {128}
    strip = max(size) > 8 * min(size)
    assert (len(frames) > 1) == strip


def test_a_strip_is_repainted_and_extended_in_windows(studio: Server) -> None:
    size = (300, 30)
    source = noise(size)
    given = {**QUICK, "image": uri(source)}
    inpainted = studio.done(studio.submit("inpaint", **given, mask=uri(mask(size))))
    apart = changed(result(studio, inpainted), source)
    assert apart[:, :100].mean() > 0.9
    assert not apart[:, 110:].any()
    outpainted = result(studio, studio.done(studio.submit("outpaint", **given, left=60)))
    assert outpainted.size == (360, 30)
    assert outpainted.crop((60, 0, 360, 30)).tobytes() == source.tobytes()


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("inpaint", {"mask": uri(mask((50, 70)))}, "mask"),
    ("inpaint", {"mask": "nothing"}, "mask"),
    ("inpaint", {"mask": None}, "mask"),
    ("inpaint", {"image": uri(noise((1, 1000))), "mask": uri(mask((3, 3000)))}, "image"),
    ("inpaint", {"width": 128, "mask": uri(mask())}, "width"),
    ("inpaint", {"mask_feather": -1, "mask": uri(mask())}, "mask_feather"),
    ("inpaint", {"strength": 0, "mask": uri(mask())}, "strength"),
    ("outpaint", {}, "right"),
    ("outpaint", {"left": 9000}, "left"),
    ("outpaint", {"left": 500, "unit": "percent"}, "left"),
    ("outpaint", {"bottom": 8000}, "bottom"),
    ("outpaint", {"right": 8, "image": {"asset": "x"}}, "image"),
    ("edit", {"image": []}, "image"),
    ("edit", {"image": [uri(png())] * 9}, "image"),
    ("edit", {"image": [uri(png()), "nothing"]}, "image"),
]


@pytest.mark.parametrize(("operation", "given", "field"), REFUSED)
def test_what_cannot_be_is_refused_under_its_field_and_no_task_is_made(
    studio: Server, operation: str, given: dict[str, Any], field: str
) -> None:
    before = studio.get("/api/tasks", params={"limit": 1})["total"]
    answer = studio.http.post(f"/api/{operation}", json={"image": uri(noise()), **QUICK, **given})
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["field"].split(".")[0] == field
    assert problem["detail"]
    assert studio.get("/api/tasks", params={"limit": 1})["total"] == before


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("CMYK", encoded(noise().convert("CMYK"), "JPEG")),
        ("grey of 16 bits", encoded(Image.fromarray(np.full((70, 100), 65535, np.uint16)))),
        ("palette with transparency", encoded(noise().convert("P"), transparency=3)),
        ("black and white", encoded(mask().convert("1"))),
        (
            "animated",
            encoded(noise(), "GIF", save_all=True, append_images=[noise().rotate(90)]),
        ),
    ],
)
def test_every_kind_of_picture_is_read_as_picture_and_as_mask(
    studio: Server, name: str, data: bytes
) -> None:
    as_picture = studio.submit("inpaint", **QUICK, image=uri(data), mask=uri(mask()))
    as_mask = studio.submit("inpaint", **QUICK, image=uri(noise()), mask=uri(data))
    for task_id in (as_picture, as_mask):
        assert studio.done(task_id)["outputs"][0]["width"] == 100, name


@pytest.mark.parametrize("inverted", [False, True])
def test_a_mask_that_changes_nothing_fails_with_its_field_and_stores_nothing(
    studio: Server, inverted: bool
) -> None:
    level = 255 if inverted else 0
    inputs = {
        "image": upload(studio, noise()),
        "mask": upload(studio, Image.new("L", (100, 70), level)),
    }
    kept = len(studio.stored())
    task = studio.ended(studio.submit("inpaint", **QUICK, **inputs, invert_mask=inverted))
    assert task["status"] == "failed"
    assert (task["error"]["code"], task["error"]["field"]) == ("invalid_input", "mask")
    assert task["error"]["fix"]
    assert (task["outputs"], len(studio.stored()), studio.partial()) == ([], kept, [])


def test_a_mask_that_is_white_everywhere_repaints_all_and_says_so(studio: Server) -> None:
    white = uri(Image.new("L", (100, 70), 255))
    task = studio.done(studio.submit("inpaint", **QUICK, image=uri(noise()), mask=white))
    assert [warning["code"] for warning in task["warnings"]] == ["mask_full"]
    assert changed(result(studio, task), noise()).mean() > 0.9


def test_an_output_that_a_task_does_not_make_is_refused_under_the_field(studio: Server) -> None:
    made = studio.submit("generate", **QUICK)
    studio.done(made)
    nothing = {"task": made, "port": "nothing"}
    asked = [("outpaint", {"right": 8}, nothing), ("edit", {}, [nothing])]
    for operation, more, image in asked:
        answer = studio.http.post(f"/api/{operation}", json={**QUICK, **more, "image": image})
        assert answer.status_code == 422
        assert answer.json()["field"] == "image"
