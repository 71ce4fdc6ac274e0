"""The first load of the page: few requests, and a skeleton before any script has run."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.browser.server import StudioServer
from tests.browser.wall import MS, visit

MOST_REQUESTS = 25
SLOW_LINE = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}
PAINTED = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0"""
SCRIPT_END = """() => performance.getEntriesByType("resource")
  .find(({ name }) => name.includes("/bundle.js")).responseEnd"""


def test_a_first_load_takes_few_requests(page: Page, studio: StudioServer) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
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
