"""Runs of a part of the wall: incomplete and bypassed bricks, one brick, one run."""

from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, brick, how_many, prompt, results, run, stand, tasks, visit


def chain(text: str) -> list[dict[str, Any]]:
    return [
        {"id": "p", "type": "prompt", "props": {"prompt": text}},
        {"id": "g", "type": "generate", "props": {}, "column": 1},
        {"id": "u", "type": "upscale", "props": {}, "column": 2},
        {"id": "o", "type": "image_output", "props": {}, "column": 3},
    ]


def rows(page: Page, text: str, status: str) -> Locator:
    """The tasks of a prompt in one state; other tests share the queue."""
    return tasks(page, status).filter(has_text=text)


WIRES = [("p.prompt", "g.prompt"), ("g.image", "u.image"), ("u.image", "o.image")]


def press(page: Page, title: str, button: str) -> None:
    brick(page, title).hover()
    brick(page, title).get_by_role("button", name=button, exact=True).click()


def test_an_incomplete_brick_is_left_out_and_says_what_it_lacks(
    page: Page, studio: StudioServer
) -> None:
    empty = [
        {"id": "q", "type": "prompt", "props": {"prompt": ""}, "row": 1},
        {"id": "e", "type": "generate", "props": {}, "column": 1, "row": 1},
    ]
    stand(page, studio, [*chain("a red cat"), *empty], [*WIRES, ("q.prompt", "e.prompt")])
    run(page)
    expect(results(page).first).to_be_visible(timeout=MS)
    notice = page.get_by_text("Generate has no prompt.")
    expect(notice).to_be_visible()


def test_a_bypassed_brick_passes_on_its_image_and_comes_back(
    page: Page, studio: StudioServer
) -> None:
    stand(page, studio, chain("a blue cat"), WIRES)
    press(page, "Upscale", "Bypass")
    expect(brick(page, "Upscale")).to_contain_text("bypassed")
    expect(page.locator('.wire.bypassed[data-wire="g.image u.image"]')).to_have_count(1)
    run(page)
    drawn = results(page).first.locator("img")
    expect(drawn).to_be_visible(timeout=MS)
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") == 512
    brick(page, "Upscale").press("b")
    expect(brick(page, "Upscale")).not_to_contain_text("bypassed")


def test_run_to_here_runs_that_brick_and_those_before_it(page: Page, studio: StudioServer) -> None:
    stand(page, studio, chain("a green cat"), WIRES)
    press(page, "Generate", "Run to here")
    expect(rows(page, "a green cat", "completed")).to_have_count(1, timeout=MS)
    expect(brick(page, "Upscale")).to_contain_text("No image yet.")


def test_cancel_ends_one_run_and_cancel_all_the_others(page: Page, studio: StudioServer) -> None:
    visit(page, studio)
    how_many(page).fill("60")
    steps = brick(page, "Generate").get_by_role("spinbutton", name="Inference steps, exact")
    steps.fill("50")  # so that no run ends by itself meanwhile
    first, second, third = texts = ("a red star", "a yellow star", "a pink star")
    for text in texts:
        prompt(page).fill(text)
        run(page)
        expect(page.locator("qp-task-row", has_text=text)).to_be_visible(timeout=MS)
    expect(rows(page, first, "running")).to_be_visible(timeout=MS)
    page.get_by_role("banner").get_by_role("button", name="Cancel").click()
    expect(rows(page, first, "running")).to_have_count(0, timeout=MS)  # cancelled rows are hidden
    expect(rows(page, second, "running")).to_be_visible(timeout=MS)
    page.get_by_role("button", name="Cancel all", exact=True).click()
    for text in (second, third):
        expect(page.locator("qp-task-row", has_text=text)).to_have_count(0, timeout=MS)
    listed = httpx.get(f"{studio.url}/api/tasks?status=cancelled&limit=3").json()["items"]
    assert {task["params"]["prompt"] for task in listed} == set(texts)


def test_a_new_brick_is_shown_with_what_it_was_wired_to_and_undone(
    page: Page, studio: StudioServer
) -> None:
    page.set_viewport_size({"width": 1024, "height": 600})
    visit(page, studio)
    page.get_by_role("button", name="Add brick", exact=True).click()
    page.get_by_role("combobox", name="Find a brick", exact=True).fill("upscale")
    page.keyboard.press("Enter")
    expect(brick(page, "Upscale")).to_be_focused()
    expect(brick(page, "Upscale").locator(".brick-title")).to_be_in_viewport()
    expect(brick(page, "Upscale")).to_contain_text("Wired after Generate")
    shown = page.locator('.wire[data-wire$=" image.image"]')
    expect(shown).to_have_count(1)
    assert str(shown.get_attribute("data-wire")).startswith("upscale")
    brick(page, "Upscale").get_by_role("button", name="Undo").click()
    expect(brick(page, "Upscale")).to_have_count(0)
