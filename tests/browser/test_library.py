"""Saved workflows on the page: search, names, tags, versions, the trash, and forms."""

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, begins, brick, visit

PORTRAIT, LANDSCAPE = "Portrait of a test", "Landscape of a test"


def put(studio: StudioServer, name: str, prompt: str, **more: Any) -> None:
    preset = httpx.get(f"{studio.url}/api/presets/workflows/first-picture", timeout=PATIENCE)
    wall = preset.json() | more
    wall["bricks"][0]["props"]["prompt"] = prompt
    wall["bricks"][1]["props"] = {"num_images": 1, "seed": 3}
    httpx.put(f"{studio.url}/api/workflows/{name}", json=wall, timeout=PATIENCE).raise_for_status()


@pytest.fixture
def drawer(page: Page, studio: StudioServer) -> Locator:
    """The open drawer over two saved workflows; the first has an earlier version."""
    put(studio, PORTRAIT, "an old lady")
    put(studio, PORTRAIT, "a young lady", tags=["people"])
    put(studio, LANDSCAPE, "a windmill", tags=["outside"])
    visit(page, studio)
    page.keyboard.press("Control+o")
    opened = page.get_by_role("dialog", name="Workflows")
    expect(saved(opened)).to_contain_text(PORTRAIT)
    return opened


def saved(drawer: Locator) -> Locator:
    return drawer.get_by_role("list", name="Saved workflows")


def messages(page: Page) -> Locator:
    return page.get_by_role("region", name="Messages")


def actions(drawer: Locator, name: str) -> Locator:
    """The panel of a saved workflow, opened."""
    drawer.get_by_role("button", name=f"Actions on {name}", exact=True).click()
    return (
        saved(drawer).get_by_role("listitem").filter(has=drawer.page.get_by_text(name, exact=True))
    )


def test_words_and_tags_find_workflows_and_presets(drawer: Locator) -> None:
    drawer.get_by_label("Search").fill("windmill")
    expect(saved(drawer)).not_to_contain_text(PORTRAIT)
    expect(saved(drawer)).to_contain_text(LANDSCAPE)
    drawer.get_by_label("Search").fill("")
    tag = drawer.get_by_role("button", name="people", exact=True)
    tag.click()
    expect(tag).to_have_attribute("aria-pressed", "true")
    expect(saved(drawer)).not_to_contain_text(LANDSCAPE)
    tag.click()
    expect(saved(drawer)).to_contain_text(LANDSCAPE)
    drawer.get_by_label("Search").fill("SDXL Turbo")
    presets = drawer.get_by_role("list", name="Presets")
    expect(presets.get_by_role("listitem")).to_have_count(1)
    expect(presets).to_contain_text("Needs sdxl-turbo")


def test_a_workflow_is_renamed_copied_tagged_and_deleted_each_with_undo(
    drawer: Locator, page: Page
) -> None:
    undo = messages(page).get_by_role("button", name="Undo", exact=True).last
    panel = actions(drawer, PORTRAIT)
    panel.get_by_label("Name").fill("Renamed test")
    panel.get_by_role("button", name="Rename").click()
    expect(saved(drawer)).to_contain_text("Renamed test")
    undo.click()
    expect(saved(drawer)).not_to_contain_text("Renamed test")
    panel = actions(drawer, PORTRAIT)
    panel.get_by_label("Tags").fill("people, old")
    panel.get_by_role("button", name="Set tags").click()
    expect(panel.locator(".tag")).to_have_text(["people", "old"])
    panel.get_by_role("button", name="Duplicate").click()
    expect(saved(drawer)).to_contain_text(f"{PORTRAIT} 2")
    undo.click()
    expect(saved(drawer)).not_to_contain_text(f"{PORTRAIT} 2")
    panel.get_by_role("button", name="Delete").click()
    expect(saved(drawer)).not_to_contain_text(PORTRAIT)
    undo.click()
    expect(saved(drawer)).to_contain_text(PORTRAIT)


def test_an_earlier_version_is_restored_and_taken_back(
    drawer: Locator, page: Page, studio: StudioServer
) -> None:
    def prompt_on_disk() -> str:
        answer = httpx.get(f"{studio.url}/api/workflows/{PORTRAIT}", timeout=PATIENCE)
        return str(answer.json()["bricks"][0]["props"]["prompt"])

    panel = actions(drawer, PORTRAIT)
    panel.get_by_role("button", name="Versions").click()
    panel.get_by_role("button", name="Restore the version of").first.click()
    expect(messages(page)).to_contain_text(f"Restored an earlier version of “{PORTRAIT}”.")
    assert prompt_on_disk() == "an old lady"
    messages(page).get_by_role("button", name="Undo", exact=True).last.click()
    expect(panel.get_by_role("button", name="Restore the version of").nth(2)).to_be_visible()
    assert prompt_on_disk() == "a young lady"


def test_a_file_that_appears_on_disk_appears_in_the_open_drawer(
    drawer: Locator, studio: StudioServer
) -> None:
    listed = httpx.get(f"{studio.url}/api/workflows/{LANDSCAPE}", timeout=PATIENCE).json()
    folder = studio.data_dir.with_name(f"{studio.data_dir.name}-workflows")
    (folder / "Dropped in.json").write_text(json.dumps(listed), encoding="utf-8")
    expect(saved(drawer)).to_contain_text("Dropped in", timeout=MS)


def test_a_field_is_exposed_by_the_keyboard_and_stands_in_the_form(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    generator = brick(page, "Generate")
    generator.hover()
    generator.get_by_role("button", name="Fields of the form").focus()
    page.keyboard.press("Enter")
    switch = generator.get_by_role("switch", name="Show Inference steps in the form")
    wired = generator.get_by_role("switch", name="Show Prompt in the form")
    expect(wired).to_have_count(0)
    while not switch.evaluate("control => control === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(switch).to_be_checked()
    page.keyboard.press("Control+z")
    expect(switch).not_to_be_checked()


def test_a_form_runs_with_its_fields_and_leaves_the_wall_alone(
    page: Page, studio: StudioServer
) -> None:
    put(studio, LANDSCAPE, "a windmill")
    visit(page, studio)
    before = page.evaluate("localStorage['qpyt.draft']")
    page.goto(f"{studio.url}/#/form/{LANDSCAPE.replace(' ', '%20')}")
    expect(page.get_by_role("heading", name=LANDSCAPE)).to_be_visible(timeout=MS)
    expect(page.locator(".form-section")).to_have_count(2)
    prompt = page.get_by_role("textbox", name="Prompt", exact=True)
    expect(prompt).to_have_value("a windmill")
    prompt.fill("a yellow castle")
    expect(page.get_by_label("Seed", exact=True)).to_be_visible()
    expect(page.get_by_text("Inference steps")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    result = page.get_by_role("region", name="Results").locator(".result-large .picture:enabled")
    expect(result).to_have_count(1, timeout=MS)
    assert page.evaluate("localStorage['qpyt.draft']") == before
    task = httpx.get(f"{studio.url}/api/tasks?limit=1", timeout=PATIENCE).json()["items"][0]
    assert task["params"]["prompt"] == "a yellow castle"
    page.get_by_role("link", name="Wall", exact=True).click()
    expect(brick(page, "Generate")).to_be_visible(timeout=MS)


def test_a_form_names_the_model_that_is_missing(page: Page, studio: StudioServer) -> None:
    page.goto(f"{studio.url}/#/form/turbo")
    run = page.get_by_role("button", name=begins("Run"))
    expect(run).to_be_enabled(timeout=MS)
    run.click()
    trouble = page.get_by_role("alert").filter(has_text="sdxl-turbo")
    expect(trouble).to_be_visible(timeout=MS)
