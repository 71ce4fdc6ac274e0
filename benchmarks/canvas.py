"""Latency of typing, and frame times of scrolling, dragging and zooming, on walls of many bricks.

A browser shows a wall of 4, 39 and 200 bricks. A keystroke is measured from its event to the frame
that follows it. Frame times are the intervals between frames while the pointer moves or the wheel
turns. Needs Chromium and Playwright, as the browser tests do.
"""

from __future__ import annotations

import json
from itertools import chain
from statistics import median
from typing import Any

from benchmarks.measure import Figure, Measure, percentile
from benchmarks.server import Studio, studio

SIZES = (4, 39, 200)
GOALS = {"keystroke": 50.0}
KEYS, QUICK_KEYS = 60, 6
STEPS, QUICK_STEPS = 60, 8
WARM_UP = "warm up"
SAMPLE = """
window.samples = [];
addEventListener("input", (event) => {
  requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => samples.push(performance.now() - event.timeStamp);
    after.port2.postMessage(0);
  });
}, true);
window.intervals = [];
window.record = (on) => {
  window.recording = on;
  if (!on) return;
  intervals = [];
  let last = performance.now();
  const frame = (now) => {
    intervals.push(now - last);
    last = now;
    if (window.recording) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
};
"""


def measure(quick: bool) -> Figure:
    """Milliseconds of keystrokes and frames by the number of bricks."""
    from playwright.sync_api import sync_playwright

    from tools.browser import find

    measures: list[Measure] = []
    detail: dict[str, Any] = {}
    with studio() as server, sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=find(), args=flags)
        for size in SIZES:
            figures = _wall(browser, server, size, quick)
            detail[str(size)] = figures
            for name, samples in figures.items():
                measures.append(
                    Measure(f"{name}, {size} bricks", median(samples), "ms", GOALS.get(name))
                )
                if len(samples) > 1:
                    slow = percentile(samples, 0.95)
                    measures.append(Measure("the same, 95th percentile", slow, "ms"))
        browser.close()
    return Figure("canvas", measures, detail)


def _wall(browser: Any, server: Studio, size: int, quick: bool) -> dict[str, list[float]]:
    """The samples of one wall by what the hand did."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    draft = json.dumps(json.dumps({"workflow": wall(size)}))
    page.add_init_script(f"localStorage['qpyt.draft'] ??= {draft}; {SAMPLE}")
    page.goto(f"http://127.0.0.1:{server.port}")
    page.locator(".brick").nth(size - 1).wait_for(timeout=120_000)
    page.wait_for_timeout(3000)
    metrics = page.context.new_cdp_session(page)
    metrics.send("Performance.enable", {"timeDomain": "threadTicks"})
    keys = QUICK_KEYS if quick else KEYS
    before = _task_ms(metrics)
    figures = {"keystroke": _type(page, keys)}
    figures["work of a keystroke"] = [(_task_ms(metrics) - before) / (keys + len(WARM_UP))]
    steps = QUICK_STEPS if quick else STEPS
    for name, act in (("scroll", _scroll), ("drag", _drag), ("zoom", _zoom)):
        page.evaluate("record(true)")
        act(page, steps)
        page.evaluate("record(false)")
        figures[name] = page.evaluate("intervals.slice(1)") or [0.0]
    page.close()
    return figures


def _task_ms(metrics: Any) -> float:
    """Processor time of the page's main thread so far, in milliseconds."""
    rows = metrics.send("Performance.getMetrics")["metrics"]
    return 1000 * float(next(row["value"] for row in rows if row["name"] == "TaskDuration"))


def _type(page: Any, keys: int) -> list[float]:
    field = page.locator(".brick textarea").first
    field.click()
    page.keyboard.type(WARM_UP, delay=60)
    page.evaluate("samples = []")
    page.keyboard.type(("a red house " * keys)[:keys], delay=60)
    page.wait_for_timeout(300)
    samples: list[float] = page.evaluate("samples")
    return samples


def _scroll(page: Any, steps: int) -> None:
    box = page.locator(".brick .brick-title").first.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 8)  # over a brick: over an empty spot a wheel zooms
    for step in range(steps):
        page.mouse.wheel(0, 240 if step < steps / 2 else -240)
        page.wait_for_timeout(16)


def _drag(page: Any, steps: int) -> None:
    page.evaluate("document.querySelector('.place-wall').scrollTo(0, 0)")
    head = page.locator(".brick .brick-title").first.bounding_box()
    page.mouse.move(head["x"] + 10, head["y"] + 8)
    page.mouse.down()
    for step in range(steps):
        page.mouse.move(head["x"] + 10 + 8 * step, head["y"] + 8 + 5 * step)
        page.wait_for_timeout(16)
    page.keyboard.press("Escape")
    page.mouse.up()


def _zoom(page: Any, steps: int) -> None:
    page.mouse.move(700, 500)
    page.keyboard.down("Control")
    for step in range(steps):
        page.mouse.wheel(0, 60 if step < steps / 2 else -60)
        page.wait_for_timeout(16)
    page.keyboard.up("Control")


def wall(size: int) -> dict[str, Any]:
    """A workflow of chains: prompt, settings, generate, upscale, result; columns by depth."""
    kinds = ("prompt", "settings", "generate", "upscale", "image_output")
    columns = (0, 0, 1, 2, 3)
    ports = ("prompt", "settings", "image", "image")
    bricks = [
        {
            "id": f"{kinds[number % 5]}-{number // 5}",
            "type": kinds[number % 5],
            "props": {"prompt": "a red house"} if number % 5 == 0 else {},
            "column": columns[number % 5],
            "row": number // 5 * 2 + number % 5 % 2 if number % 5 < 2 else number // 5,
        }
        for number in range(size)
    ]
    placed = {brick["id"] for brick in bricks}
    wires = chain.from_iterable(
        _wires(chain_number, ports) for chain_number in range(size // 5 + 1)
    )
    whole = [w for w in wires if {w["from"].split(".")[0], w["to"].split(".")[0]} <= placed]
    return {"format": "qpyt.workflow/1", "name": f"{size} bricks", "bricks": bricks, "wires": whole}


def _wires(number: int, ports: tuple[str, ...]) -> list[dict[str, str]]:
    prompt, settings, image, _ = ports
    ends = [
        (f"prompt-{number}.{prompt}", f"generate-{number}.prompt"),
        (f"settings-{number}.{settings}", f"generate-{number}.settings"),
        (f"generate-{number}.{image}", f"upscale-{number}.image"),
        (f"generate-{number}.{image}", f"image_output-{number}.image"),
        (f"upscale-{number}.{image}", f"image_output-{number}.image"),
    ]
    return [{"from": source, "to": target} for source, target in ends]
