"""Every view and overlay: names, roles, contrast, live regions, and room for a finger."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.contexts import DESKTOP, PHONE, Contexts
from tests.browser.screens import tour
from tests.browser.server import ROOT, StudioServer

HERE = Path(__file__).parent
AUDIT = (HERE / "audit.js").read_text(encoding="utf-8")
TARGETS = (HERE / "targets.js").read_text(encoding="utf-8")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async ([screen, options]) => {
  const overlay = document.querySelector("dialog:modal, .picker:popover-open");
  const part = overlay ?? (screen === "wall" ? document : { exclude: [".columns"] });
  const { violations } = await axe.run(part, { ...options, resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).slice(0, 4)}`);
}"""
SIZES = {"desktop": DESKTOP, "phone": PHONE}
THEMES = ("dark", "light")
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that depend on the theme. They take most of its time."""
SETTLED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  const seen = ({ effect }) => effect.target.checkVisibility(); // out of sight they never end
  const transitions = document.getAnimations()
    .filter((each) => each instanceof CSSTransition && seen(each));
  const ended = Promise.allSettled(transitions.map(({ finished }) => finished));
  await Promise.race([ended, new Promise((done) => setTimeout(done, 1000))]);
  await frame();
}"""
LEAST = {"desktop": 14, "phone": 44}
"""Pixels a side of what is pressed, with a mouse and with a finger."""


# The tour through all screens is one test's set-up.
pytestmark = pytest.mark.timeout(1200)


@dataclass
class Findings:
    """Findings on all screens, each with the screen and the theme that it was seen in first."""

    audit: dict[str, str] = field(default_factory=dict)
    axe: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module", params=SIZES)
def findings(
    contexts: Contexts, shared_studio: StudioServer, request: pytest.FixtureRequest
) -> Iterator[Findings]:
    """The findings of one tour through the screens of that size."""
    shared_studio.quieten()
    with contexts.lend(**SIZES[request.param], reduced_motion="reduce") as context:
        yield toured(context.new_page(), shared_studio, request.param)
    shared_studio.quieten()


def toured(page: Page, studio: StudioServer, size: str) -> Findings:
    """The findings on each screen in each theme."""
    if AXE.exists():
        page.add_init_script(path=AXE)  # once for each document: it is half a megabyte
    reported = Findings()
    for screen in tour(page, studio):
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.evaluate(SETTLED)  # colours change in a transition
            place = f"{screen}, {theme}"
            add(reported.audit, place, page.evaluate(AUDIT, screen))
            if AXE.exists() and (options := axe_options(size, theme)):
                add(reported.axe, place, page.evaluate(RUN_AXE, [screen, options]))
        add(reported.targets, screen, page.evaluate(TARGETS, [screen, LEAST[size]]))
    return reported


def axe_options(size: str, theme: str) -> dict[str, object]:
    """All rules once for each size, those on colours in each theme of the larger; none if empty.

    The sizes share their colours, and the audit measures contrast in both.
    """
    again, large = theme != THEMES[0], size == "desktop"
    if again:
        return {"runOnly": {"type": "rule", "values": COLOURS}} if large else {}
    colours = {} if large else {rule: {"enabled": False} for rule in COLOURS}
    return {"rules": {"label-content-name-mismatch": {"enabled": True}, **colours}}


def add(reported: dict[str, str], place: str, new: list[str]) -> None:
    """Add findings that are new."""
    for finding in new:
        reported.setdefault(finding, place)


def test_no_screen_has_a_finding_of_the_audit(findings: Findings) -> None:
    assert findings.audit == {}


@pytest.mark.skipif(
    not AXE.exists() and os.environ.get("CI") != "true", reason="axe-core comes with npm ci"
)
def test_no_screen_has_a_serious_finding_of_axe(findings: Findings) -> None:
    assert AXE.exists()
    assert findings.axe == {}


def test_every_touch_target_has_room_for_a_finger(findings: Findings) -> None:
    assert findings.targets == {}
