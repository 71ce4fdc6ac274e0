"""The HTML of the session log: escaped, self-contained, and complete."""

from html.parser import HTMLParser
from typing import Any

import pytest

from core.history.html_log import PAGE_END, POLICY, article, escape, index, page_start, summary

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    '" onload="alert(1)" \'',
    "<img src=https://example.com/x.png>",
    "a\x00b\x1bc\x7fd",
    "turned \u202e round \u2066 again",
    "lone \ud800 surrogate",
    "&lt;b&gt; & ]]> <!-- -->",
]
ENTRY: dict[str, Any] = {
    "id": "01K5Z8B3W9QX4T7M2N6R1V0YCD",
    "time": "2026-01-31T13:00:00+01:00",
    "title": "Generate",
    "status": "failed",
    "seconds": 1.5,
    "model": "Nano",
    "prompt": "a house",
    "negative_prompt": None,
    "seed": 7,
    "loras": ["Night: 0.5", "Rain: 1.0"],
    "params": {"prompt": "a house"},
    "warnings": [],
    "error": None,
    "note": None,
    "cached": False,
    "images": [{"asset_id": "a", "seed": 7, "width": 16, "height": 16}],
}


class Reader(HTMLParser):
    """The elements, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(entry: dict[str, Any], *thumbnails: bytes | None) -> str:
    body = article(entry, thumbnails or (b"webp",))
    return page_start("Session log") + summary({"failed": 1}, "UTC") + body + PAGE_END


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "place", ["prompt", "note", "model", "title", "loras", "error", "warnings", "params"]
)
def test_hostile_text_stays_text(text: str, place: str) -> None:
    values = {
        "loras": [text],
        "warnings": [text],
        "params": {text: text},
        "error": {"code": "x", "detail": text, "fix": text},
    }
    page = page_of({**ENTRY, place: values.get(place, text)})
    reader, plain = Reader(page), Reader(page_of(ENTRY))
    assert "script" not in reader.tags
    assert set(reader.tags) == set(plain.tags)
    assert not any(name.startswith("on") for name, _ in reader.attributes)
    assert not set(page) & set("\x00\x1b\x7f\u202e\u2066\ud800")
    page.encode("utf-8")


def test_text_is_shown_as_it_was_written() -> None:
    text = "<b>bold</b> & \"quoted\"\n'lines'"
    assert text in Reader(page_of({**ENTRY, "prompt": text})).text
    assert escape("tab\tand\nline") == "tab\tand\nline"


def test_a_page_refers_to_nothing_outside_itself() -> None:
    reader = Reader(page_of(ENTRY))
    addresses = [value for name, value in reader.attributes if name in ("src", "href", "action")]
    assert addresses
    assert all(address and address.startswith("data:image/webp;base64,") for address in addresses)
    assert not {"link", "script", "iframe", "object", "base"} & set(reader.tags)
    assert "url(" not in page_of(ENTRY)
    assert "@import" not in page_of(ENTRY)


def test_the_policy_allows_only_the_style_of_the_page() -> None:
    assert "script" not in POLICY
    assert POLICY.startswith("default-src 'none'")
    assert ("content", POLICY) in Reader(page_start("x")).attributes


def test_an_entry_has_all_that_a_reader_asks_for() -> None:
    entry = {
        **ENTRY,
        "note": "the best",
        "error": {"detail": "No room.", "fix": "Use fewer pixels."},
    }
    text = Reader(page_of(entry, None)).text
    wanted = ("Generate", "failed", "13:00:00", "1.5 s", "a house", "Nano", "7", "Night: 0.5",
              "Rain: 1.0", "the best", "No room.", "Use fewer pixels.", "deleted")  # fmt: skip
    assert [part for part in wanted if part not in text] == []


def test_the_index_links_to_every_day_in_its_zone() -> None:
    days = [{"date": "2026-01-31", "total": 3, "counts": {"failed": 1}}]
    reader = Reader(index(days, "?tz=Europe%2FBerlin"))
    assert ("href", "/history/2026-01-31?tz=Europe%2FBerlin") in reader.attributes
