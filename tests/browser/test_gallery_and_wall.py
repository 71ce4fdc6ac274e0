"""Two copies of an image: one is kept in the gallery, and on the wall it opens as its workflow."""

import json

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Page, expect

from core.store.metadata import WORKFLOW
from tests.browser.server import PATIENCE, StudioServer
from tests.browser.test_sources import carrying
from tests.browser.wall import brick
from tests.integration.api.pictures import encoded

PROMPT = "the keeper of two copies"
DOCUMENT = {
    "format": "qpyt.workflow/1",
    "name": "Two copies",
    "bricks": [
        {"id": "words", "type": "prompt", "props": {"prompt": PROMPT}, "column": 0, "row": 0},
        {"id": "draw", "type": "generate", "props": {"seed": 11}, "column": 1, "row": 0},
    ],
    "wires": [{"from": "words.prompt", "to": "draw.prompt"}],
}


def test_one_of_two_copies_is_kept_and_dropped_on_the_wall_it_opens_its_workflow(
    page: Page, studio: StudioServer
) -> None:
    picture = Image.effect_mandelbrot((96, 96), (-2, -1.2, 0.6, 1.2), 40)  # like no other image
    chunks = PngInfo()
    snapshot = {"operation": "generate", "params": {"prompt": PROMPT, "seed": 11}}
    chunks.add_itxt("qpyt", json.dumps(snapshot))
    chunks.add_itxt(WORKFLOW, json.dumps(DOCUMENT))
    data = encoded(picture.convert("RGB"), "PNG", pnginfo=chunks)
    upload = {"file": ("copy.png", data)}
    ids = [
        str(httpx.post(f"{studio.url}/api/assets", files=upload, timeout=PATIENCE).json()["id"])
        for _ in range(2)
    ]

    page.goto(f"{studio.url}/#/gallery")
    places = page.get_by_role("navigation", name="Images", exact=True)
    copies = page.locator(".duplicate-group").filter(has=page.locator(f'img[src*="{ids[0]}"]'))
    for _ in range(20):  # images are compared in the background
        places.get_by_role("button", name="Duplicates").click()
        page.wait_for_timeout(500)
        if copies.count():
            break
    expect(copies.locator(f'img[src*="{ids[1]}"]')).to_be_attached()
    copies.get_by_role("button", name="Keep this one, trash 1 other", exact=True).click()
    expect(copies).to_have_count(0)
    deleted = [
        httpx.get(f"{studio.url}/api/assets/{asset}", timeout=PATIENCE).json()["deleted_at"]
        for asset in ids
    ]
    assert deleted.count(None) == 1

    page.goto(f"{studio.url}/#/wall")
    held = carrying(page, "copy.png", "image/png", data)
    page.locator(".wall-content").dispatch_event("drop", {"dataTransfer": held})
    expect(page.get_by_label("Workflow name", exact=True)).to_have_value(DOCUMENT["name"])
    expect(brick(page, "Prompt").get_by_label("Prompt", exact=True)).to_have_value(PROMPT)
