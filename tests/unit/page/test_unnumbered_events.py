"""The page lists the events that the server publishes without a number of their own."""

import re

from tools.house.source import ROOT

PUBLISHED = re.compile(r'publish_latest\(\s*"(\w+)"')


def test_every_event_without_a_number_is_known_to_the_page() -> None:
    published = {
        name
        for path in (ROOT / "core").rglob("*.py")
        for name in PUBLISHED.findall(path.read_text(encoding="utf-8"))
    }
    stream = (ROOT / "web" / "state" / "stream.js").read_text(encoding="utf-8")
    listed = re.search(r"UNNUMBERED = new Set\(\[([^\]]*)\]", stream)
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == published | {"heartbeat"}
