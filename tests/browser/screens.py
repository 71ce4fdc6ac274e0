"""Every view and overlay of the page, each with the way to it from the wall of every brick."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import httpx
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.server import PATIENCE, StudioServer
from tests.browser.set_screens import SET_SCREENS
from tests.browser.wall import MS, begins, brick, start_with
from tests.browser.wall import results as results_of

COLUMNS = 6
NEEDED = ("prompt", "generate", "image_input", "mask_painter", "image_output")
"""The types of the bricks that the screens after the wall are opened from."""


def upload(studio: StudioServer) -> str:
    """The id of an uploaded image."""
    buffer = BytesIO()
    Image.linear_gradient("L").convert("RGB").save(buffer, "PNG")
    files = {"file": ("gradient.png", buffer.getvalue(), "image/png")}
    answer = httpx.post(f"{studio.url}/api/assets", files=files, timeout=PATIENCE)
    return str(answer.raise_for_status().json()["id"])


def draw_image(studio: StudioServer) -> str:
    """The id of a completed task with three images."""
    params = {"prompt": "a red house with a blue roof at night", "num_images": 3}
    answer = httpx.post(
        f"{studio.url}/api/generate",
        json=params,
        headers={"Prefer": "wait=90"},
        timeout=2 * PATIENCE,
    )
    task = answer.raise_for_status().json()
    assert task["status"] == "completed"
    return str(task["id"])


def every_brick(studio: StudioServer, asset: str) -> list[dict[str, Any]]:
    """One brick of each type that the server declares, with an image where it takes one."""
    listed = httpx.get(f"{studio.url}/api/operations", timeout=PATIENCE).json()["items"]
    bricks = []
    for place, entry in enumerate(entry for entry in listed if entry["has_brick"]):
        props = {"image": asset} if "image" in entry["schema"]["properties"] else {}
        where = {"column": place % COLUMNS, "row": place // COLUMNS}
        bricks.append({"id": entry["name"], "type": entry["name"], "props": props, **where})
    return bricks


def show_wall(page: Page, studio: StudioServer, bricks: list[dict[str, Any]], task_id: str) -> None:
    """Open the page with these bricks and the images of a task."""
    wires = [{"from": "generate.image", "to": "image_output.image"}]
    workflow = {"name": "Every brick", "bricks": bricks, "wires": wires}
    results = {"generate": [task_id]}
    start_with(page, {"workflow": workflow, "results": results})
    page.goto(studio.url)
    expect(page.locator(".brick")).to_have_count(len(bricks), timeout=MS)
    expect(results_of(page).first).to_be_visible(timeout=MS)


def unfold(page: Page) -> None:
    """Open every fold and every list of connections on the wall."""
    page.evaluate(
        """() => {
          const all = (selector) => document.querySelectorAll(`.brick ${selector}`);
          for (const fold of all('details')) fold.open = true;
          for (const button of all('[aria-label="Connections"]')) button.click();
          document.querySelector('[data-brick="save"] [aria-label="Fields of the form"]').click();
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
    dialog("Choose a model")(page)


def word_list(page: Page) -> None:
    """The words of the prompt."""
    brick(page, "Prompt").get_by_role("button", name="Words", exact=True).click()
    expect(page.locator(".word-book:popover-open .word-list .chip").first).to_be_visible()


def lightbox(page: Page) -> None:
    """The result enlarged, with the list of its targets."""
    results_of(page).first.click()
    dialog("Image")(page)
    page.locator(".send summary").click()


def photo_editor(page: Page) -> None:
    """The newest result in the photo editor."""
    results_of(page).first.click()
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
    page.locator("main").focus()
    page.keyboard.press("Control+o")
    page.get_by_role("button", name="New workflow", exact=True).click()
    expect(page.locator(".wall-empty")).to_be_visible()


def notices(page: Page) -> None:
    """Messages, calm and of an error, and a field that another page changed, too."""
    draft = json.loads(page.evaluate("localStorage['qpyt.draft']"))
    theirs = next(brick for brick in draft["workflow"]["bricks"] if brick["type"] == "prompt")
    theirs["props"]["prompt"] = "a boat at sea"
    other = {"id": draft["draftId"], "revision": 7, "results": {}, "saved": None}
    body = json.dumps({**other, "workflow": draft["workflow"]})
    changed = json.dumps({"code": "workflow_changed"})
    stored = json.dumps({"id": draft["draftId"], "revision": 8})
    answers = iter([(409, changed), *((200, stored),) * 50])

    def answer(route: Route) -> None:
        status, text = next(answers) if route.request.method == "PUT" else (200, body)
        route.fulfill(status=status, body=text)

    page.route("**/api/drafts/*", answer)
    page.locator("#prompt-prompt").fill("a house on a hill")
    expect(page.get_by_role("alert").filter(has_text="was changed elsewhere")).to_be_visible()
    page.locator("main").focus()
    page.keyboard.press("Shift+W")
    page.route("**/api/workflows/wire", lambda route: route.fulfill(status=500, body="{}"))
    page.keyboard.press("Shift+W")
    expect(page.locator('.toast[data-tone="bad"]')).to_be_visible(timeout=MS)
    page.unroute_all()


def offline(page: Page) -> None:
    """A server that does not answer."""
    page.route("**/api/queue/snapshot*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("Server unreachable.")).to_be_visible(timeout=MS)


def sign_in(page: Page) -> None:
    """A server that requires its token."""
    refusal = json.dumps({"code": "token_required", "title": "Unauthorized", "detail": "Sign in."})
    page.unroute_all()
    page.route("**/api/queue/snapshot*", lambda route: route.fulfill(status=401, body=refusal))
    page.reload()
    dialog("Sign in")(page)


def dropping(page: Page) -> None:
    """A file that is dragged over the wall; over an image input, the input takes it."""
    page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([""], "image.png", { type: "image/png" }));
          for (const place of [".drop", ".column-head"]) {
            const event = new DragEvent("dragover", { bubbles: true, dataTransfer });
            document.querySelector(place).dispatchEvent(event);
          }
        }"""
    )
    expect(page.locator(".drop.over")).to_have_count(1)
    expect(page.locator(".drop-veil")).to_be_visible()


def context_menu(page: Page) -> None:
    """The menu of a brick."""
    brick(page, "Generate").focus()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu", name="Generate brick")).to_be_visible()


def library_actions(page: Page) -> None:
    """The drawer with the actions and versions of a saved workflow."""
    for description in ("First", "Second"):  # the second save keeps a version
        answer = page.request.put(
            urljoin(page.url, "/api/workflows/Audited"),
            data={"bricks": [], "description": description, "tags": ["audit"]},
        )
        assert answer.ok, answer.text()
    press("Control+o", "Workflows")(page)
    page.get_by_role("button", name="Actions on Audited", exact=True).click()
    page.get_by_role("button", name="Versions", exact=True).click()
    expect(page.get_by_role("button", name=begins("Restore the version of")).first).to_be_visible()


def gallery(page: Page) -> None:
    """All images, with one in focus."""
    page.locator("main").focus()
    page.keyboard.press("g")
    expect(page.locator("qp-gallery-view .cell-image.loaded").first).to_be_visible(timeout=MS)
    expect(page.locator(".detail-facts")).to_contain_text("Operation")  # a sheet on a phone


def settings(page: Page) -> None:
    """The settings with a refused value, and the machine over time."""
    page.locator("main").focus()
    page.keyboard.press("o")
    field = page.get_by_label("Max failures per hour", exact=True)
    expect(field).to_be_visible(timeout=MS)
    field.fill("-1")
    field.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="greater than or equal to 0")).to_be_visible()


def log(page: Page) -> None:
    """The log."""
    page.locator("main").focus()
    page.keyboard.press("l")
    expect(page.locator(".log-row").first).to_be_visible(timeout=MS)


def gallery_selection(page: Page) -> None:
    """Two selected images, with the menu of their targets."""
    gallery(page)
    for index in (0, 1):
        page.locator("qp-gallery-view .cell").nth(index).click(modifiers=["Control"])
    page.get_by_role("toolbar", name="Selection").locator("summary", has_text="Send to").click()


def gallery_filters(page: Page) -> None:
    """The filters, on a small screen a sheet."""
    gallery(page)
    page.keyboard.press("Escape")
    chip = page.locator(".filter-chip")
    if chip.is_visible():
        chip.click()
    expect(page.get_by_role("complementary", name="Filters")).to_be_visible()


def gallery_full_screen(page: Page) -> None:
    """The image in focus on the whole screen."""
    gallery(page)
    page.keyboard.press("Escape")
    page.locator("qp-gallery-view .grid").focus()
    page.keyboard.press("Space")
    dialog("Full screen")(page)


def gallery_trash(page: Page) -> None:
    """The empty trash."""
    gallery_filters(page)
    page.get_by_role("button", name=begins("Trash")).first.click()
    expect(page.get_by_text("The trash is empty")).to_be_visible(timeout=MS)


def form(page: Page) -> None:
    """The form of a preset with fields of many kinds."""
    page.goto(urljoin(page.url, "/#/form/portrait-studio"))
    expect(page.locator(".form-section").first).to_be_visible(timeout=MS)


def back(page: Page) -> None:
    """Close what is open."""
    page.evaluate("dispatchEvent(new DragEvent('dragend'))")
    if "#/gallery" in page.url or "#/history" in page.url:
        for _ in range(3):
            page.keyboard.press("Escape")
        page.goto(urljoin(page.url, "/#/wall"))
        expect(page.locator(".brick").first).to_be_visible(timeout=MS)
    if "#/form/" in page.url:
        page.get_by_role("link", name="Wall", exact=True).click()
        expect(page.locator(".brick").first).to_be_visible(timeout=MS)
    for _ in range(4):
        if page.locator("dialog:modal, :is(.picker, .context-menu):popover-open").count() == 0:
            return
        page.keyboard.press("Escape")


def settle_conflicts(page: Page) -> None:
    """Keep the own version where another tour of the same studio changed the draft."""
    keep = page.locator("qp-conflicts").get_by_role("button", name="keep mine")
    while keep.count():
        keep.first.click()


def history(page: Page) -> None:
    """The history with the details of a task."""
    settle_conflicts(page)
    page.locator("main").focus()
    page.keyboard.press("h")
    page.locator(".history-row", has_text="a red house").first.click()
    expect(page.locator(".history-inside")).to_be_visible(timeout=MS)


def comparison(page: Page) -> None:
    """Two tasks side by side."""
    answer = page.request.post(
        urljoin(page.url, "/api/generate"),
        data={"prompt": "a green hill", "num_inference_steps": 1},
        headers={"Prefer": "wait=90"},
        timeout=MS,
    )
    assert answer.ok, answer.text()
    history(page)
    page.get_by_role("button", name="Compare…", exact=True).click()
    settle_conflicts(page)
    page.locator(".history-row", has_text="a green hill").first.click()
    page.get_by_role("button", name="Compare with the marked task", exact=True).click()
    dialog("Comparison of two snapshots")(page)


SCREENS: dict[str, Callable[[Page], None]] = {
    "drop": dropping,
    "queue open": queue(folded=False),
    "queue folded": queue(folded=True),
    "context menu": context_menu,
    "palette": press("/", "Add a brick"),
    "library": press("Control+o", "Workflows"),
    "library actions": library_actions,
    "shortcuts": press("?", "Keyboard shortcuts"),
    "model picker": model_picker,
    "word list": word_list,
    "image picker": click("Input image", "Gallery", "Choose an image"),
    "gallery": gallery,
    "settings": settings,
    "log": log,
    **SET_SCREENS,
    "gallery, selected": gallery_selection,
    "gallery, filters": gallery_filters,
    "gallery, full screen": gallery_full_screen,
    "gallery, trash": gallery_trash,
    "mask editor": click("Mask painter", "Paint mask", "Mask painter"),
    "lightbox": lightbox,
    "photo editor": photo_editor,
    "notices": notices,
    "history": history,
    "comparison": comparison,
    "form": form,
    "empty wall": empty,
    "offline": offline,
    "sign-in": sign_in,
}
"""The last two leave the page without its server."""


def tour(page: Page, studio: StudioServer) -> Iterator[str]:
    """Open the page and every screen in turn; yields the name of each while it is shown.

    Every brick is on the wall once. An audit reads the whole document, so that the bricks which a
    screen does not need would cost more than the screen.
    """
    bricks, task_id = every_brick(studio, upload(studio)), draw_image(studio)
    show_wall(page, studio, bricks, task_id)
    unfold(page)
    yield "wall"
    show_wall(page, studio, [entry for entry in bricks if entry["type"] in NEEDED], task_id)
    for name, show in SCREENS.items():
        show(page)
        yield name
        back(page)
