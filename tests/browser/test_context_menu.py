"""The context menu of the wall: by the right button, by keys, by a long press."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.test_states_of_the_wall import BRICKS, WIRES, middle
from tests.browser.wall import brick, stand

HOLD = """() => {
  const target = document.querySelector('.brick .brick-title');
  const { left, top } = target.getBoundingClientRect();
  const at = { bubbles: true, pointerType: 'touch', clientX: left + 5, clientY: top + 5 };
  target.dispatchEvent(new PointerEvent('pointerdown', at));
}"""
ON_WIRE = """() => {
  const path = document.querySelector('.wire');
  const frame = path.ownerSVGElement.getBoundingClientRect();
  const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
  return [frame.left + x, frame.top + y];
}"""


@pytest.fixture
def wall(page: Page, studio: StudioServer) -> Page:
    """A page with a small wall."""
    stand(page, studio, BRICKS, WIRES)
    return page


def test_the_menu_of_a_brick_opens_and_works_by_keys(wall: Page) -> None:
    first = brick(wall, "Prompt")
    first.focus()
    wall.keyboard.press("Shift+F10")
    menu = wall.get_by_role("menu", name="Prompt brick")
    expect(menu.get_by_role("menuitem", name="Duplicate")).to_be_focused()
    wall.keyboard.press("End")
    wall.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(first).to_be_focused()
    wall.keyboard.press("Shift+F10")
    wall.keyboard.press("c")
    wall.keyboard.press("c")
    wall.keyboard.press("c")
    expect(menu.get_by_role("menuitem", name="Collapse or expand")).to_be_focused()
    wall.keyboard.press("Enter")
    expect(first.locator(".brick-summary")).to_be_visible()


def test_a_wire_the_empty_wall_and_a_long_press_have_menus(wall: Page) -> None:
    count = wall.locator(".wire").count()
    wall.mouse.click(*wall.evaluate(ON_WIRE), button="right")
    menu = wall.get_by_role("menu", name="Wire")
    menu.get_by_role("menuitem", name="Remove the wire").click()
    expect(wall.locator(".wire")).to_have_count(count - 1)
    x, _ = middle(brick(wall, "Prompt"))
    wall.mouse.click(x, 860, button="right")
    wall.get_by_role("menu", name="Wall").get_by_role("menuitem", name="Undo").click()
    expect(wall.locator(".wire")).to_have_count(count)
    wall.evaluate(HOLD)
    expect(wall.get_by_role("menu", name="Prompt brick")).to_be_visible()
