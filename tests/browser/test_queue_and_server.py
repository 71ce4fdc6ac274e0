"""The queue monitor, small screens, and a server that goes away and comes back."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, begins, brick, draw, how_many, prompt, results, run, tasks, visit


def test_a_paused_queue_is_reordered_cleared_and_resumed(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    queue = page.get_by_role("complementary", name="Queue")
    queue.get_by_role("button", name="Pause").click()
    expect(queue.get_by_role("button", name="Resume")).to_be_visible()
    how_many(page).fill("1")
    for text in ("first in line", "second in line", "third in line"):
        prompt(page).fill(text)
        expect(page.locator(".run")).to_be_enabled()  # the run before is submitted
        page.keyboard.press("Control+Enter")
        expect(tasks(page, "pending").filter(has_text=text)).to_be_visible()
    rows = tasks(page, "pending")
    expect(rows.nth(0)).to_contain_text("first in line")
    rows.nth(2).hover()
    rows.nth(2).get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Move to the top", exact=True).click()
    expect(rows.nth(0)).to_contain_text("third in line")
    rows.nth(1).hover()
    rows.nth(1).get_by_role("button", name="Cancel").click()
    expect(rows).to_have_count(2)
    queue.get_by_role("button", name="Cancel all").click()
    expect(rows).to_have_count(0)
    queue.get_by_role("button", name="Resume").click()
    expect(queue.get_by_role("button", name="Pause")).to_be_visible()


def test_a_cancelled_task_is_tried_again(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    prompt(page).fill("a second chance")
    how_many(page).fill("60")
    run(page)
    running = tasks(page, "running").filter(has_text="a second chance")
    expect(running).to_be_visible(timeout=MS)
    running.hover()
    running.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name=re.compile(r"^Show \d+ cancelled task")).click()
    ended = tasks(page, "cancelled").filter(has_text="a second chance").first
    expect(ended).to_be_visible(timeout=MS)
    ended.hover()
    ended.get_by_role("button", name="Retry").click()
    expect(running).to_be_visible(timeout=MS)
    page.keyboard.press("Control+.")
    expect(running).to_have_count(0, timeout=MS)


def test_a_picture_of_ones_own_is_varied(page: Page, studio: StudioServer, tmp_path: Path) -> None:
    picture = tmp_path / "mine.png"
    Image.new("RGB", (128, 128), "tomato").save(picture)
    visit(page, studio)
    page.keyboard.press("Control+o")
    page.get_by_role("button", name=begins("Vary an image")).click()
    expect(brick(page, "Image to image")).to_be_visible()
    source = brick(page, "Input image")
    source.get_by_label("Image", exact=True).set_input_files(picture)
    expect(source.locator(".drop-picture")).to_be_visible()
    draw(page)
    expect(results(page)).to_have_count(1)


def test_two_pages_of_one_studio_tell_the_same_story(
    phone: Page, page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    visit(phone, studio)
    prompt(page).fill("seen by two")
    draw(page)
    phone.locator(".queue-chip").tap()
    expect(tasks(phone, "completed").filter(has_text="seen by two").first).to_be_visible(timeout=MS)


def test_the_theme_is_a_choice_that_lasts(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name=begins("Toggle theme")).click()
    light = page.evaluate(ground)
    assert light != dark
    page.reload()
    assert page.evaluate(ground) == light


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_no_width_scrolls_the_page_sideways(phone: Page, studio: StudioServer, width: int) -> None:
    phone.set_viewport_size({"width": width, "height": 844})
    visit(phone, studio)
    assert phone.evaluate("document.documentElement.scrollWidth") <= width
    if width < 860:  # wider, the wall itself may scroll
        wall = phone.locator("main")
        assert wall.evaluate("wall => wall.scrollWidth - wall.clientWidth") <= 0
    outside = phone.evaluate(
        """() => [...document.querySelectorAll('qp-header *, qp-status-line > *')]
        .filter(each => each.offsetParent && each.getBoundingClientRect().right > innerWidth + 1)
        .map(each => each.className)"""
    )
    assert outside == []


def test_a_phone_runs_the_wall_and_opens_the_queue(phone: Page, studio: StudioServer) -> None:
    visit(phone, studio)
    draw(phone)
    phone.locator(".queue-chip").tap()
    expect(phone.get_by_role("list", name="Done")).to_be_visible()


def test_the_page_survives_a_server_that_dies_and_returns(
    page: Page, own_studio: StudioServer
) -> None:
    visit(page, own_studio)
    prompt(page).fill("before the storm")
    draw(page)
    how_many(page).fill("4")
    run(page)
    expect(tasks(page, "running")).to_have_count(1, timeout=MS)
    own_studio.kill()
    expect(page.get_by_text("Server unreachable.")).to_be_visible(timeout=MS)
    prompt(page).fill("typed while it was away")
    own_studio.start()
    expect(page.get_by_text("Server unreachable.")).to_be_hidden(timeout=MS)
    expect(prompt(page)).to_have_value("typed while it was away")
    expect(tasks(page, "completed")).to_have_count(2, timeout=MS)
    how_many(page).fill("1")
    run(page)
    last = tasks(page, "completed").filter(has_text="typed while it was away")
    expect(last).to_be_visible(timeout=MS)


def test_a_studio_open_to_the_network_asks_for_its_token(page: Page, tmp_path: Path) -> None:
    server = StudioServer(tmp_path / "data", "--host", "0.0.0.0")
    server.start()
    try:
        page.goto(server.url)
        door = page.get_by_role("dialog", name="Sign in")
        door.get_by_label("Token").fill("not this one")
        door.get_by_role("button", name="Sign in").click()
        expect(door.get_by_role("alert")).to_contain_text("Wrong token")
        door.get_by_label("Token").fill(
            (server.data_dir / "token").read_text(encoding="utf-8").strip()
        )
        door.get_by_role("button", name="Sign in").click()
        expect(door).to_be_hidden()
        expect(brick(page, "Generate")).to_be_visible(timeout=MS)
        draw(page)
    finally:
        server.stop()


def test_the_queue_stands_on_the_wall_as_a_brick_and_takes_no_part_in_a_run(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    page.get_by_role("button", name="Add brick", exact=True).click()
    page.get_by_role("combobox", name="Find a brick", exact=True).fill("queue")
    page.keyboard.press("Enter")
    queue = brick(page, "Queue")
    queue.get_by_role("button", name="Pause").click()
    expect(queue.get_by_role("button", name="Resume")).to_be_visible()
    prompt(page).fill("a brown cup")
    with page.expect_response("**/api/workflows/run") as answer:
        page.keyboard.press("Control+Enter")
    assert answer.value.ok
    row = queue.locator("qp-task-row", has_text="a brown cup").first
    expect(row).to_have_attribute("data-status", "pending", timeout=MS)
    row.hover()
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_count(0, timeout=MS)
    queue.get_by_role("button", name=re.compile(r"^Show \d+ cancelled task")).click()
    expect(row).to_have_attribute("data-status", "cancelled", timeout=MS)
    queue.get_by_role("button", name="Resume").click()
    expect(queue.get_by_role("button", name="Pause")).to_be_visible()
    page.reload()
    brick(page, "Queue").get_by_role("button", name=re.compile(r"^Show \d+ cancelled task")).click()
    expect(brick(page, "Queue")).to_contain_text("a brown cup", timeout=MS)
