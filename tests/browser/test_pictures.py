"""Editing images by hand: masks, padding frames, sources, the lightbox."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, messages, prompt, results, run, stand

SIZE = (640, 400)


def upload(studio: StudioServer, picture: Image.Image) -> str:
    """An image in the studio; its asset id."""
    data = io.BytesIO()
    picture.save(data, "PNG")
    files = {"file": ("mine.png", data.getvalue(), "image/png")}
    answer = httpx.post(f"{studio.url}/api/assets", files=files, timeout=PATIENCE)
    return str(answer.raise_for_status().json()["id"])


@pytest.fixture
def blue(studio: StudioServer) -> str:
    """A blue image."""
    return upload(studio, Image.new("RGB", SIZE, "blue"))


def newest(studio: StudioServer, kind: str) -> Image.Image:
    """The file of the asset that was stored last."""
    listed = httpx.get(f"{studio.url}/api/assets?kind={kind}&limit=1", timeout=PATIENCE).json()
    data = httpx.get(f"{studio.url}{listed['items'][0]['url']}", timeout=PATIENCE).content
    return Image.open(io.BytesIO(data)).convert("RGB")


def masks(studio: StudioServer) -> int:
    """Number of stored masks."""
    listed = httpx.get(f"{studio.url}/api/assets?kind=mask&limit=1", timeout=PATIENCE)
    return int(listed.json()["total"])


def drag(page: Page, area: Locator, *points: tuple[float, float]) -> None:
    """Press, draw through `points` (shares of the area's width and height), let go."""
    box = area.bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def spread(page: Page, area: Locator) -> None:
    """Two fingers move apart, the first a moment before the second."""
    box = area.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    hand = page.context.new_cdp_session(page)
    for kind, ways in [("Start", [20]), ("Start", [20, 20]), ("Move", [90, 90]), ("End", [])]:
        ends = [(x - way if finger else x + way) for finger, way in enumerate(ways)]
        points = [{"x": end, "y": y, "id": finger} for finger, end in enumerate(ends)]
        hand.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})


def painted(page: Page) -> bool:
    """The mask painter offers Undo."""
    undo = page.get_by_role("dialog").get_by_role("button", name="Undo")
    return bool(undo.is_enabled())


def masking(asset: str) -> list[dict[str, Any]]:
    return [
        {"id": "picture", "type": "image_input", "props": {"image": asset}},
        {"id": "mask", "type": "mask_painter", "row": 1},
        {"id": "repaint", "type": "repaint", "column": 1},
        {"id": "out", "type": "image_output", "column": 2},
    ]


DRAWN = [
    {"id": "prompt", "type": "prompt", "props": {"prompt": "a red house"}},
    {"id": "made", "type": "generate", "column": 1},
    {"id": "mask", "type": "mask_painter", "column": 2},
    {"id": "anew", "type": "inpaint", "column": 3, "props": {"prompt": "a blue tree"}},
    {"id": "out", "type": "image_output", "column": 4},
]
PAINTED = [
    ("made.image", "mask.image"),
    ("made.image", "anew.image"),
    ("mask.mask", "anew.mask"),
    ("anew.image", "out.image"),
]


def test_a_painted_mask_outlives_a_reload_and_decides_what_is_drawn_anew(
    page: Page, studio: StudioServer, blue: str
) -> None:
    wall = masking(blue)
    wall[2]["props"] = {"sparkle": 3}
    stand(page, studio, wall)
    painter = brick(page, "Mask painter")
    painter.get_by_role("button", name="Paint mask").click()
    editor = page.get_by_role("dialog", name="Mask painter")
    expect(editor).to_contain_text("640 × 400")
    stage = editor.get_by_role("application")
    drag(page, stage, (0.45, 0.5), (0.55, 0.5))
    page.keyboard.press("r")
    drag(page, stage, (0.2, 0.2), (0.3, 0.3))
    page.keyboard.press("Control+z")
    page.keyboard.press("Enter")
    expect(editor).to_be_hidden()
    expect(painter).to_contain_text("Edit mask")
    mask = newest(studio, "mask")
    assert mask.size == SIZE
    assert mask.getpixel((320, 200)) == (255, 255, 255)
    assert mask.getpixel((100, 80)) == (0, 0, 0)
    page.reload()
    expect(painter).to_contain_text("640 × 400")
    kept = json.loads(page.evaluate("localStorage['qpyt.draft']"))
    assert "data:" not in json.dumps(kept["workflow"])
    run(page)
    expect(results(page)).to_have_count(1, timeout=MS)
    expect(brick(page, "Repaint")).to_contain_text("There is no setting 'sparkle'.")
    drawn = newest(studio, "image")
    assert drawn.getpixel((320, 200)) == (255, 0, 0)
    assert drawn.getpixel((100, 80)) == (0, 0, 255)


def test_a_wall_waits_for_the_mask_of_a_picture_that_it_draws_itself(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, DRAWN, PAINTED)
    run(page)
    painter, anew = brick(page, "Mask painter"), brick(page, "Inpaint")
    expect(painter).to_contain_text("Paint a mask over the image, then run again.")
    expect(anew).to_contain_text("Inpaint waits: there is no mask yet.")
    painter.get_by_role("button", name="Paint mask").click(timeout=MS)
    stage = page.get_by_role("dialog", name="Mask painter").get_by_role("application")
    expect(stage).to_be_visible()
    drawn = newest(studio, "image")
    drag(page, stage, (0.45, 0.5), (0.55, 0.5))
    page.keyboard.press("Enter")
    painter.get_by_role("button", name="Continue").click()
    expect(anew.locator('.stage[data-status="completed"]')).to_be_attached(timeout=MS)
    expect(brick(page, "Generate")).to_contain_text("1 image, cached")
    expect(anew.get_by_role("status").filter(has_text="waits")).to_be_hidden()
    repainted = newest(studio, "image")
    assert repainted.tobytes() != drawn.tobytes()
    assert repainted.getpixel((2, 2)) == drawn.getpixel((2, 2))
    generate = brick(page, "Generate")
    expect(generate.get_by_label("Seed", exact=True)).not_to_have_value("")
    expect(anew.get_by_label("Seed", exact=True)).to_have_value("")


def test_every_tool_of_the_painter_leaves_its_mark_and_can_be_taken_back(
    page: Page, studio: StudioServer, blue: str
) -> None:
    stand(page, studio, masking(blue))
    brick(page, "Mask painter").get_by_role("button", name="Paint mask").click()
    editor = page.get_by_role("dialog", name="Mask painter")
    expect(editor).to_contain_text("640 × 400")
    stage = editor.get_by_role("application")
    page.keyboard.press("l")
    corners = [(0.3, 0.3), (0.6, 0.3), (0.6, 0.7), (0.3, 0.7)]
    drag(page, stage, *corners)
    page.keyboard.press("i")
    page.keyboard.press("s")
    page.keyboard.press("f")
    stage.click(position={"x": 700, "y": 380})
    page.keyboard.press("e")
    page.keyboard.press("r")
    drag(page, stage, (0.1, 0.1), (0.25, 0.9))
    size = editor.get_by_label("Size")
    page.keyboard.press("b")
    wide = float(size.input_value())
    page.keyboard.press("]")
    page.keyboard.press("]")
    assert float(size.input_value()) > wide
    zoom = editor.get_by_title("Fit to view (0)")
    whole = zoom.inner_text()
    stage.hover()
    page.mouse.wheel(0, -300)
    expect(zoom).not_to_have_text(whole)
    page.keyboard.down("Space")
    drag(page, stage, (0.4, 0.4), (0.6, 0.6))  # moves the image, paints nothing
    page.keyboard.up("Space")
    page.keyboard.press("0")
    expect(zoom).to_have_text(whole)
    steps = 0
    while painted(page):
        page.keyboard.press("Control+z")
        steps += 1
    assert steps == 5
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("s")
    page.keyboard.press("Escape")
    expect(editor).to_be_hidden()
    mask = newest(studio, "mask")
    soft = sum(mask.convert("L").histogram()[1:255])
    assert soft > 4000  # pixels of the edge; a hard one has some hundred
    assert mask.getpixel((320, 200)) == (255, 255, 255)
    assert mask.getpixel((20, 200)) == (0, 0, 0)


def test_a_mask_of_another_size_says_so_and_starts_anew(
    page: Page, studio: StudioServer, blue: str
) -> None:
    other = upload(studio, Image.new("RGB", (64, 64), "white"))
    wall = masking(blue)
    wall[1]["props"] = {"mask": other}
    stand(page, studio, wall)
    painter = brick(page, "Mask painter")
    expect(painter).to_contain_text("The mask is 64 × 64, the image 640 × 400.")
    run(page)
    trouble = brick(page, "Repaint").get_by_role("alert").filter(has_text="failed")
    expect(trouble.get_by_role("button", name="Retry")).to_be_visible(timeout=MS)
    painter.get_by_role("button", name="Start over").click()
    expect(painter).to_contain_text("No mask yet.")
    page.keyboard.press("Control+z")
    expect(painter).to_contain_text("The mask is 64 × 64")


def test_a_mask_and_what_takes_it_are_brought_to_one_picture(
    page: Page, studio: StudioServer, blue: str
) -> None:
    other = upload(studio, Image.new("RGB", SIZE, "green"))
    wall = [*masking(blue), {"id": "second", "type": "image_input", "props": {"image": other}}]
    stand(page, studio, wall, [("second.image", "repaint.image"), ("picture.image", "mask.image")])
    painter = brick(page, "Mask painter")
    expect(painter).to_contain_text("“Repaint” uses a different image than this mask.")
    painter.get_by_role("button", name="Use this image there").click()
    expect(page.locator('.wire[d][data-wire="picture.image repaint.image"]')).to_be_attached()
    expect(painter.get_by_role("button", name="Use this image there")).to_be_hidden()


def test_a_finger_paints_on_a_small_screen(phone: Page, studio: StudioServer, blue: str) -> None:
    stand(phone, studio, masking(blue))
    brick(phone, "Mask painter").get_by_role("button", name="Paint mask").tap()
    editor = phone.get_by_role("dialog", name="Mask painter")
    expect(editor).to_contain_text("640 × 400")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    zoom = editor.get_by_title("Fit to view (0)")
    whole = zoom.inner_text()
    spread(phone, editor.get_by_role("application"))
    expect(zoom).not_to_have_text(whole)
    assert not painted(phone)  # a second finger ends the stroke of the first
    zoom.tap()
    expect(zoom).to_have_text(whole)
    before = masks(studio)
    editor.get_by_role("application").tap()
    assert painted(phone)
    editor.get_by_role("button", name="Done").tap()
    expect(editor).to_be_hidden()
    assert masks(studio) == before + 1
    assert newest(studio, "mask").getpixel((320, 200)) == (255, 255, 255)


def test_results_are_looked_at_closely_compared_copied_and_sent_on(
    page: Page, studio: StudioServer, blue: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    masks = [upload(studio, Image.new("L", SIZE, value)) for value in (0, 255)]
    wall = [entry for entry in masking(blue) if entry["type"] in ("image_input", "image_output")]
    for row, mask in enumerate(masks):
        props = {"mask": mask}
        name = f"repaint-{row}"
        wall.append({"id": name, "type": "repaint", "props": props, "column": 1, "row": row})
    stand(page, studio, wall, [(f"repaint-{row}.image", "out.image") for row in (0, 1)])
    run(page)
    expect(results(page)).to_have_count(2, timeout=MS)
    results(page).first.click()
    box = page.get_by_role("dialog", name="Image")
    whole = box.get_by_title("Fit to view (0), actual size (1)")
    fitted = whole.inner_text()
    page.keyboard.press("1")
    expect(whole).to_have_text("100 %")
    box.locator(".pane").hover(position={"x": 300, "y": 300})
    page.mouse.wheel(0, -240)
    expect(whole).to_have_text("200 %")
    seen = box.locator(".pane-picture").last
    before = seen.bounding_box()
    drag(page, box.locator(".pane"), (0.5, 0.5), (0.4, 0.45))
    assert seen.bounding_box() != before
    page.keyboard.press("0")
    expect(whole).to_have_text(fitted)
    box.get_by_label("Compare with").select_option("Input image")
    line = box.get_by_role("slider", name="Divider between the images")
    drag(page, line, (0.5, 0.3), (-3, 0.3))
    assert int(line.get_attribute("aria-valuenow") or 50) < 50
    line.press("ArrowRight")
    expect(box).to_contain_text("1 of 2")
    box.get_by_label("Compare with").select_option("Another image…")
    gallery = page.get_by_role("dialog", name="Choose an image")
    gallery.get_by_role("option", name="640 × 400").last.click()
    expect(box).to_contain_text("1 of 2")
    expect(box.get_by_label("Compare with")).not_to_have_value("")
    expect(line).to_be_visible()
    page.keyboard.press("f")
    expect(box.get_by_role("button", name="Download")).to_be_hidden()
    box.get_by_role("button", name="Image only").click()
    box.get_by_role("button", name="Copy").click()
    expect(messages(page).get_by_text("Copied the image.")).to_be_visible()
    box.get_by_text("Send to a brick").click()
    expect(box.get_by_role("heading", name="On the wall")).to_be_visible()
    box.get_by_role("button", name="Extend").click()
    expect(box).to_be_hidden()
    extend = brick(page, "Extend")
    expect(extend.get_by_alt_text("The selected image")).to_be_visible()
    expect(page.locator('.wire[d][data-wire*=" extend-"]')).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(extend).to_have_count(0)


def test_a_picture_tells_its_size_and_restores_what_made_it(
    page: Page, studio: StudioServer, blue: str, tmp_path: Path
) -> None:
    chunks = PngInfo()
    settings = "Steps: 7, Sampler: Euler a, CFG scale: 2.5, Seed: 4242, Size: 128x128"
    chunks.add_text("parameters", f"a castle by the sea\nNegative prompt: fog\n{settings}")
    file = tmp_path / "castle.png"
    Image.new("RGB", (300, 200), "teal").save(file, pnginfo=chunks)
    stand(
        page,
        studio,
        [
            {"id": "picture", "type": "image_input"},
            {"id": "prompt", "type": "prompt", "row": 1},
            {"id": "generate", "type": "generate", "column": 1},
        ],
    )
    picture = brick(page, "Input image")
    picture.get_by_label("Image", exact=True).set_input_files(file)
    expect(picture).to_contain_text("300 × 200 · castle.png")
    expect(picture).to_contain_text("Made with Stable Diffusion web UI: a castle by the sea")
    picture.get_by_role("button", name="Restore").click()
    expect(prompt(page)).to_have_value("a castle by the sea")
    steps = page.get_by_role("spinbutton", name="Inference steps, exact")
    expect(steps).to_have_value("7")
    page.keyboard.press("Control+z")
    expect(picture).to_contain_text("300 × 200 · castle.png")
    picture.get_by_role("button", name="Gallery").click()
    gallery = page.get_by_role("dialog", name="Choose an image")
    gallery.get_by_role("option", name="640 × 400").first.click()
    expect(gallery).to_be_hidden()
    expect(picture).to_contain_text("640 × 400")
    expect(picture).not_to_contain_text("Made with")


def test_the_edges_of_a_frame_and_its_numbers_say_the_same(
    page: Page, studio: StudioServer, blue: str
) -> None:
    wall = [entry for entry in masking(blue) if entry["type"] in ("image_input", "image_output")]
    stand(page, studio, [*wall, {"id": "extend", "type": "extend", "column": 1}])
    extend = brick(page, "Extend")
    expect(extend).to_contain_text("640 × 400 → 640 × 400", timeout=MS)
    right, top = extend.get_by_label("Right", exact=True), extend.get_by_label("Top", exact=True)
    drag(page, extend.get_by_role("slider", name="Padding to the right"), (0.5, 0.5), (1.2, 0.5))
    expect(right).not_to_have_value("")
    assert int(right.input_value()) % 8 == 0
    extend.get_by_role("slider", name="Padding above").press("ArrowUp")
    expect(top).to_have_value("8")
    page.keyboard.press("Shift+ArrowUp")
    expect(top).to_have_value("72")
    right.fill("160")
    expect(extend).to_contain_text("640 × 400 → 800 × 472")
    extend.get_by_label("Unit", exact=True).select_option("percent")
    top.fill("50")
    right.fill("25")
    expect(extend).to_contain_text("640 × 400 → 800 × 600")
    page.keyboard.press("Control+z")
    extend.get_by_label("Unit", exact=True).select_option("px")
    right.fill("160")
    run(page)
    expect(results(page)).to_have_count(1, timeout=MS)
    assert newest(studio, "image").width == 800
