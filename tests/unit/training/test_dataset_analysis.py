"""The analysis of a dataset against hand-computed answers, and its reports."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from core.store.decoding.measures import measure
from core.training.datasets.analysis import (
    Analysis,
    analyze,
    caption_lengths,
    word_frequencies,
)
from core.training.datasets.entries import scan
from core.training.datasets.limits import limits_of_side
from core.training.datasets.report import html_report, text_report

LIMITS = replace(limits_of_side(128), min_images=1)


def drawn(side: int, shift: int = 0) -> Image.Image:
    image = Image.new("RGB", (side, side), "white")
    ImageDraw.Draw(image).rectangle((10 + shift, 10, side // 2 + shift, side - 10), fill="navy")
    return image


@pytest.fixture
def analysis(tmp_path: Path) -> Analysis:
    drawn(128).save(tmp_path / "a.png")
    drawn(128).save(tmp_path / "copy.png")
    drawn(256).resize((130, 130)).save(tmp_path / "near.png")
    drawn(128, 40).save(tmp_path / "other.png")
    Image.new("RGB", (256, 128), "black").save(tmp_path / "<img src=x>.png")
    (tmp_path / "a.txt").write_text("a navy box", encoding="utf-8")
    (tmp_path / "other.txt").write_text("a box, a <b>box</b>", encoding="utf-8")
    entries = scan(tmp_path, LIMITS)
    measures = {entry.sha256: measure(entry.path) for entry in entries}
    return analyze(entries, measures, LIMITS)


def test_copies_and_near_copies_are_grouped(analysis: Analysis) -> None:
    assert analysis.duplicates == (("a.png", "copy.png"),)
    (near,) = analysis.near_duplicates
    assert "near.png" in near
    assert "other.png" not in near


def test_the_crop_keeps_the_middle_of_a_wide_image(analysis: Analysis) -> None:
    (wide,) = [image for image in analysis.images if image.width == 256]
    assert wide.bucket == (160, 96)  # scaled to 192 × 96, so 16 of 192 are cut at each side
    assert wide.crop == (21, 0, 213, 128)
    assert wide.kept == pytest.approx(160 / 192, abs=0.001)
    assert analysis.buckets["128 × 128"] == 4


def test_blur_exposure_and_missing_captions_name_their_images(analysis: Analysis) -> None:
    assert analysis.blurred == analysis.dark == ("<img src=x>.png",)
    assert analysis.bright == ()
    assert analysis.without_caption == ("<img src=x>.png", "copy.png", "near.png")


def test_caption_lengths_and_words_are_counted() -> None:
    captions = ["a red box", "the red, red robot 2"]
    assert caption_lengths(captions) == {
        "shortest": 9,
        "median": 14.5,
        "mean": 14.5,
        "longest": 20,
        "words": 3.5,
    }
    words = dict(word_frequencies(captions))
    assert words == {"red": 2, "a": 1, "box": 1, "robot": 1, "the": 1}
    assert caption_lengths([]) == {}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [v or "" for name, v in attrs if name in ("src", "href", "onerror")]


def test_the_page_is_self_contained_and_runs_nothing(analysis: Analysis) -> None:
    page = html_report("<script>alert(1)</script>", analysis, lambda image: b"webp")
    parsed = Tags()
    parsed.feed(page)
    assert not {"script", "img", "b", "link", "iframe"} & (set(parsed.tags) - {"b"})
    assert parsed.references
    assert all(text.startswith("data:image/webp;base64,") for text in parsed.references)
    assert parsed.tags.count("rect") == len(analysis.images)
    assert "&lt;img src=x&gt;.png" in page


def test_the_text_names_what_was_measured(analysis: Analysis) -> None:
    text = text_report(analysis)
    assert text.startswith("5 images at 128 pixels")
    for part in (
        "a.png = copy.png",
        "Near duplicates",
        "160 × 96",
        "warning: copy.png has no caption",
    ):
        assert part in text


def test_the_json_holds_every_measure(analysis: Analysis) -> None:
    record = json.loads(json.dumps(analysis.public()))
    assert record["format"] == "qpyt.dataset-analysis/1"
    assert record["images"][0]["crop"]
    assert record["faults"]
