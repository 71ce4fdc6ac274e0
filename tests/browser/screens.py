"""Every view and overlay of the page, each with the way to it from the wall of every brick."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.wall import MS, brick, results

COLUMNS = 6


def upload(studio: StudioServer) -> str:
    """The id of an uploaded image."""
    buffer = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, "PNG")
    files = {"file": ("gradient.png", buffer.getvalue(), "image/png")}
    answer = httpx.post(f"{studio.url}/api/assets", files=files, timeout=PATIENCE)
    return str(answer.raise_for_status().json()["id"])


def every_brick(studio: StudioServer, asset: str) -> list[dict[str, Any]]:
    """One brick of each type that the server declares, with an image where it takes one."""
    listed = httpx.get(f"{studio.url}/api/operations", timeout=PATIENCE).json()["items"]
    entries = [entry for entry in listed if entry["has_brick"]]
    bricks = []
    for place, entry in enumerate(entries):
        fields = entry["schema"]["properties"] if "schema" in entry else {}
        props = {"image": asset} if "image" in fields else {}
        where = {"column": place % COLUMNS, "row": place // COLUMNS}
        bricks.append({"id": entry["name"], "type": entry["name"], "props": props, **where})
    return bricks


def show_wall(page: Page, studio: StudioServer, bricks: list[dict[str, Any]]) -> None:
    """Open the page with these bricks, unwired, in place of any earlier draft."""
    workflow = {"name": "Every brick", "bricks": bricks, "wires": []}
    page.goto(studio.url)
    draft = json.dumps({"workflow": workflow})
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    page.evaluate("draft => localStorage.setItem('qpyt.draft', draft)", draft)
    page.goto(studio.url)
    expect(page.locator(".brick")).to_have_count(len(bricks), timeout=MS)


def unfold(page: Page) -> None:
    """Open every fold and every list of connections on the wall."""
    page.evaluate(
        """() => {
          const all = (selector) => document.querySelectorAll(`.brick ${selector}`);
          for (const fold of all('details')) fold.open = true;
          for (const button of all('[aria-label="Connections"]')) button.click();
        }"""
    )


def dialog(name: str) -> Callable[[Page], None]:
    """Wait for a dialog."""
    return lambda page: expect(page.get_by_role("dialog", name=name, exact=True)).to_be_visible()


def press(keys: str, name: str) -> Callable[[Page], None]:
    """Open a dialog with a key."""

    def open_dialog(page: Page) -> None:
        page.locator("main").focus()
        page.keyboard.press(keys)
        dialog(name)(page)

    return open_dialog


def click(title: str, button: str, name: str) -> Callable[[Page], None]:
    """Open a dialog with a button of a brick."""

    def open_dialog(page: Page) -> None:
        brick(page, title).get_by_role("button", name=button).first.click()
        dialog(name)(page)

    return open_dialog


def model_picker(page: Page) -> None:
    """The list of models."""
    brick(page, "Generate").locator(".picked").first.click()
    expect(page.get_by_role("listbox", name="Models").first).to_be_visible()


def lightbox(page: Page) -> None:
    """The result enlarged, with the list of its targets."""
    results(page).first.click()
    dialog("Image")(page)
    page.locator(".send summary").click()


def photo_editor(page: Page) -> None:
    """The newest result in the photo editor."""
    results(page).first.click()
    page.get_by_role("dialog", name="Image").get_by_role("button", name="Edit").click()
    dialog("Photo editor")(page)


def queue(folded: bool) -> Callable[[Page], None]:
    """The queue, folded or open."""

    def show(page: Page) -> None:
        monitor = page.locator("qp-queue-monitor")
        if ("open" in str(monitor.get_attribute("class")).split()) == folded:
            page.locator("main").focus()
            page.keyboard.press("q")

    return show


def empty(page: Page) -> None:
    """A wall without bricks."""
    page.keyboard.press("Control+o")
    page.get_by_role("button", name="New workflow").click()
    expect(page.locator(".wall-empty")).to_be_visible()


def notices(page: Page) -> None:
    """A failed upload, and a server that does not answer."""
    page.route("**/api/queue", lambda route: route.abort())
    page.route("**/api/workflows/wire", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("Reconnecting…")).to_be_visible(timeout=MS)
    page.unroute_all()


def sign_in(page: Page) -> None:
    """A server that requires its token."""
    refusal = {"code": "token_required", "title": "Unauthorized", "detail": "Sign in."}
    page.route("**/api/queue", lambda route: route.fulfill(status=401, body=json.dumps(refusal)))
    page.reload()
    dialog("Sign in")(page)
    page.unroute_all()


SCREENS: dict[str, Callable[[Page], None]] = {
    "wall": unfold,
    "queue open": queue(folded=False),
    "queue folded": queue(folded=True),
    "palette": press("/", "Add a brick"),
    "library": press("Control+o", "Workflows"),
    "shortcuts": press("?", "Keyboard shortcuts"),
    "model picker": model_picker,
    "gallery": click("Input image", "Gallery", "Choose an image"),
    "mask editor": click("Mask painter", "Paint mask", "Mask painter"),
    "lightbox": lightbox,
    "photo editor": photo_editor,
    "empty wall": empty,
    "notices": notices,
    "sign-in": sign_in,
}
