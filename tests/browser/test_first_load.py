"""The first load of the page: few requests, and a skeleton before any script has run."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from tests.browser.contexts import DESKTOP, new_context
from tests.browser.server import StudioServer
from tests.browser.wall import MS, brick, visit

MOST_REQUESTS = 25
SLOW_LINE = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}
PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0"""
BOXES = """() => [...document.querySelectorAll(".brick, .brick .field, .brick h2, .run, .brand")]
  .map((element) => { const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height]; })"""
SCRIPT_END = """() => performance.getEntriesByType("resource")
  .find(({ name }) => name.includes("/bundle.js")).responseEnd"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new profile, whose cache is empty."""
    opened = new_context(browser, **DESKTOP, color_scheme="dark", reduced_motion="reduce")
    yield opened
    opened.close()


def test_a_first_load_takes_few_requests(page: Page, studio: StudioServer) -> None:
    requests: list[str] = []

    def count(request: Request) -> None:
        if not request.url.endswith("/thumbnail"):  # images that other tests have drawn
            requests.append(request.url)

    page.on("request", count)
    visit(page, studio)
    page.wait_for_load_state("networkidle")
    assert len(requests) <= MOST_REQUESTS, "\n".join(requests)
    again = len(requests)
    kept: list[Request] = []
    page.on("requestfinished", lambda request: kept.append(request))
    page.reload()
    expect(page.locator(".brick").first).to_be_visible(timeout=MS)
    page.wait_for_load_state("networkidle")
    assert len(requests) - again <= MOST_REQUESTS
    bundles = [request for request in kept if "/bundle." in request.url]
    assert bundles
    assert not [bundle.url for bundle in bundles if bundle.sizes()["responseBodySize"] > 0]


@pytest.mark.parametrize("width", [390, 1440])
def test_a_skeleton_stands_where_no_script_is_loaded(
    page: Page, studio: StudioServer, width: int
) -> None:
    def block(route: Route) -> None:
        if route.request.resource_type == "script":
            route.abort()
        else:
            route.continue_()

    page.route("**/*", block)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(studio.url)
    bricks = page.locator(".skeleton-column i")
    expect(bricks).to_have_count(4)
    expect(bricks.first).to_be_in_viewport()
    expect(page.get_by_role("status").filter(has_text="Loading")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_skeleton_is_painted_before_the_script_arrives_on_a_slow_line(
    page: Page, context: BrowserContext, studio: StudioServer
) -> None:
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW_LINE)
    page.goto(studio.url, wait_until="commit")
    expect(page.locator(".skeleton")).to_be_visible(timeout=MS)
    expect(page.locator(".brick").first).to_be_visible(timeout=MS)
    assert 0 < page.evaluate(PAINTED) < page.evaluate(SCRIPT_END)
    expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize(("theme", "light"), [("light", True), ("dark", False)])
def test_the_chosen_theme_is_there_before_any_script(
    page: Page, context: BrowserContext, studio: StudioServer, theme: str, light: bool
) -> None:
    visit(page, studio)
    page.evaluate("theme => localStorage.setItem('qpyt.theme', theme)", theme)
    page.reload()
    expect(page.locator(".brick").first).to_be_visible(timeout=MS)
    page.route(re.compile(r"bundle\.js"), lambda route: route.abort())
    page.reload()
    expect(page.locator(".skeleton")).to_be_visible()
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = float(json.loads(colour.removeprefix("oklch(").split()[0]))
    assert (lightness > 0.5) is light


def test_the_font_takes_the_place_of_another_and_nothing_moves(
    page: Page, studio: StudioServer
) -> None:
    held: list[Route] = []
    page.route("**/*.woff2", lambda route: held.append(route))
    page.goto(studio.url, wait_until="commit")  # the load event waits for the font
    expect(brick(page, "Generate").get_by_text("fits:")).to_be_visible(timeout=MS)
    expect(brick(page, "Prompt").get_by_text("tokens")).to_be_visible(timeout=MS)
    assert len(held) == 1
    before = page.evaluate(BOXES)
    held[0].continue_()
    page.wait_for_function("[...document.fonts].some(({ status }) => status === 'loaded')")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
    assert page.evaluate("document.fonts.check('14px Inter')")
    after = page.evaluate(BOXES)
    assert len(before) == len(after) > 20
    assert not [pair for pair in zip(before, after, strict=True) if moved(*pair)]


def moved(before: list[float], after: list[float]) -> bool:
    """More than a few pixels lie between two boxes."""
    return any(abs(new - old) > 4 for old, new in zip(before, after, strict=True))
