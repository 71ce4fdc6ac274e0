"""Two tabs of one browser change the same canvas: both versions are kept and offered."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import prompt, visit


@pytest.fixture(params=[(1440, 900), (390, 844)], ids=["desktop", "phone"])
def tabs(
    browser: Browser, studio: StudioServer, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, Page]]:
    """Two tabs that opened the same draft."""
    width, height = request.param
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=width < 600
    )
    context.set_default_timeout(PATIENCE * 1000)
    errors: list[str] = []
    yield _tab(context, studio, errors), _tab(context, studio, errors)
    context.close()
    assert errors == []


def test_tabs_that_change_one_canvas_keep_both_versions(tabs: tuple[Page, Page]) -> None:
    mine, other = tabs
    prompt(mine).fill("a house on a hill")
    expect(_notice(other)).to_be_visible()
    prompt(other).fill("a boat at sea")
    for page, text in ((mine, "a house on a hill"), (other, "a boat at sea")):
        expect(prompt(page)).to_have_value(text)
        page.reload()
        expect(prompt(page)).to_have_value(text)
        _open_library(page)
        expect(_versions(page)).to_have_count(1)
        page.keyboard.press("Escape")


@pytest.fixture
def workflows(studio: StudioServer) -> Iterator[httpx.Client]:
    """A client of a studio without saved workflows."""
    with httpx.Client(base_url=studio.url, timeout=PATIENCE) as client:
        for entry in client.get("/api/workflows").json()["items"]:
            client.delete(f"/api/workflows/{entry['name']}")
        yield client


@pytest.mark.parametrize("choice", ["Keep both", "Overwrite"])
def test_a_save_over_the_version_of_another_tab_is_a_choice(
    tabs: tuple[Page, Page], workflows: httpx.Client, choice: str
) -> None:
    mine, other = tabs
    prompt(mine).fill("a house on a hill")
    _save_as(mine, "shared")
    prompt(other).fill("a boat at sea")
    _save_as(other, "shared")
    asked = other.get_by_role("alert").filter(has_text="Another version of “shared” was saved")
    expect(asked).to_be_visible()
    box, width = asked.bounding_box(), other.viewport_size
    assert box
    assert width
    assert 0 <= box["x"] <= width["width"] - box["width"]
    assert _saved_prompt(workflows, "shared") == "a house on a hill"
    asked.get_by_role("button", name=choice).click()
    expect(asked).to_be_hidden()
    name = "shared 2" if choice == "Keep both" else "shared"
    expect(other.get_by_text(f"Saved as “{name}”.").first).to_be_visible()
    assert _saved_prompt(workflows, name) == "a boat at sea"
    prompt(mine).fill("a tower")
    mine.keyboard.press("Control+s")
    conflict = mine.get_by_role("alert").filter(has_text="Another version of “shared” was saved")
    if choice == "Keep both":
        expect(mine.get_by_text("Saved as “shared”.").first).to_be_visible()
        expect(conflict).to_be_hidden()
    else:
        expect(conflict).to_be_visible()
        conflict.get_by_role("button", name="Do not save").click()
        assert _saved_prompt(workflows, "shared") == "a boat at sea"


def test_the_version_of_another_tab_is_opened_and_undone(tabs: tuple[Page, Page]) -> None:
    mine, other = tabs
    prompt(other).fill("a boat at sea")
    prompt(mine).fill("a house on a hill")
    notice = _notice(mine)
    box, width = notice.bounding_box(), mine.viewport_size
    assert box
    assert width
    assert 0 <= box["x"] <= width["width"] - box["width"]
    notice.get_by_role("button", name="Open its version").click()
    expect(prompt(mine)).to_have_value("a boat at sea")
    expect(notice).to_be_hidden()
    mine.get_by_role("button", name="Undo").click()
    expect(prompt(mine)).to_have_value("a house on a hill")
    _open_library(mine)
    _versions(mine).get_by_role("button").first.click()
    expect(prompt(mine)).to_have_value("a boat at sea")


def test_a_notice_is_dismissed_and_the_version_discarded(tabs: tuple[Page, Page]) -> None:
    mine, other = tabs
    prompt(other).fill("a boat at sea")
    _notice(mine).get_by_role("button", name="Keep this version").click()
    expect(_notice(mine)).to_be_hidden()
    prompt(other).fill("a boat in a storm")
    prompt(mine).fill("a house on a hill")
    expect(_notice(mine)).to_be_hidden()
    _open_library(mine)
    delete = _versions(mine).get_by_role("button", name="Delete")
    delete.click()
    delete.click()
    expect(_versions(mine)).to_have_count(0)
    mine.reload()
    expect(prompt(mine)).to_have_value("a house on a hill")


def _tab(context: BrowserContext, studio: StudioServer, errors: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    visit(page, studio)
    return page


def _notice(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Another tab changed this canvas.")


def _open_library(page: Page) -> None:
    page.get_by_role("button", name="Workflows and presets").click()


def _versions(page: Page) -> Locator:
    return page.get_by_role("list", name="Versions of other tabs").get_by_role("listitem")


def _save_as(page: Page, name: str) -> None:
    _open_library(page)
    page.get_by_label("Save workflow as").fill(name)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text(f"“{name}”").first).to_be_visible()
    page.keyboard.press("Escape")


def _saved_prompt(workflows: httpx.Client, name: str) -> str:
    bricks = workflows.get(f"/api/workflows/{name}").raise_for_status().json()["bricks"]
    return next(str(brick["props"]["prompt"]) for brick in bricks if brick["type"] == "prompt")
