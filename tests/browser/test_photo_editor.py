"""The photo editor as a person uses it: looks while sliders move, an image only on Apply."""

import re

import httpx
from playwright.sync_api import Locator, Page, Request, expect

from core.store.metadata import read_metadata
from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, draw, results, run, visit

LOOK = re.compile("^blob:")
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
    expect(newest).to_have_js_property("naturalWidth", 64, timeout=MS)
    expect(newest).to_have_js_property("naturalHeight", 102)


def test_a_wall_filters_traces_and_saves_and_its_filter_brick_opens_the_editor(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
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
