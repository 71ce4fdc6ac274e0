"""Zoom, panning and the overview of the wall."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.test_states_of_the_wall import BRICKS, WIRES, middle
from tests.browser.wall import brick, stand

SCALE = (
    "Number(getComputedStyle(document.querySelector('qp-wall')).getPropertyValue('--zoom') || 1)"
)
ON_SCREEN = """([from, to]) => {
  const path = document.querySelector(`.wire[data-wire="${from} ${to}"]`);
  const frame = path.ownerSVGElement.getBoundingClientRect();
  const scale = SCALE;
  const distance = (end, point) => {
    const box = document.querySelector(`[data-port="${end}"]`).getBoundingClientRect();
    const x = box.left + box.width / 2 - frame.left - point.x * scale;
    return Math.hypot(x, box.top + box.height / 2 - frame.top - point.y * scale);
  };
  const ends = [path.getPointAtLength(0), path.getPointAtLength(path.getTotalLength())];
  return distance(from, ends[0]) < 2 && distance(to, ends[1]) < 2;
}""".replace("SCALE", SCALE)
SCROLLED = """(() => {
  const { scrollLeft, scrollTop } = document.querySelector('.place-wall');
  return [scrollLeft, scrollTop];
})()"""


def many(rows: int) -> list[dict[str, Any]]:
    """Bricks of one column each, without wires."""
    return [
        {"id": f"p{row}-{column}", "type": "prompt", "props": {}, "column": column, "row": row}
        for column in range(8)
        for row in range(rows)
    ]


def zoom_to(page: Page, scale: float) -> None:
    """Turn the wheel with Ctrl over the middle of the wall until it has about that scale."""
    page.mouse.move(600, 450)
    page.keyboard.down("Control")
    for _ in range(60):
        if page.evaluate(SCALE) <= scale + 0.01:
            break
        page.mouse.wheel(0, 44)
    page.keyboard.up("Control")
    assert page.evaluate(SCALE) == pytest.approx(scale, abs=0.06)


def test_a_wire_is_dragged_at_60_per_cent(page: Page, studio: StudioServer) -> None:
    second = {"id": "h", "type": "generate", "props": {}, "column": 1, "row": 1}
    stand(page, studio, [*BRICKS, second], WIRES)
    zoom_to(page, 0.6)
    for wire in WIRES:
        page.wait_for_function(ON_SCREEN, arg=wire)
    page.mouse.move(*middle(page.locator('.port.out[data-port="p.prompt"]')))
    page.mouse.down()
    x, y = middle(page.locator('.port.in[data-port="h.prompt"]'))
    page.mouse.move(x - 8, y + 6, steps=4)
    expect(page.locator('.port.aimed[data-port="h.prompt"]')).to_be_attached()
    page.mouse.up()
    page.wait_for_function(ON_SCREEN, arg=["p.prompt", "h.prompt"])
    page.keyboard.press("Shift+Digit0")
    assert page.evaluate(SCALE) == 1
    page.wait_for_function(ON_SCREEN, arg=["p.prompt", "h.prompt"])


def test_a_dragged_brick_stays_at_the_pointer_at_60_per_cent(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, BRICKS, WIRES)
    zoom_to(page, 0.6)
    x, y = middle(brick(page, "Generate").locator(".brick-title"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 90, steps=3)
    for wire in WIRES:
        page.wait_for_function(ON_SCREEN, arg=wire)
    moved = middle(brick(page, "Generate").locator(".brick-title"))
    assert moved == (pytest.approx(x + 60, abs=8), pytest.approx(y + 90, abs=8))
    page.keyboard.press("Escape")
    page.mouse.up()


def test_the_point_under_the_pointer_stays_there_while_the_wheel_zooms(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, many(4))
    page.evaluate("document.querySelector('.place-wall').scrollTo(700, 600)")
    target = page.locator('[data-brick="p2-4"] .brick-title')
    x, y = middle(target)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function(f"{SCALE} > 1.1")
    assert middle(target) == (pytest.approx(x, abs=4), pytest.approx(y, abs=4))


def test_the_overview_moves_the_wall_by_pointer_and_keys(page: Page, studio: StudioServer) -> None:
    stand(page, studio, many(4))
    overview = page.get_by_role("group", name="Overview and zoom")
    expect(overview).to_be_visible()
    expect(overview.locator(".minimap-brick")).to_have_count(32)
    plan = overview.get_by_role("application")
    box = plan.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.8)
    left, top = page.evaluate(SCROLLED)
    assert left > 300
    assert top > 200
    plan.focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(SCROLLED)[0] < left
    overview.get_by_role("button", name="Fit the whole wall").click()
    assert page.evaluate(SCALE) < 0.7
    assert page.evaluate(SCROLLED) == [0, 0]
    expect(page.locator('[data-brick="p3-7"]')).to_be_in_viewport()
    overview.get_by_role("button", name="set to 100 %").click()
    assert page.evaluate(SCALE) == 1


def test_an_empty_spot_and_the_space_bar_drag_the_wall(page: Page, studio: StudioServer) -> None:
    stand(page, studio, many(4))
    gap = page.locator('[data-brick="p0-1"]').bounding_box()
    assert gap
    page.mouse.move(gap["x"] - 18, 500)
    page.mouse.down()
    page.mouse.move(gap["x"] - 218, 400, steps=3)
    page.mouse.up()
    assert page.evaluate(SCROLLED) == [200, 100]
    page.locator("main").focus()
    page.mouse.move(*middle(page.locator('[data-brick="p1-2"]')))
    page.keyboard.down(" ")
    page.mouse.down()
    page.mouse.move(400, 300, steps=3)
    page.mouse.up()
    page.keyboard.up(" ")
    assert page.evaluate(SCROLLED) != [200, 100]


def test_tidy_lays_out_the_wall_and_is_undone(page: Page, studio: StudioServer) -> None:
    heap = [{**entry, "column": 0, "row": row} for row, entry in enumerate(reversed(BRICKS))]
    stand(page, studio, heap, WIRES)
    expect(page.locator(".column")).to_have_count(1)
    page.keyboard.press("Shift+T")
    expect(page.locator(".column-head")).to_have_text(["Idea", "Make", "Result"])
    for wire in WIRES:
        page.wait_for_function(ON_SCREEN, arg=wire)
    page.get_by_role("region", name="Messages").get_by_role("button", name="Undo").click()
    expect(page.locator(".column")).to_have_count(1)


def test_fitting_a_large_wall_goes_below_the_usual_zoom(page: Page, studio: StudioServer) -> None:
    stand(page, studio, many(12))
    page.locator("main").focus()
    page.keyboard.press("Shift+Digit1")
    page.wait_for_function(f"{SCALE} < 0.24")
    assert page.evaluate(SCALE) >= 0.1
    last = page.locator(".brick").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] < 900
    overview = page.get_by_role("group", name="Overview and zoom")
    expect(overview.get_by_role("button", name="Zoom out")).to_be_disabled()
    percent = overview.locator(".minimap-percent")
    expect(percent).to_have_attribute("title", re.compile(r"from (1\d|2[0-4]) to 200\s%"))


def test_two_fingers_zoom_the_wall_between_them(phone: Page, studio: StudioServer) -> None:
    phone.set_viewport_size({"width": 1200, "height": 900})
    stand(phone, studio, many(4))
    touch = phone.context.new_cdp_session(phone)
    brick_at = "document.querySelector('[data-brick=\"p1-1\"]').getBoundingClientRect()"
    middle_x, middle_y = phone.evaluate(f"[{brick_at}.x, {brick_at}.y]")

    def fingers(kind: str, apart: float) -> None:
        points = [{"x": middle_x - apart, "y": middle_y}, {"x": middle_x + apart, "y": middle_y}]
        sent = [] if kind == "touchEnd" else points
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": sent})

    fingers("touchStart", 60)
    for apart in (70, 80, 90):
        fingers("touchMove", apart)
    fingers("touchEnd", 0)
    assert phone.evaluate(SCALE) == pytest.approx(1.5, abs=0.05)
    assert phone.evaluate("visualViewport.scale") == 1, "the page itself is not zoomed"
    x, y = phone.evaluate(f"[{brick_at}.x, {brick_at}.y]")
    assert (x, y) == pytest.approx((middle_x, middle_y), abs=6)


def test_a_wire_in_the_air_opens_the_palette_and_one_is_dragged_backwards(
    page: Page, studio: StudioServer
) -> None:
    second = {"id": "h", "type": "generate", "props": {}, "column": 1, "row": 1}
    stand(page, studio, [*BRICKS, second], WIRES)
    wire = page.locator('.wire[data-wire="p.prompt h.prompt"]')
    expect(wire).to_be_attached()
    target = page.locator('.port.in[data-port="h.prompt"]')
    page.mouse.move(*middle(target))
    page.mouse.down()
    page.mouse.move(300, 855, steps=4)
    page.mouse.up()
    palette = page.get_by_role("dialog", name="Add a brick")
    expect(palette.get_by_role("option").first).to_be_visible()
    palette.get_by_role("button", name="Remove the wire").click()
    expect(wire).to_have_count(0)
    page.mouse.move(*middle(target))
    page.mouse.down()
    page.mouse.move(*middle(page.locator('.port.out[data-port="p.prompt"]')), steps=4)
    page.mouse.up()
    expect(wire).to_be_attached()
