"""Several bricks at once: selected by mouse and keys, copied between tabs, built by keys alone."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, brick, results, stand, visit

BRICKS = [
    {"id": "p", "type": "prompt", "props": {"prompt": "a red house"}, "column": 0, "row": 0},
    {"id": "g", "type": "generate", "props": {"num_inference_steps": 1}, "column": 1, "row": 0},
    {"id": "o", "type": "image_output", "props": {}, "column": 2, "row": 0},
]


def selected(page: Page) -> Locator:
    return page.locator(".brick.selected")


def test_bricks_are_selected_by_mouse_and_changed_at_once(page: Page, studio: StudioServer) -> None:
    stand(page, studio, BRICKS)
    brick(page, "Prompt").locator(".brick-title").click(modifiers=["Shift"])
    brick(page, "Generate").locator(".brick-title").click(modifiers=["Control"])
    expect(selected(page)).to_have_count(2)
    bar = page.get_by_role("toolbar", name="Selected bricks")
    bar.get_by_role("button", name="Collapse or expand").click()
    expect(page.locator(".brick.folded")).to_have_count(2)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".brick.folded")).to_have_count(0)
    bar.get_by_role("button", name="Duplicate").click()
    expect(page.locator(".brick")).to_have_count(5)
    bar.get_by_role("button", name="Remove").click()
    expect(page.locator(".brick")).to_have_count(3)
    box = page.locator('[data-brick="o"]').bounding_box()
    assert box
    page.mouse.move(box["x"] - 12, box["y"] + 8)
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 90, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(selected(page)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(selected(page)).to_have_count(0)


def test_bricks_are_copied_to_another_tab_with_their_wires(
    page: Page, studio: StudioServer, tmp_path: Path
) -> None:
    stand(page, studio, BRICKS)
    brick(page, "Prompt").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(selected(page)).to_have_count(2)
    page.keyboard.press("Control+c")
    expect(page.get_by_text("Copied 2 bricks.").first).to_be_visible()
    other = page.context.new_page()
    visit(other, studio)
    other.locator("main").focus()
    other.keyboard.press("Control+o")
    other.get_by_role("button", name="New workflow", exact=True).click()
    expect(other.locator(".wall-empty")).to_be_visible()
    other.keyboard.press("Control+v")
    expect(other.locator(".brick")).to_have_count(2)
    wires = other.evaluate("JSON.parse(localStorage['qpyt.draft']).workflow.wires")
    assert {wire["to"].split(".")[1] for wire in wires} == {"prompt", "negative_prompt"}
    other.keyboard.press("Control+z")
    expect(other.locator(".brick")).to_have_count(0)
    expect(page.locator(".brick")).to_have_count(3)


def test_a_workflow_is_built_and_run_by_keys_alone(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    page.keyboard.press("Control+a")
    expect(selected(page)).not_to_have_count(0)
    page.locator(".brick").first.focus()
    page.keyboard.press("Delete")
    expect(page.locator(".wall-empty")).to_be_visible()
    for title in ("Prompt", "Generate", "Image"):
        page.locator("main").focus()
        page.keyboard.press("/")
        page.keyboard.type(title)
        page.keyboard.press("Enter")  # the next is added before the server has wired this one
    expect(page.locator(".brick")).to_have_count(3)
    brick(page, "Prompt").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("a red house")
    page.keyboard.press("Control+Enter")
    expect(results(page)).to_have_count(1, timeout=MS)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_text("Duplicate", exact=True)).to_be_visible()
