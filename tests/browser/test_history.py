"""The history: a task is restored as one step of undo, and two tasks are compared."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, visit

PROMPTS = ("a red tower of the history", "a blue tower of the history")


@pytest.fixture(scope="module")
def drawn(shared_studio: StudioServer) -> list[str]:
    """Completed tasks, one of each prompt."""
    ids = []
    for seed, text in enumerate(PROMPTS):
        answer = httpx.post(
            f"{shared_studio.url}/api/generate",
            json={"prompt": text, "seed": seed, "num_inference_steps": 2},
            headers={"Prefer": "wait=90"},
            timeout=2 * PATIENCE,
        )
        ids.append(str(answer.raise_for_status().json()["id"]))
    return ids


@pytest.mark.usefixtures("drawn")
def test_a_task_is_restored_from_the_history_and_two_are_compared(
    page: Page, studio: StudioServer
) -> None:
    visit(page, studio)
    before = page.locator("[data-brick]").count()
    page.locator("main").press("h")
    rows = page.locator(".history-row")
    page.get_by_role("searchbox", name="Search tasks", exact=True).fill("tower history")
    expect(rows).to_have_count(2, timeout=MS)
    rows.filter(has_text=PROMPTS[0]).click()
    page.get_by_role("button", name="Compare…", exact=True).click()
    rows.filter(has_text=PROMPTS[1]).click()
    page.get_by_role("button", name="Compare with the marked task", exact=True).click()
    dialog = page.get_by_role("dialog", name="Comparison of two snapshots")
    expect(dialog.get_by_text("px differ")).to_be_visible(timeout=MS)
    expect(dialog.locator("del")).to_have_text("red")
    expect(dialog.locator("ins")).to_have_text("blue")
    few = dialog.locator("tbody tr").count()
    dialog.get_by_label("Only differences").uncheck()
    assert dialog.locator("tbody tr").count() > few
    page.keyboard.press("Escape")
    note = page.get_by_role("textbox", name="Note on this task", exact=True)
    note.fill("the better tower")
    note.press("Tab")
    expect(rows.filter(has_text="the better tower")).to_have_count(1, timeout=MS)
    page.get_by_role("button", name="Restore", exact=True).click()
    expect(page.locator("qp-wall")).to_be_visible(timeout=MS)
    expect(page.locator("qp-wall textarea").first).to_have_value(PROMPTS[1], timeout=MS)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-brick]")).to_have_count(before, timeout=MS)
