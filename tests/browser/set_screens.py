"""The screens of sets, each with the way to it."""

from collections.abc import Callable
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from tests.browser.wall import MS


def sets(page: Page) -> None:
    """The list of sets."""
    page.locator("main").focus()
    page.keyboard.press("s")
    expect(page.locator(".set-entry").first).to_be_visible(timeout=MS)


def set_part(name: str) -> Callable[[Page], None]:
    """A part of an open set with a batch of one row, on a small screen alone."""

    def show(page: Page) -> None:
        if not page.locator(".set-open").is_visible():
            sets(page)
            body = {"set_name": "zodiac", "rows": ["leo"], "num_inference_steps": 1, "width": 64}
            answer = page.request.post(urljoin(page.url, "/api/generate/batch"), data=body)
            assert answer.ok, answer.text()
            status = urljoin(page.url, answer.json()["status_url"])
            while page.request.get(status).json()["unfinished"]:
                page.wait_for_timeout(200)
            page.locator(".set-entry", has_text="Zodiac").click()
        part = page.locator(".set-panes").get_by_role("button", name=name)
        if part.is_visible():
            part.click()
        card = page.locator(".batch-card").first
        if card.is_visible():
            card.click()
        expect(page.locator(".row-line").nth(1)).to_be_attached(timeout=MS)

    return show


def set_editor(page: Page) -> None:
    """A new set whose table has an error."""
    page.get_by_role("button", name="All sets", exact=True).click()
    page.get_by_role("button", name="New set", exact=True).click()
    page.get_by_label("Table (CSV)", exact=True).fill("name,seed\nfox,many\n")
    expect(page.locator(".set-faults [data-level=error]").last).to_be_attached(timeout=MS)
    expect(page.locator(".draft-prompts li")).to_have_count(1, timeout=MS)


SET_SCREENS: dict[str, Callable[[Page], None]] = {
    "sets": sets,
    **{f"set, {part}": set_part(part) for part in ("Recipe", "Batch", "Rows", "Card")},
    "set editor": set_editor,
}
"""In this order: each begins where the one before ended."""
