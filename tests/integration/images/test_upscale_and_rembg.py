"""`upscale` and `rembg` through the queue: at the root, their lanes, images of every mode."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.integration.api.pictures import encoded, png
from tests.integration.process import Server

BLUE, PAPER = (32, 80, 144), (224, 224, 208)


def card() -> Image.Image:
    """A light card on blue, 61×47."""
    picture = Image.new("RGB", (61, 47), BLUE)
    picture.paste(PAPER, (20, 10, 40, 38))
    return picture


def deep() -> bytes:
    """A grey PNG of 16 bits, its left half black and its right half white."""
    levels = np.zeros((20, 30), np.uint16)
    levels[:, 15:] = 65_535
    return encoded(Image.fromarray(levels))


def seen_through() -> bytes:
    """A palette PNG, one of whose colours is transparent."""
    picture = card().quantize(4)
    return encoded(picture, transparency=picture.getpixel((0, 0)))


KINDS = {
    "RGB": encoded(card()),
    "CMYK JPEG": encoded(card().convert("CMYK"), "JPEG"),
    "grey": encoded(card().convert("L")),
    "16 bits": deep(),
    "palette with alpha": seen_through(),
    "one pixel": png(1, 1),
}


def upload(studio: Server, data: bytes) -> dict[str, Any]:
    answer = studio.http.post("/api/assets", files={"file": ("picture", data)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def made(studio: Server, task_id: str) -> dict[str, Image.Image]:
    """The files of a completed task, by port."""
    outputs = studio.done(task_id)["outputs"]
    files = {output["port"]: studio.http.get(output["url"]).content for output in outputs}
    return {port: Image.open(io.BytesIO(data)) for port, data in files.items()}


def total(studio: Server) -> int:
    return int(studio.get("/api/assets", params={"limit": 1})["total"])


def test_both_answer_at_the_root_and_run_on_the_cpu_lane(studio: Server) -> None:
    image = upload(studio, KINDS["RGB"])["id"]
    for name in ("upscale", "rembg"):
        task = studio.done(studio.post(f"/{name}", {"image": image}, 202)["task_id"])
        assert task["lane"] == "cpu"
    drawn = studio.post("/upscale", {"image": image, "method": "diffusion", "hold": True}, 202)[
        "task_id"
    ]
    studio.post(f"/api/tasks/{drawn}/cancel")
    assert studio.task(drawn)["lane"] == "device"


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_every_kind_are_taken(studio: Server, kind: str) -> None:
    asset = upload(studio, KINDS[kind])
    larger = made(studio, studio.submit("upscale", image=asset["id"], factor=1.5))["image"]
    assert larger.size == tuple(max(1, round(1.5 * asset[side])) for side in ("width", "height"))
    cut = made(studio, studio.submit("rembg", image=asset["id"]))
    assert cut["image"].size == cut["mask"].size == (asset["width"], asset["height"])
    assert (cut["image"].mode, cut["mask"].mode) == ("RGBA", "L")
    if kind == "16 bits":
        levels = np.asarray(larger.convert("L"))
        assert (levels[5, 4], levels[5, 40]) == (0, 255)
    if kind == "palette with alpha":
        assert larger.getchannel("A").getextrema() == (0, 255)
        assert cut["mask"].getpixel((2, 2)) == 0


def test_the_mask_feeds_the_next_step_and_is_a_mask(studio: Server) -> None:
    image = upload(studio, KINDS["RGB"])["id"]
    first = studio.submit("rembg", image=image, only_mask=True)
    larger = studio.submit("upscale", image={"task": first, "port": "mask"}, factor=2)
    assert made(studio, larger)["image"].size == (122, 94)
    assert [output["kind"] for output in studio.task(first)["outputs"]] == ["mask"]


@pytest.mark.parametrize(
    ("name", "wrong", "field"),
    [
        ("upscale", {"factor": 0.5}, "factor"),
        ("upscale", {"factor": 5}, "factor"),
        ("upscale", {"method": "magic"}, "method"),
        ("upscale", {"method": "model", "upscaler": "../../etc/passwd"}, "upscaler"),
        ("upscale", {"method": "model", "upscaler": "nobody"}, "upscaler"),
        ("upscale", {"tile": 10}, "tile"),
        ("upscale", {"image": "nothing"}, "image"),
        ("rembg", {"model": "bria-rmbg"}, "model"),
        ("rembg", {"model": "u2net_custom"}, "model"),
        ("rembg", {"model": "/etc/passwd"}, "model"),
        ("rembg", {"background": "colour", "background_colour": "red"}, "background_colour"),
        ("rembg", {"background": "image"}, "background_image"),
        ("rembg", {"background_image": "nothing"}, "background_image"),
        ("rembg", {"image": 7}, "image"),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(
    studio: Server, name: str, wrong: dict[str, Any], field: str
) -> None:
    image = upload(studio, png())["id"]
    before = total(studio)
    answer = studio.http.post(f"/api/{name}", json={"image": image, **wrong})
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"].split(".")[0] == field
    assert total(studio) == before
