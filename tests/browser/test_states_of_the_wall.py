"""States of the wall: dragged and collapsed bricks, errors that leave, an empty wall, tiles."""

import json
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.screens import upload
from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, run, stand, visit

BRICKS: list[dict[str, Any]] = [
    {"id": "p", "type": "prompt", "props": {"prompt": "a quiet harbour"}},
    {"id": "g", "type": "generate", "props": {}, "column": 1},
    {"id": "o", "type": "image_output", "props": {}, "column": 2},
]
WIRES = [("p.prompt", "g.prompt"), ("g.image", "o.image")]
AT_ITS_PORTS = """([from, to]) => {
  const path = document.querySelector(`.wire[data-wire="${from} ${to}"]`);
  const frame = path.ownerSVGElement.getBoundingClientRect();
  const distance = (end, point) => {
    const box = document.querySelector(`[data-port="${end}"]`).getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2 - frame.left, box.top + box.height / 2 - frame.top];
    return Math.hypot(x - point.x, y - point.y);
  };
  const ends = [path.getPointAtLength(0), path.getPointAtLength(path.getTotalLength())];
  return distance(from, ends[0]) < 2 && distance(to, ends[1]) < 2;
}"""


def middle(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_wires_follow_a_brick_while_it_is_dragged(page: Page, studio: StudioServer) -> None:
    stand(page, studio, BRICKS, WIRES)
    x, y = middle(brick(page, "Generate").locator(".brick-title"))
    page.mouse.move(x, y)
    page.mouse.down()
    for step in (1, 2, 3):
        page.mouse.move(x + 12 * step, y + 40 * step)
        for wire in WIRES:
            page.wait_for_function(AT_ITS_PORTS, arg=wire)
    moved = middle(brick(page, "Generate").locator(".brick-title"))
    assert moved[1] - y > 80
    page.keyboard.press("Escape")
    for wire in WIRES:
        page.wait_for_function(AT_ITS_PORTS, arg=wire)
    page.mouse.up()


def test_a_collapsed_brick_keeps_ports_and_wires_and_sums_up_its_values(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, BRICKS, WIRES)
    prompt = brick(page, "Prompt")
    open_height = prompt.evaluate("brick => brick.clientHeight")
    prompt.focus()
    page.keyboard.press("c")
    expect(prompt.locator(".brick-summary")).to_have_text("a quiet harbour")
    expect(prompt.locator(".brick-body")).to_be_hidden()
    assert prompt.evaluate("brick => brick.clientHeight") < open_height / 2
    expect(prompt.locator('.port.out[data-port="p.prompt"]')).to_be_visible()
    page.wait_for_function(AT_ITS_PORTS, arg=WIRES[0])
    page.reload()
    expect(prompt.locator(".brick-summary")).to_be_visible()
    brick(page, "Generate").hover()
    brick(page, "Generate").get_by_role("button", name="Collapse").click()
    expect(brick(page, "Generate").locator(".brick-summary")).to_contain_text("Nano")
    page.keyboard.press("Control+z")
    expect(brick(page, "Generate").locator(".brick-summary")).to_be_hidden()
    draft = json.loads(page.evaluate("localStorage['qpyt.draft']"))
    saved = httpx.put(
        f"{studio.url}/api/workflows/Collapsed", json=draft["workflow"], timeout=PATIENCE
    )
    saved.raise_for_status()
    stored = httpx.get(f"{studio.url}/api/workflows/Collapsed", timeout=PATIENCE).json()
    collapsed = {entry["id"] for entry in stored["bricks"] if entry.get("collapsed")}
    assert collapsed == {"p"}
    httpx.delete(f"{studio.url}/api/workflows/Collapsed", timeout=PATIENCE)


def test_errors_leave_with_their_wall(page: Page, studio: StudioServer) -> None:
    bricks = [{**BRICKS[0], "id": "prompt"}, {**BRICKS[1], "id": "generate"}]
    bricks[1]["props"] = {"num_inference_steps": 100_000}
    stand(page, studio, bricks, [("prompt.prompt", "generate.prompt")])
    errors = page.locator('.toast[data-tone="bad"], .field-problem, .brick-problem').filter(
        visible=True
    )
    run(page)
    expect(errors.first).to_be_visible(timeout=MS)
    page.keyboard.press("Control+o")
    page.get_by_role("list", name="Presets").get_by_role("button", name="First image").click()
    expect(page.locator(".brick")).to_have_count(4)
    expect(errors).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator(".brick")).to_have_count(2)
    expect(errors).to_have_count(0)
    run(page)
    expect(errors.first).to_be_visible(timeout=MS)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".brick")).to_have_count(4)
    expect(errors).to_have_count(0)


def test_an_empty_wall_says_what_appears_and_offers_the_first_actions(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    page.keyboard.press("Control+o")
    page.get_by_role("button", name="New workflow", exact=True).click()
    wall = page.get_by_role("main")
    expect(wall.get_by_role("heading", name="No bricks yet")).to_be_visible()
    card, room = (
        part.bounding_box() for part in (wall.locator(".wall-empty-card"), page.locator("main"))
    )
    assert card
    assert room
    assert abs(card["y"] + card["height"] / 2 - room["y"] - room["height"] / 2) < 40
    wall.get_by_role("button", name="Add a brick").click()
    expect(page.get_by_role("dialog", name="Add a brick")).to_be_visible()
    page.keyboard.press("Escape")
    wall.get_by_role("button", name="Open a preset").click()
    page.get_by_role("list", name="Presets").get_by_role("button", name="First image").click()
    expect(brick(page, "Generate")).to_be_visible()
    expect(wall.get_by_role("heading", name="No bricks yet")).to_be_hidden()


def test_a_task_without_an_image_has_a_tile(page: Page, studio: StudioServer) -> None:
    body = {"image": upload(studio), "file_name": "tile/{width}"}
    saved = httpx.post(
        f"{studio.url}/api/save", json=body, headers={"Prefer": "wait=60"}, timeout=2 * PATIENCE
    ).raise_for_status()
    assert saved.json()["status"] == "completed"
    visit(page, studio)
    row = page.locator("qp-task-row").filter(has=page.locator('.task-title[title="Save"]')).first
    expect(row.locator(".task-tile")).to_have_text("PNG")


def test_the_queue_of_a_phone_lies_over_the_wall(phone: Page, studio: StudioServer) -> None:
    visit(phone, studio)
    phone.locator(".queue-chip").tap()
    expect(phone.locator(".queue-inside")).to_be_in_viewport()
    assert phone.locator("main").evaluate("wall => wall.clientWidth") == 390
    brick(phone, "Prompt").get_by_role("button", name="Collapse").dispatch_event("click")
    expect(brick(phone, "Prompt").locator(".brick-summary")).to_have_count(1)
