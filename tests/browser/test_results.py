"""Results: reserved slots, images one by one, a chip where they are out of view, and the queue."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, begins, brick, how_many, results, run, tasks, visit

DESKTOPS = [(1024, 768), (1280, 800), (1366, 768), (1440, 900), (1920, 1080)]


def slots(page: Page, state: str) -> Locator:
    return page.locator(f'.slot[data-state="{state}"]')


def test_images_of_a_batch_appear_one_by_one_in_their_slots(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    how_many(page).fill("6")
    run(page)
    expect(page.locator(".slot")).to_have_count(6, timeout=MS)
    expect(slots(page, "finished").first).to_be_visible(timeout=MS)
    expect(tasks(page, "running")).to_have_count(1)
    drawn = slots(page, "finished").first.locator("img")
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") == 512
    expect(results(page)).to_have_count(6, timeout=MS)


def test_a_cancelled_run_keeps_the_images_that_are_finished(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    how_many(page).fill("40")
    run(page)
    expect(slots(page, "finished").first).to_be_visible(timeout=MS)
    page.get_by_role("button", name="Cancel", exact=True).first.click()
    expect(tasks(page, "running")).to_have_count(0, timeout=MS)
    expect(results(page).first).to_be_visible(timeout=MS)
    expect(slots(page, "reserved")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), DESKTOPS)
def test_the_first_wall_fits_a_desktop_without_scrolling_sideways(
    page: Page, studio: StudioServer, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    visit(page, studio)
    wall = page.locator("main")
    assert wall.evaluate("wall => wall.scrollWidth <= wall.clientWidth")
    result = brick(page, "Image").bounding_box()
    assert result is not None
    assert result["x"] + result["width"] <= width
    if width == 1920:
        assert result["width"] > 500, "the result takes the spare width"


def test_the_queue_folds_to_thumbnails_and_stays_so(page: Page, studio: StudioServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    visit(page, studio)
    how_many(page).fill("1")
    run(page)
    expect(results(page).first).to_be_visible(timeout=MS)
    queue = page.get_by_role("complementary", name="Queue")
    expect(queue.get_by_text("The queue is empty")).to_be_visible()
    page.get_by_role("button", name=begins("Fold the queue")).click()
    page.reload()
    expect(queue.get_by_text("The queue is empty")).to_be_hidden(timeout=MS)
    box = queue.bounding_box()
    assert box is not None
    assert box["width"] < 60
    expect(tasks(page, "completed").first.locator("img")).to_be_visible()
    page.locator("main").press("q")
    expect(queue.get_by_text("The queue is empty")).to_be_visible()


def test_a_result_out_of_view_is_announced_and_shown_by_a_click(
    page: Page, studio: StudioServer
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, studio)
    how_many(page).fill("2")
    run(page)
    chip = page.locator("qp-result-chip")
    expect(chip).to_contain_text("2 images finished", timeout=MS)
    expect(chip.locator("img")).to_be_visible()
    expect(results(page).first).not_to_be_in_viewport()
    chip.get_by_role("button", name="Show").click()
    expect(results(page).first).to_be_in_viewport(timeout=MS)
    expect(chip).to_be_hidden()
