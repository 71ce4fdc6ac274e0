"""The photo editor as a person uses it: looks while sliders move, an image only on Apply."""

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, Request, expect

from core.store.metadata import read_metadata
from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, draw, make_small, results, run, visit

LOOK = re.compile("^blob:")
PIXELS = """image => {
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const paper = canvas.getContext("2d");
  paper.drawImage(image, 0, 0);
  return [...paper.getImageData(0, 0, canvas.width, canvas.height).data].join();
}"""
OUTSIDE = """document.activeElement !== document.body
  && !document.activeElement.closest(".photo-editor")"""


class Flights:
    """Counts requests for previews: all of them, and the most at once."""

    def __init__(self, page: Page) -> None:
        self.asked = self.most = self._now = 0
        page.on("request", lambda request: self._count(request, 1))
        page.on("requestfinished", lambda request: self._count(request, -1))

    def _count(self, request: Request, by: int) -> None:
        if request.url.endswith("/api/filter"):
            self.asked += by > 0
            self._now += by
            self.most = max(self.most, self._now)


def made(studio: StudioServer) -> tuple[int, ...]:
    """Numbers of tasks and of assets."""
    answers = (
        httpx.get(f"{studio.url}/api/{what}", timeout=PATIENCE) for what in ("tasks", "assets")
    )
    return tuple(int(answer.json()["total"]) for answer in answers)


def editor(page: Page) -> Locator:
    """The overlay."""
    return page.get_by_role("dialog", name="Photo editor")


def slider(page: Page, name: str) -> Locator:
    """A filter's slider."""
    return editor(page).get_by_role("slider", name=name, exact=True)


def edit_newest(page: Page) -> None:
    """The editor over the newest result."""
    results(page).first.click()
    page.get_by_role("dialog", name="Image").get_by_role("button", name="Edit").click()
    expect(editor(page)).to_be_visible()


def add(page: Page, name: str) -> None:
    """A brick from the palette, wired by rule."""
    page.locator("main").focus()
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(brick(page, name)).to_be_visible()


def test_looks_follow_the_sliders_one_at_a_time_and_only_apply_keeps_a_picture(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    draw(page)
    before, flights = made(studio), Flights(page)
    edit_newest(page)
    picture = editor(page).locator(".editor-picture")
    apply = editor(page).get_by_role("button", name="Apply")
    expect(apply).to_be_disabled()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTSIDE) is False
    slider(page, "Contrast").focus()
    for _ in range(25):
        page.keyboard.press("ArrowRight")
    expect(picture).to_have_attribute("src", LOOK, timeout=MS)
    assert flights.most == 1
    assert flights.asked < 5
    editor(page).get_by_role("button", name="Hold for original").focus()
    page.keyboard.down("Space")
    expect(picture).not_to_have_attribute("src", LOOK)
    page.keyboard.up("Space")
    expect(picture).to_have_attribute("src", LOOK)
    editor(page).get_by_role("button", name="Reset Contrast").click()
    expect(slider(page, "Contrast")).to_have_value("1")
    expect(picture).not_to_have_attribute("src", LOOK, timeout=MS)
    slider(page, "Hue").fill("90")
    page.keyboard.press("Escape")
    expect(editor(page)).to_be_hidden()
    assert made(studio) == before

    edit_newest(page)
    expect(slider(page, "Hue")).to_have_value("0")
    slider(page, "Brightness").fill("0.4")
    apply.click()
    expect(editor(page)).to_be_hidden()
    expect(results(page)).to_have_count(2, timeout=MS)
    assert made(studio) == (before[0] + 1, before[1] + 1)


def test_the_frame_is_pulled_and_turned_by_pointer_and_by_keys(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    draw(page)
    edit_newest(page)
    editor(page).get_by_role("button", name="Crop and rotate").click()
    left = editor(page).get_by_role("slider", name="Crop left, on the image")
    expect(left).to_be_visible()
    left.focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    expect(left).to_have_attribute("aria-valuenow", "20")
    plane = page.locator(".crop-plane").bounding_box()
    assert plane is not None
    editor(page).get_by_role("slider", name="Crop bottom, on the image").hover()
    page.mouse.down()
    page.mouse.move(plane["x"] + plane["width"] / 2, plane["y"] + plane["height"] / 2, steps=4)
    page.mouse.up()
    expect(slider(page, "Crop bottom")).to_have_value(re.compile(r"^(49|50)(\.5)?$"))
    editor(page).get_by_role("slider", name="Rotate, on the image").focus()
    for _ in range(18):
        page.keyboard.press("Shift+ArrowRight")
    expect(slider(page, "Rotate")).to_have_value("90")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.querySelector('.photo-editor').scrollWidth")
    assert wide <= 390
    for name in ("Crop and rotate", "Reset all", "Cancel", "Apply"):
        expect(editor(page).get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    editor(page).get_by_role("button", name="Apply").click()
    expect(editor(page)).to_be_hidden()
    newest = page.locator(".result-large .picture img")
    expect(newest).to_have_js_property("naturalWidth", 256, timeout=MS)
    expect(newest).to_have_js_property("naturalHeight", 410)


def frame_tool(page: Page, name: str) -> Locator:
    """A button of the crop frame's tools."""
    return editor(page).get_by_role("button", name=name, exact=True)


def kept(page: Page) -> tuple[float, float]:
    """Width and height of the crop frame, before its rotation, in pixels of the screen."""
    wide, high = page.evaluate(
        "(({ offsetWidth, offsetHeight }) => [offsetWidth, offsetHeight])"
        "(document.querySelector('.crop-frame'))"
    )
    return float(wide), float(high)


def pull(page: Page, selector: str, x: float, y: float) -> None:
    """Drag a part of the frame by pixels."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    start = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + x, start[1] + y, steps=4)
    page.mouse.up()


def test_light_stands_first_and_sliders_are_filled_from_what_changes_nothing(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    draw(page)
    edit_newest(page)
    groups = editor(page).locator(".editor-group legend")
    assert groups.all_inner_texts()[0].lower() == "light"
    brightness = slider(page, "Brightness")
    filled = "input => ['--start', '--fill'].map(name => input.style.getPropertyValue(name))"
    assert brightness.evaluate(filled) == ["50%", "50%"]
    brightness.fill("0.5")
    assert brightness.evaluate(filled) == ["25%", "50%"]
    assert slider(page, "Blur").evaluate(filled) == ["0%", "0%"]


@pytest.mark.parametrize("width", [390, 1440])
def test_a_locked_crop_keeps_its_ratio_by_pointer_and_keys_and_in_the_result(
    page: Page, studio: StudioServer, width: int
) -> None:
    visit(page, studio)
    draw(page)
    edit_newest(page)
    page.set_viewport_size({"width": width, "height": 844})
    frame_tool(page, "Crop and rotate").click()
    aspects = editor(page).get_by_role("group", name="Aspect ratio of the crop")
    names = ["Free", "Original", "1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16"]
    assert aspects.get_by_role("button").all_inner_texts() == names
    frame_tool(page, "16:9").click()
    expect(frame_tool(page, "16:9")).to_have_attribute("aria-pressed", "true")

    def is_wide() -> bool:
        wide, high = kept(page)
        return abs(wide / high - 16 / 9) < 0.06

    assert is_wide()
    whole = kept(page)
    pull(page, ".crop-corner.top.left", 50, 20)
    assert is_wide()
    assert kept(page) < whole
    small = kept(page)
    pull(page, ".crop-handle.bottom", 0, -10)
    assert is_wide()
    assert kept(page) < small
    left = editor(page).get_by_role("slider", name="Crop left, on the image")
    before = left.get_attribute("aria-valuenow") or ""
    frame_tool(page, "Move the crop frame, by arrow keys").focus()
    page.keyboard.press("ArrowLeft")
    expect(left).not_to_have_attribute("aria-valuenow", before)
    after = left.get_attribute("aria-valuenow") or ""
    assert float(after) == pytest.approx(float(before) - 1, abs=0.02)
    left.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert is_wide()
    assert page.evaluate("document.querySelector('.photo-editor').scrollWidth") <= width
    frame_tool(page, "Apply").click()
    expect(editor(page)).to_be_hidden()
    newest = page.locator(".result-large .picture img")
    expect(newest).not_to_have_js_property("naturalWidth", 512, timeout=MS)
    wide, high = newest.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert abs(wide - high * 16 / 9) <= 16 / 9


def test_quarter_turns_and_mirrors_are_buttons_and_the_look_is_the_result(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    draw(page)
    edit_newest(page)
    frame_tool(page, "Rotate right").click()
    expect(slider(page, "Rotate")).to_have_value("90")
    frame_tool(page, "Mirror horizontally").click()
    expect(slider(page, "Rotate")).to_have_value("-90")
    expect(editor(page).get_by_label("Mirror", exact=True)).to_have_value("horizontal")
    frame_tool(page, "Rotate left").focus()
    page.keyboard.press("Enter")
    expect(slider(page, "Rotate")).to_have_value("180")
    frame_tool(page, "Mirror vertically").click()
    expect(editor(page).get_by_label("Mirror", exact=True)).to_have_value("both")
    frame_tool(page, "Rotate right").click()
    frame_tool(page, "Crop and rotate").click()
    frame_tool(page, "16:9").click()
    expect(editor(page).get_by_label("Aspect ratio", exact=True)).to_have_value("9:16")
    frame_tool(page, "Crop and rotate").click()
    picture = editor(page).locator(".editor-picture")
    expect(editor(page).locator(".editor-state")).to_be_empty(timeout=MS)
    expect(picture).to_have_attribute("src", LOOK, timeout=MS)
    expect(picture).to_have_js_property("naturalWidth", 512)
    look = picture.evaluate(PIXELS)
    frame_tool(page, "Apply").click()
    expect(editor(page)).to_be_hidden()
    newest = page.locator(".result-large .picture img")
    expect(newest).to_have_js_property("naturalHeight", 288, timeout=MS)
    assert newest.evaluate(PIXELS) == look


def test_a_wall_filters_traces_and_saves_and_its_filter_brick_opens_the_editor(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    make_small(page)
    for name in ("Filter", "Vectorize", "Save"):
        add(page, name)
    filtering = brick(page, "Filter")
    expect(filtering.get_by_role("button", name="Photo editor")).to_be_disabled()
    brick(page, "Save").get_by_label("Name", exact=True).fill("browser/{prompt}_{contrast}")
    filtering.get_by_role("spinbutton", name="Contrast, exact").fill("1.5")
    brick(page, "Settings").get_by_role("spinbutton", name="Images, exact").fill("1")
    run(page)
    saved = brick(page, "Save").get_by_role("list", name="Results").get_by_role("listitem")
    expect(saved).to_have_count(2, timeout=MS)
    files = [studio.data_dir / "output" / text for text in saved.all_inner_texts()]
    assert {file.suffix for file in files} == {".png", ".svg"}
    assert all(re.match(r"a red house.*_1\.5", file.name) for file in files), files
    png = next(file for file in files if file.suffix == ".png")
    assert read_metadata(png.read_bytes())["qpyt"]["params"]["contrast"] == 1.5

    drawing = page.locator(".result-large, .result-grid").locator('[alt$=": Vectorize"]').first
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") == 128
    drawing.click()
    box = page.get_by_role("dialog", name="Image")
    with page.expect_download() as download:
        box.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".svg")
    assert download.value.path().read_bytes().startswith(b"<svg")
    page.keyboard.press("Escape")

    filtering.get_by_role("button", name="Photo editor").click()
    expect(slider(page, "Contrast")).to_have_value("1.5")
    editor(page).get_by_role("button", name="Reset all").click()
    slider(page, "Saturation").fill("0")
    editor(page).get_by_role("button", name="Apply").click()
    expect(filtering.get_by_role("spinbutton", name="Saturation, exact")).to_have_value("0")
    expect(filtering.get_by_role("spinbutton", name="Contrast, exact")).to_have_value("1")
    page.keyboard.press("Control+z")
    expect(filtering.get_by_role("spinbutton", name="Contrast, exact")).to_have_value("1.5")
