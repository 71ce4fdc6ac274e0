"""Every view and overlay: names, roles, contrast, live regions, and room for a finger."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.screens import tour
from tests.browser.server import PATIENCE, ROOT, StudioServer

HERE = Path(__file__).parent
AUDIT = (HERE / "audit.js").read_text(encoding="utf-8")
TARGETS = (HERE / "targets.js").read_text(encoding="utf-8")
AXE = Path(os.environ.get("QPYT_AXE", ROOT / "node_modules" / "axe-core" / "axe.min.js"))
RUN_AXE = """async (screen) => {
  const rules = { "label-content-name-mismatch": { enabled: true } };
  const overlay = document.querySelector("dialog:modal, .picker:popover-open");
  const part = overlay ?? (screen === "wall" ? document : { exclude: [".columns"] });
  const { violations } = await axe.run(part, { rules });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).slice(0, 4)}`);
}"""
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
THEMES = ("dark", "light")
SETTLED = (
    """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"""
)
sizes = pytest.mark.parametrize("size", SIZES)


def opened(browser: Browser, size: str) -> Page:
    """A page of that size; that of a phone takes touches."""
    width, height = SIZES[size]
    phone = size == "phone"
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": height},
        has_touch=phone,
        is_mobile=phone,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE * 1000)
    return context.new_page()


def findings(page: Page, studio: StudioServer, script: str, prepare: str = "") -> list[str]:
    """Reports of a script on each screen in both themes."""
    reported: dict[str, str] = {}
    for screen in tour(page, studio):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.evaluate(SETTLED)  # colours change in a transition
            if prepare and not page.evaluate("'axe' in window"):
                page.evaluate(prepare)
            for finding in page.evaluate(script, screen):
                reported.setdefault(finding, f"{screen}, {theme}: {finding}")
    return list(reported.values())


@sizes
def test_no_screen_has_a_finding_of_the_audit(
    browser: Browser, studio: StudioServer, size: str
) -> None:
    page = opened(browser, size)
    assert findings(page, studio, AUDIT) == []
    page.context.close()


@pytest.mark.skipif(not AXE.exists(), reason=f"no axe-core at {AXE} (or set QPYT_AXE)")
@sizes
def test_no_screen_has_a_serious_finding_of_axe(
    browser: Browser, studio: StudioServer, size: str
) -> None:
    page = opened(browser, size)
    axe = AXE.read_text(encoding="utf-8")
    assert findings(page, studio, RUN_AXE, f"() => {{ {axe} }}") == []
    page.context.close()


def test_every_touch_target_of_a_phone_is_44_pixels_a_side(
    browser: Browser, studio: StudioServer
) -> None:
    page = opened(browser, "phone")
    small = {
        target: screen for screen in tour(page, studio) for target in page.evaluate(TARGETS, 44)
    }
    assert small == {}
    page.context.close()
