"""Captions of a describer: which images get one, and what is kept of its answer."""

from pathlib import Path

import pytest

from core.training.datasets.captioning import caption_of, images_to_caption
from core.training.datasets.entries import Entry

ENTRIES = [
    Entry("a.png", Path("a.png"), width=64, caption="a robot"),
    Entry("b.png", Path("b.png"), width=64),
    Entry("broken.png", Path("broken.png"), problem="is damaged"),
]


def test_images_without_a_caption_are_described_and_on_request_all() -> None:
    assert [entry.name for entry in images_to_caption(ENTRIES, overwrite=False)] == ["b.png"]
    names = [entry.name for entry in images_to_caption(ENTRIES, overwrite=True)]
    assert names == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("text", "trigger", "caption"),
    [
        ("The image shows a red robot.\n", "zwx", "zwx, a red robot."),
        ("This picture depicts two cats", "", "two cats"),
        ("zwx on a hill", "zwx", "zwx on a hill"),
        ("The image is of a theatre", "zwx", "zwx, a theatre"),
    ],
)
def test_the_answer_becomes_a_caption_with_the_trigger_word(
    text: str, trigger: str, caption: str
) -> None:
    assert caption_of(text, trigger) == caption
