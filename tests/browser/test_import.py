"""A workflow file that is dropped on the wall: its bricks, and the report of what differs."""

import json

from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.test_sources import carrying
from tests.browser.wall import brick, stand
from tests.unit.workflows.comfy.graphs import UNKNOWN


def test_a_dropped_workflow_of_comfyui_becomes_bricks_with_a_report(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, [{"id": "picture", "type": "image_input"}])
    data = json.dumps(UNKNOWN).encode()
    held = carrying(page, "castle.json", "application/json", data)
    page.locator(".wall-content").dispatch_event("drop", {"dataTransfer": held})
    report = page.get_by_role("dialog", name="Import report")
    expect(report).to_contain_text("1 not mapped")
    expect(report).to_contain_text("There is no model 'dream' on this machine.")
    expect(report.get_by_text("It waits for a brick for GlowEffect.").first).to_be_visible()
    report.get_by_role("button", name="Close").click()
    expect(report).to_be_hidden()
    words = brick(page, "Prompt").get_by_label("Prompt", exact=True)
    expect(words).to_have_value("a red house")
    expect(brick(page, "GlowEffect")).to_contain_text("waits for a brick for GlowEffect")
    page.keyboard.press("Control+z")
    expect(brick(page, "Input image")).to_be_visible()
    expect(brick(page, "GlowEffect")).to_have_count(0)


def test_a_dropped_file_that_is_no_workflow_says_so_and_keeps_the_wall(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, [{"id": "picture", "type": "image_input"}])
    held = carrying(page, "broken.json", "application/json", b"{")
    page.locator(".wall-content").dispatch_event("drop", {"dataTransfer": held})
    expect(page.locator(".toast")).to_contain_text("not JSON")
    expect(brick(page, "Input image")).to_be_visible()
