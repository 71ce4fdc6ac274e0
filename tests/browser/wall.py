"""The wall as a test's hands and eyes: where things are, by role and by what they say."""

import json
import re
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.server import PATIENCE, StudioServer

MS = PATIENCE * 1000


def visit(page: Page, studio: StudioServer) -> None:
    """Open the page and wait until its bricks stand."""
    page.goto(studio.url)
    expect(brick(page, "Generate").or_(brick(page, "Image to image"))).to_be_visible(timeout=MS)


def stand(
    page: Page,
    studio: StudioServer,
    bricks: list[dict[str, Any]],
    wires: Sequence[tuple[str, str]] = (),
) -> None:
    """Open the page with these bricks on its wall; what `wires` leave open the rule wires.

    The bricks take the place of the tab's draft once: a reload keeps what was changed since.
    """
    given = [{"from": source, "to": target} for source, target in wires]
    asked = {"workflow": {"bricks": bricks, "wires": given}}
    answer = httpx.post(f"{studio.url}/api/workflows/wire", json=asked, timeout=PATIENCE)
    start_with(page, {"workflow": answer.raise_for_status().json()["workflow"]})
    page.goto(studio.url)
    expect(page.locator(".brick")).to_have_count(len(bricks), timeout=MS)


def start_with(page: Page, draft: dict[str, Any]) -> None:
    """Give the next document of this tab a draft, whatever the tab stored before.

    A page writes its draft when a late event of its task arrives, so that clearing the storage
    from outside may be undone before the page is left.
    """
    mark = f"given {uuid4()}"
    page.add_init_script(
        f"""if (!sessionStorage['{mark}']) {{
          localStorage.clear();
          sessionStorage.clear();
          sessionStorage['{mark}'] = 'yes';
          localStorage['qpyt.draft'] = {json.dumps(json.dumps(draft))};
        }}"""
    )


def brick(page: Page, title: str) -> Locator:
    """A brick by its title."""
    return page.get_by_role("group", name=f"{title} brick", exact=True)


def begins(name: str) -> re.Pattern[str]:
    """The name of a control up to what changes: a key, a number, a reading."""
    return re.compile(f"^{re.escape(name)}")


def messages(page: Page) -> Locator:
    """The messages that are shown; a hidden line repeats the newest for screen readers."""
    return page.get_by_role("region", name="Messages")


def prompt(page: Page) -> Locator:
    """The text area of the prompt."""
    return brick(page, "Prompt").get_by_label("Prompt", exact=True)


def how_many(page: Page) -> Locator:
    """The number field of the image count."""
    return brick(page, "Settings").get_by_role("spinbutton", name="Images, exact")


def run(page: Page) -> None:
    """Press the one strong button."""
    page.locator(".run").click()


def results(page: Page) -> Locator:
    """The images of ended runs in the output brick."""
    return page.locator(".result-large .picture:enabled, .result-grid .picture:enabled")


def tasks(page: Page, status: str) -> Locator:
    """The rows of the queue monitor in one state."""
    return page.locator(f'qp-task-row[data-status="{status}"]')


def make_small(page: Page, side: int = 128) -> None:
    """Let the next run draw small images: to trace a large one takes half a minute."""
    for name in ("width", "height"):
        control = page.locator(f"#settings-{name}")
        control.fill(str(side))
        control.blur()


def draw(page: Page, images: int = 1) -> None:
    """Run the wall and wait for its pictures."""
    how_many(page).fill(str(images))
    run(page)
    expect(results(page)).to_have_count(min(images, 7), timeout=MS)
