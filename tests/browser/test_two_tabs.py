"""Pages on one canvas, in tabs of one browser and in two browsers, see each other's changes."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Response, expect

from tests.browser.contexts import DESKTOP, PHONE, Contexts
from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, begins, how_many, messages, prompt, visit


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """Uncaught errors of the pages: there may be none."""
    messages: list[str] = []
    yield messages
    assert messages == []


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def browsers(
    contexts: Contexts, studio: StudioServer, request: pytest.FixtureRequest, errors: list[str]
) -> Iterator[tuple[Page, Page]]:
    """Two browsers, each with a canvas of its own."""
    with contexts.lend(**request.param) as mine, contexts.lend(**request.param) as other:
        yield _tab(mine, studio, errors), _tab(other, studio, errors)


@pytest.fixture
def workflows(studio: StudioServer) -> Iterator[httpx.Client]:
    """A client of a studio without saved workflows."""
    with httpx.Client(base_url=studio.url, timeout=PATIENCE) as client:
        for entry in client.get("/api/workflows").json()["items"]:
            client.delete(f"/api/workflows/{entry['name']}")
        for draft in client.get("/api/drafts").json()["items"]:
            client.delete(f"/api/drafts/{draft['id']}")
        yield client


def test_tabs_on_one_canvas_see_each_others_changes(
    context: BrowserContext, studio: StudioServer, errors: list[str]
) -> None:
    mine, other = _tab(context, studio, errors), _tab(context, studio, errors)
    prompt(mine).fill("a house on a hill")
    expect(prompt(other)).to_have_value("a house on a hill", timeout=MS)
    how_many(other).fill("3")
    expect(how_many(mine)).to_have_value("3", timeout=MS)
    mine.get_by_role("button", name="Undo", exact=True).click()
    expect(prompt(other)).not_to_have_value("a house on a hill", timeout=MS)
    for page in (mine, other):
        page.reload()
        expect(how_many(page)).to_have_value("3", timeout=MS)


def test_two_browsers_keep_both_values_of_one_field(
    browsers: tuple[Page, Page], workflows: httpx.Client
) -> None:
    mine, other = browsers
    prompt(mine).fill("a house")
    _save_as(mine, "shared")
    _open_saved(other, "shared")
    expect(prompt(other)).to_have_value("a house", timeout=MS)
    other.route("**/api/drafts/*", lambda route: route.abort())
    prompt(other).fill("a boat at sea")
    how_many(other).fill("3")
    with mine.expect_response(lambda answer: _stores(answer, "a tower at night")):
        prompt(mine).fill("a tower at night")
    other.unroute("**/api/drafts/*")
    card = other.get_by_role("alert").filter(has_text="was changed elsewhere")
    expect(card).to_be_visible(timeout=MS)
    expect(how_many(mine)).to_have_value("3", timeout=MS)
    expect(prompt(mine)).to_have_value("a tower at night", timeout=MS)
    expect(prompt(other)).to_have_value("a boat at sea", timeout=MS)
    _inside(card, other)
    card.get_by_role("button", name="Other a tower at night").click()
    expect(card).to_be_hidden()
    expect(prompt(other)).to_have_value("a tower at night", timeout=MS)
    other.keyboard.press("Control+z")
    expect(prompt(mine)).to_have_value("a boat at sea", timeout=MS)


@pytest.mark.parametrize("choice", ["Keep both", "Overwrite"])
def test_a_save_over_the_version_of_another_canvas_is_a_choice(
    browsers: tuple[Page, Page], workflows: httpx.Client, choice: str
) -> None:
    mine, other = browsers
    prompt(mine).fill("a house on a hill")
    _save_as(mine, "shared")
    prompt(other).fill("a boat at sea")
    _save_as(other, "shared")
    question = other.get_by_role("alert").filter(has_text="Another version of “shared” was saved")
    expect(question).to_be_visible()
    _inside(question, other)
    assert _saved_prompt(workflows, "shared") == "a house on a hill"
    question.get_by_role("button", name=choice).click()
    expect(question).to_be_hidden()
    name = "shared 2" if choice == "Keep both" else "shared"
    expect(other.get_by_text(f"Saved as “{name}”.").first).to_be_visible()
    assert _saved_prompt(workflows, name) == "a boat at sea"
    prompt(mine).fill("a tower")
    mine.keyboard.press("Control+s")
    conflict = mine.get_by_role("alert").filter(has_text="Another version of “shared” was saved")
    if choice == "Keep both":
        expect(messages(mine)).to_contain_text("Saved as “shared”.")
        expect(conflict).to_be_hidden()
    else:
        expect(conflict).to_be_visible()
        _open_library(mine)  # a drawer does not hide the question
        conflict.get_by_role("button", name="Do not save").click()
        assert _saved_prompt(workflows, "shared") == "a boat at sea"


def test_the_canvas_of_another_browser_is_opened_and_deleted(
    browsers: tuple[Page, Page], workflows: httpx.Client
) -> None:
    mine, other = browsers
    prompt(mine).fill("a house on a hill")
    mine.get_by_label("Workflow name", exact=True).fill("hills")
    expect(mine.get_by_label("Workflow name", exact=True)).to_have_value("hills")
    before = prompt(other).input_value()
    _open_library(other)
    _canvases(other).filter(has_text="hills").get_by_role("button").first.click()
    expect(prompt(other)).to_have_value("a house on a hill", timeout=MS)
    prompt(other).fill("a boat at sea")
    expect(prompt(mine)).to_have_value("a boat at sea", timeout=MS)
    for _ in range(2):
        other.get_by_role("button", name="Undo", exact=True).click()
    expect(prompt(other)).to_have_value(before, timeout=MS)
    _open_library(other)
    delete = _canvases(other).filter(has_text="hills").get_by_role("button", name="Delete")
    delete.click()
    delete.click()
    expect(_canvases(other).filter(has_text="hills")).to_have_count(0)
    expect(prompt(mine)).to_have_value("a house on a hill", timeout=MS)


def test_edits_outlive_a_killed_server_and_reach_other_browsers(
    phone: Page, page: Page, own_studio: StudioServer
) -> None:
    mine, other = page, phone
    for tab in (mine, other):
        visit(tab, own_studio)
    prompt(mine).fill("a house")
    _save_as(mine, "shared")
    _open_saved(other, "shared")
    prompt(mine).press_sequentially(" on a hill", delay=5)
    own_studio.kill()
    prompt(mine).fill("typed without a server")
    expect(mine.get_by_text("Server unreachable.")).to_be_visible(timeout=MS)
    expect(mine.locator(".run")).to_be_disabled()
    expect(other.get_by_text("Server unreachable.")).to_be_visible(timeout=MS)
    dot = other.locator(".banner.away .dot").bounding_box()
    assert dot
    assert dot["width"] == dot["height"]
    own_studio.start()
    expect(prompt(other)).to_have_value("typed without a server", timeout=MS)
    expect(mine.get_by_text("Server unreachable.")).to_be_hidden(timeout=MS)


def _tab(context: BrowserContext, studio: StudioServer, errors: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    visit(page, studio)
    return page


def _stores(answer: Response, text: str) -> bool:
    """The answer of the server to a draft with this text, which is stored from here on."""
    request = answer.request
    return request.method == "PUT" and answer.ok and text in (request.post_data or "")


def _inside(element: Locator, page: Page) -> None:
    box, size = element.bounding_box(), page.viewport_size
    assert box
    assert size
    assert 0 <= box["x"] <= size["width"] - box["width"]


def _open_library(page: Page) -> None:
    page.get_by_role("button", name=begins("Workflows and presets")).click()


def _canvases(page: Page) -> Locator:
    return page.get_by_role("list", name="Other open canvases").get_by_role("listitem")


def _open_saved(page: Page, name: str) -> None:
    _open_library(page)
    saved = page.get_by_role("list", name="Saved workflows").get_by_role("listitem")
    saved.filter(has_text=name).get_by_role("button").first.click()
    expect(page.get_by_label("Workflow name", exact=True)).to_have_value(name)


def _save_as(page: Page, name: str) -> None:
    _open_library(page)
    page.get_by_label("Save workflow as", exact=True).fill(name)
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text(f"“{name}”").first).to_be_visible()
    page.keyboard.press("Escape")


def _saved_prompt(workflows: httpx.Client, name: str) -> str:
    bricks = workflows.get(f"/api/workflows/{name}").raise_for_status().json()["bricks"]
    return next(str(brick["props"]["prompt"]) for brick in bricks if brick["type"] == "prompt")
