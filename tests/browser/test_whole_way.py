"""From a prompt to a file on disk without leaving the page."""

import httpx
from PIL import Image
from playwright.sync_api import Page, expect

from core.store.metadata import read_metadata
from tests.browser.server import PATIENCE, StudioServer
from tests.browser.test_pictures import drag
from tests.browser.wall import MS, brick, draw, make_small, run, stand, visit

WALL = [
    {"id": "picture", "type": "image_input"},
    {"id": "mask", "type": "mask_painter", "row": 1},
    {"id": "inpaint", "type": "inpaint", "column": 1, "props": {"prompt": "a green tree"}},
    {"id": "wider", "type": "outpaint", "column": 2, "props": {"prompt": "a house", "right": 48}},
    {"id": "alone", "type": "rembg", "column": 3},
    {"id": "filter", "type": "filter", "column": 4, "props": {"contrast": 1.3}},
    {"id": "traced", "type": "vectorize", "column": 5},
    {"id": "saved", "type": "save", "column": 6, "props": {"file_name": "walk"}},
]
WIRES = [
    ("picture.image", "mask.image"),
    ("picture.image", "inpaint.image"),
    ("mask.mask", "inpaint.mask"),
    ("inpaint.image", "wider.image"),
    ("wider.image", "alone.image"),
    ("alone.image", "filter.image"),
    ("filter.image", "traced.image"),
    ("filter.image", "saved.image"),
]


def test_a_picture_goes_the_whole_way_from_a_prompt_to_a_file(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    make_small(page)
    draw(page)
    listed = httpx.get(f"{studio.url}/api/assets?kind=image&limit=1", timeout=PATIENCE).json()
    drawn = listed["items"][0]
    stand(page, studio, [{**WALL[0], "props": {"image": drawn["id"]}}, *WALL[1:]], WIRES)
    expect(brick(page, "Input image")).to_contain_text("Made with Qpyt Studio: a red house")
    brick(page, "Mask painter").get_by_role("button", name="Paint mask").click()
    stage = page.get_by_role("dialog", name="Mask painter").get_by_role("application")
    drag(page, stage, (0.45, 0.5), (0.55, 0.5))
    page.keyboard.press("Enter")
    expect(brick(page, "Mask painter")).to_contain_text("Edit mask")
    run(page)
    for title in ("Inpaint", "Outpaint", "Remove background", "Filter", "Vectorize", "Save"):
        done = brick(page, title).locator('.stage[data-status="completed"]')
        expect(done).to_be_attached(timeout=MS)
    expect(brick(page, "Remove background")).to_contain_text("1 image, 1 mask")
    (file,) = (studio.data_dir / "output").rglob("walk*.png")
    with Image.open(file) as saved:
        assert saved.size == (drawn["width"] + 48, drawn["height"])
        assert saved.mode == "RGBA"
    metadata = read_metadata(file.read_bytes())["qpyt"]
    assert metadata["operation"] == "filter"
    assert metadata["params"]["contrast"] == 1.3
