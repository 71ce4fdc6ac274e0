"""Takes pictures of the wall and of every brick for the docs: `python -m tools.brick_pictures`.

Starts a studio and opens it in a browser; `tools.brick_pages` lists the bricks. The studio has a
data folder of its own and ends with the script.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tools import browser
from tools.brick_pages import PICTURES, bricks

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"Qpyt Studio is at (http://\S+)")
PATIENCE = 120.0
WALL = 1440, 900  # pixels of the picture of the wall
WIDE, HIGH = 900, 2600  # higher than any brick
MARGIN = 8  # pixels: ports stand half outside
WIDTH = 420  # pixels of a picture, at most
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ARGUMENTS += ["--disable-component-update", "--disable-sync"]
PROMPTS = (
    "a blueprint of a castle",
    "two orange cats",
    "the queen of hearts on a teal background",
    "a red house with a blue roof at night",
)
ALONE = """
(brick) => {
  const draft = JSON.parse(localStorage.getItem("qpyt.draft"));
  draft.workflow = { ...draft.workflow, name: "", description: "", bricks: [brick], wires: [] };
  localStorage.setItem("qpyt.draft", JSON.stringify(draft));
}
"""


def main() -> None:
    """Write the pictures of all bricks, and remove those of bricks that are gone."""
    known = bricks()
    folder = ROOT / PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.webp"):
        if path.stem not in {brick["name"] for brick in known}:
            path.unlink()
    with studio() as url, wall(url) as page:
        photograph_wall(page)
        for brick in known:
            size = save(photographed(page, brick), folder / f"{brick['name']}.webp")
            print(f"{brick['name']}: {size / 1000:.0f} kB", flush=True)


@contextmanager
def studio() -> Iterator[str]:
    """A studio of its own; its address."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QPYT_")}
    with tempfile.TemporaryDirectory(prefix="qpyt-bricks-") as folder:
        own = {"QPYT_OPEN_BROWSER": "false", "QPYT_WORKFLOWS_DIR": f"{folder}/workflows"}
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "main.py", "serve", "--port", "0", "--data-dir", f"{folder}/data"],
                cwd=ROOT,
                env={**kept, **own},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield address(process, log)
        finally:
            process.terminate()
            process.wait()


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Address of the studio, once its log contains it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        match = ADDRESS.search(log.read_text(encoding="utf-8", errors="replace"))
        if match:
            return match.group(1)
        time.sleep(0.1)
    raise RuntimeError(f"the studio did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


@contextmanager
def wall(url: str) -> Iterator[Any]:
    """The page in a browser, once the worker is ready."""
    from playwright.sync_api import sync_playwright

    path = browser.find()
    if path is None:
        raise SystemExit("No Chromium was found: set QPYT_CHROMIUM to its path.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = chromium.new_page(
            viewport={"width": WIDE, "height": HIGH}, color_scheme="dark", device_scale_factor=1.5
        )
        page.goto(url)
        page.get_by_text("Worker ready").wait_for(timeout=PATIENCE * 1000)
        yield page
        chromium.close()


def photograph_wall(page: Any) -> None:
    """Run the default workflow with several prompts and take the wall with the images."""
    page.set_viewport_size({"width": WALL[0], "height": WALL[1]})
    card = page.get_by_role("group", name="Prompt brick", exact=True)
    for prompt in PROMPTS:
        card.get_by_role("textbox").first.fill(prompt)
        page.locator(".run").first.click()
        page.get_by_text("Worker busy").wait_for(timeout=PATIENCE * 1000)
        page.get_by_text("Queue empty").wait_for(timeout=PATIENCE * 1000)
    page.wait_for_load_state("networkidle")
    page.mouse.move(WALL[0] - 1, WALL[1] - 1)
    time.sleep(1)
    page.screenshot(path=ROOT / "docs" / "images" / "wall.png", scale="css")
    page.set_viewport_size({"width": WIDE, "height": HIGH})


def photographed(page: Any, brick: dict[str, Any]) -> bytes:
    """The brick alone on the wall, as a PNG."""
    alone = {"id": "one", "type": brick["name"], "props": {}, "column": 0, "row": 0}
    page.wait_for_function("localStorage.getItem('qpyt.draft') !== null")
    page.evaluate(ALONE, alone)
    page.reload()
    card = page.get_by_role("group", name=f"{brick['title']} brick", exact=True)
    card.wait_for(timeout=PATIENCE * 1000)
    page.wait_for_load_state("networkidle")
    page.mouse.move(WIDE - 1, HIGH - 1)  # tools of a brick show under the mouse
    time.sleep(0.3)
    box = card.bounding_box()
    around = {"x": box["x"] - MARGIN, "y": box["y"] - MARGIN}
    size = {"width": box["width"] + 2 * MARGIN, "height": box["height"] + 2 * MARGIN}
    taken: bytes = page.screenshot(clip={**around, **size})
    return taken


def save(taken: bytes, path: Path) -> int:
    """Write a small WebP; its size in bytes."""
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    if picture.width > WIDTH:
        picture.thumbnail((WIDTH, picture.height))
    picture.save(path, "WEBP", quality=82, method=6)
    return path.stat().st_size


if __name__ == "__main__":
    main()
