"""The page on a phone: sheets, bars and controls that nothing covers."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, begins, visit

COVERED = """(selector) => [...document.querySelectorAll(selector)]
  .filter((control) => control.checkVisibility({ visibilityProperty: true }))
  .filter((control) => {
    control.scrollIntoView({ block: "nearest" });
    const { left, top, width, height } = control.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    return !control.contains(above) && !above?.contains(control);
  })
  .map((control) => control.getAttribute("aria-label") ?? control.textContent)"""


@pytest.fixture
def phone(phone: Page, studio: StudioServer) -> Page:
    """The wall on a phone."""
    visit(phone, studio)
    return phone


def test_opening_a_place_closes_the_sheet_of_the_queue(phone: Page) -> None:
    sheet = phone.locator(".queue-inside")
    for place in ("gallery", "gallery", "wall"):
        phone.locator(".queue-chip").tap()
        expect(sheet).to_be_visible()
        phone.locator(f'.place-tab[data-place="{place}"]').tap()
        expect(sheet).to_be_hidden()


def test_the_sheet_of_the_queue_has_the_alerts_with_their_actions(
    phone: Page, studio: StudioServer
) -> None:
    httpx.post(f"{studio.url}/api/queue/pause")
    body = {"prompt": "a red house", "num_inference_steps": 1}
    httpx.post(f"{studio.url}/api/generate", json=body)
    chip = phone.get_by_role("button", name=begins("Queue: paused"))
    expect(chip).to_have_attribute("data-severity", "warning", timeout=MS)
    chip.tap()
    alert = phone.locator(".alert-summary")
    expect(alert).to_have_attribute("data-severity", "warning")
    assert phone.evaluate(COVERED, ".queue-inside button:not(.task *), .alert-summary") == []
    alert.tap()
    phone.get_by_role("dialog", name="Alerts").get_by_role("button", name="Resume").tap()
    expect(chip).to_be_hidden(timeout=MS)


def test_the_bar_of_selected_bricks_is_one_line_above_the_tabs(phone: Page) -> None:
    phone.locator("main").focus()
    phone.keyboard.press("Control+a")
    bar = phone.get_by_role("toolbar", name="Selected bricks")
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box is not None
    assert box["height"] < 60
    wall = phone.locator(".place-wall")
    wall.evaluate("wall => wall.scrollTo(0, wall.scrollHeight)")
    last = phone.locator(".brick").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= box["y"]
    assert phone.evaluate(COVERED, ".brick-bar button, qp-header button, .place-tab") == []
