"""The gallery: found by facet, graded by keys, sent to the wall, deleted and brought back."""

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, messages, prompt

PROMPTS = tuple(f"a {subject} of the gallery tests" for subject in ("lighthouse", "cat", "boat"))


@pytest.fixture(scope="session")
def drawn(shared_studio: StudioServer) -> list[str]:
    """Asset ids of one image of each prompt, the oldest first."""
    ids = []
    for text in PROMPTS:
        answer = httpx.post(
            f"{shared_studio.url}/api/generate",
            json={"prompt": text, "num_images": 1, "num_inference_steps": 2},
            headers={"Prefer": "wait=90"},
            timeout=2 * PATIENCE,
        )
        ids.append(str(answer.raise_for_status().json()["outputs"][0]["asset_id"]))
    return ids


@pytest.fixture
def gallery(page: Page, studio: StudioServer, drawn: list[str]) -> Page:
    """The gallery, narrowed to the images of this module."""
    page.goto(f"{studio.url}/#/gallery")
    expect(cells(page).first).to_be_visible(timeout=MS)
    page.keyboard.press("/")
    page.keyboard.type("gallery tests")
    page.keyboard.press("Enter")
    expect(cells(page)).to_have_count(len(drawn), timeout=MS)
    page.get_by_role("listbox", name="Images").focus()
    return page


def cells(page: Page) -> Locator:
    """The images in view."""
    return page.locator("qp-gallery-view .cell")


def asset(studio: StudioServer, asset_id: str) -> dict[str, object]:
    """An asset as the server has it."""
    answer = httpx.get(f"{studio.url}/api/assets/{asset_id}", timeout=PATIENCE)
    return dict(answer.raise_for_status().json())


def test_an_image_is_found_by_words_and_restored_on_the_wall(gallery: Page) -> None:
    page = gallery
    page.keyboard.press("/")
    page.keyboard.type("lighthouse gallery tests")
    page.keyboard.press("Enter")
    expect(cells(page)).to_have_count(1, timeout=MS)
    model = page.get_by_role("group", name="Model").get_by_role("button")
    model.first.click()
    expect(page.get_by_role("group", name="Filters").get_by_role("button")).to_have_count(1)
    expect(cells(page)).to_have_count(1, timeout=MS)
    page.get_by_role("listbox", name="Images").focus()
    page.keyboard.press("Enter")
    expect(prompt(page)).to_have_value(PROMPTS[0], timeout=MS)
    expect(page).to_have_url(re.compile("#/wall$"))
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("g")
    expect(cells(page)).to_have_count(1)


def test_keys_move_the_focus_and_grade(
    gallery: Page, studio: StudioServer, drawn: list[str]
) -> None:
    page = gallery
    focused = page.locator("qp-gallery-view .cell.focused")
    expect(focused).to_have_attribute("data-index", "0")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("data-index", "1")
    page.keyboard.press("4")
    expect(focused.locator(".cell-rating")).to_have_text("4")
    page.keyboard.press("f")
    expect(focused.locator(".cell-heart")).to_be_visible()
    page.keyboard.press("Space")
    viewer = page.get_by_role("dialog", name="Full screen")
    expect(viewer).to_contain_text("2 of 3")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("3 of 3")
    page.keyboard.press("5")
    expect(viewer.get_by_role("button", name="Rate 5 of 5")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("Escape")
    expect(focused).to_have_attribute("data-index", "2")
    expect(focused.locator(".cell-rating")).to_have_text("5")
    page.wait_for_load_state("networkidle")
    middle = asset(studio, drawn[1])
    assert (middle["rating"], middle["favourite"]) == (4, True)
    assert asset(studio, drawn[0])["rating"] == 5


def test_selected_images_go_to_the_trash_and_undo_brings_them_back(
    gallery: Page, studio: StudioServer, drawn: list[str]
) -> None:
    page = gallery
    cells(page).nth(0).click()
    cells(page).nth(1).click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="Selection")
    expect(bar).to_contain_text("2 selected")
    page.keyboard.press("Delete")
    expect(cells(page)).to_have_count(1, timeout=MS)
    expect(bar).to_be_hidden()
    messages(page).get_by_role("button", name="Undo").click()
    expect(cells(page)).to_have_count(3, timeout=MS)
    trash = httpx.get(f"{studio.url}/api/assets?deleted=true&limit=200", timeout=PATIENCE)
    assert not {asset["id"] for asset in trash.raise_for_status().json()["items"]} & set(drawn)
