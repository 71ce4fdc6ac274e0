"""Control images as a person makes them: a drawing, its edges with a live preview, a score."""

import io
import re
from typing import Any

import httpx
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, run, stand


def square(studio: StudioServer) -> str:
    """An uploaded image: a black square on white; its id."""
    image = Image.new("RGB", (96, 64), "white")
    ImageDraw.Draw(image).rectangle((24, 16, 71, 47), fill="black")
    return uploaded(studio, image, "control-square.png")


def uploaded(studio: StudioServer, image: Image.Image, name: str) -> str:
    """The id of an image as an asset."""
    data = io.BytesIO()
    image.save(data, "PNG")
    files = {"file": (name, data.getvalue(), "image/png")}
    answer = httpx.post(f"{studio.url}/api/assets", files=files, timeout=PATIENCE)
    asset: dict[str, Any] = answer.raise_for_status().json()
    return str(asset["id"])


TRIANGLE = "a purple triangle on a white background"
KEPT = 0.4  # of the boundary F-score; the prompt alone has 0.1


def triangle(studio: StudioServer) -> str:
    """An uploaded drawing whose place no prompt names; its id."""
    image = Image.new("RGB", (256, 256), "white")
    ImageDraw.Draw(image).polygon([(40, 220), (100, 60), (220, 220)], fill="black")
    return uploaded(studio, image, "control-triangle.png")


def test_edges_are_previewed_while_their_sliders_move_and_scored_against_the_drawing(
    page: Page, studio: StudioServer
) -> None:
    bricks: list[dict[str, Any]] = [
        {
            "id": "i",
            "type": "image_input",
            "column": 0,
            "row": 0,
            "props": {"image": square(studio)},
        },
        {"id": "e", "type": "canny", "column": 1, "row": 0, "props": {}},
        {"id": "s", "type": "geometry_score", "column": 2, "row": 0, "props": {}},
        {"id": "c", "type": "controlnet", "column": 2, "row": 1, "props": {}},
    ]
    wires = [
        ("i.image", "e.image"),
        ("i.image", "s.image"),
        ("e.image", "s.control"),
        ("e.image", "c.image"),
    ]
    stand(page, studio, bricks, wires)
    expect(brick(page, "Control")).to_contain_text("nano-control")  # of the built-in model

    edges = brick(page, "Edges (Canny)")
    edges.get_by_role("button", name="Live preview", exact=True).click()
    editor = page.get_by_role("dialog", name="Photo editor", exact=True)
    expect(editor.get_by_role("img", name="The edited image", exact=True)).to_have_attribute(
        "src", re.compile("^blob:"), timeout=MS
    )
    expect(editor.get_by_role("button", name="Crop and rotate", exact=True)).to_be_hidden()
    editor.get_by_role("slider", name="Smoothing", exact=True).fill("2")
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect(editor).to_be_hidden()
    expect(edges.get_by_role("spinbutton", name="Smoothing, exact", exact=True)).to_have_value("2")

    run(page)
    scores = brick(page, "Geometry score").get_by_role("list", name="Results", exact=True)
    expect(scores.get_by_role("listitem")).to_have_text(
        re.compile(r"^Image 1: edge IoU 0\.\d\d|^Image 1: edge IoU 1\.00"), timeout=MS
    )


def test_a_drawing_is_redrawn_in_another_style_with_the_same_outline(
    page: Page, studio: StudioServer
) -> None:
    bricks: list[dict[str, Any]] = [
        {
            "id": "i",
            "type": "image_input",
            "column": 0,
            "row": 0,
            "props": {"image": triangle(studio)},
        },
        {"id": "p", "type": "prompt", "column": 0, "row": 1, "props": {"prompt": TRIANGLE}},
        {"id": "e", "type": "canny", "column": 1, "row": 0, "props": {}},
        {"id": "c", "type": "controlnet", "column": 1, "row": 1, "props": {}},
        {"id": "g", "type": "generate", "column": 2, "row": 0, "props": {"seed": 5}},
        {"id": "s", "type": "geometry_score", "column": 3, "row": 0, "props": {}},
    ]
    wires = [
        ("i.image", "e.image"),
        ("e.image", "c.image"),
        ("e.image", "s.control"),
        ("p.prompt", "g.prompt"),
        ("c.control", "g.control"),
        ("g.image", "s.image"),
    ]
    stand(page, studio, bricks, wires)
    run(page)
    scores = brick(page, "Geometry score").get_by_role("list", name="Results", exact=True)
    score = scores.get_by_role("listitem")
    expect(score).to_have_text(re.compile(r"^Image 1: edge IoU"), timeout=MS)
    shown = re.search(r"boundary F (\d\.\d+)", score.inner_text())
    assert shown is not None
    assert float(shown[1]) > KEPT, "the result has the outline of the drawing"


def test_a_scribble_and_a_pose_are_drawn_by_pointer_and_keyboard(
    page: Page, studio: StudioServer
) -> None:
    size = {"width": 256, "height": 256}
    bricks: list[dict[str, Any]] = [
        {"id": "d", "type": "scribble_canvas", "column": 0, "row": 0, "props": size},
        {"id": "p", "type": "pose_canvas", "column": 1, "row": 0, "props": size},
    ]
    stand(page, studio, bricks, [])
    scribble, pose = brick(page, "Scribble canvas"), brick(page, "Pose editor")

    scribble.get_by_role("button", name="Draw", exact=True).click()
    painter = page.get_by_role("dialog", name="Mask painter", exact=True)
    expect(painter.get_by_role("heading", name="Scribble canvas", exact=True)).to_be_visible()
    box = painter.get_by_role("application").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 40, middle[1] + 30, steps=4)
    page.mouse.up()
    painter.get_by_role("button", name="Done", exact=True).click()
    drawing = scribble.get_by_role("img", name="The drawing", exact=True)
    expect(drawing).to_have_attribute("src", re.compile("/api/assets/"), timeout=MS)
    drawn = Image.open(
        io.BytesIO(httpx.get(studio.url + str(drawing.get_attribute("src"))).content)
    )
    assert drawn.size == (256, 256)
    assert drawn.convert("L").getextrema() == (0, 255)

    pose.get_by_role("button", name="Pose", exact=True).click()
    editor = page.get_by_role("dialog", name="Pose editor", exact=True)
    page.keyboard.press("n")
    expect(editor.get_by_role("status").first).to_contain_text("Person 1, nose")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("h")
    page.keyboard.press("Control+z")
    editor.get_by_role("button", name="Done", exact=True).click()
    skeleton = pose.get_by_role("img", name="The drawing", exact=True)
    expect(skeleton).to_have_attribute("src", re.compile("/api/assets/"), timeout=MS)
    pose.get_by_role("button", name="Edit", exact=True).click()
    page.keyboard.press("n")
    expect(editor.get_by_role("status").first).to_contain_text("nose: 168")
