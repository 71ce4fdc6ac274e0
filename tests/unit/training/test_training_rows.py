"""Rows of a training: batches of one size, reproducible, with masks, mirrors and the prior."""

import random

import pytest
import torch
from PIL import Image

from core.engine.training.rows import Row, Rows, cropped
from core.training.buckets import crops
from core.training.configuration.sections import DataSection

WIDE, TALL = (2, 3, 4), (2, 4, 3)
TEXTS = {text: {"embeds": torch.full((1, 2), float(len(text)))} for text in ("", "a", "bb")}


def row(name: str, shape: tuple[int, ...], *captions: str, masked: bool = False) -> Row:
    """A row whose latents, and those of its mirror, are its own."""
    latents = tuple(torch.full(shape, float(ord(name) + mirror / 2)) for mirror in (0, 1))
    masks = tuple(torch.zeros(1, *shape[-2:]) for _ in latents) if masked else ()
    return Row(name, latents, captions or ("a",), masks)


def rows_of(section: DataSection, *rows: Row, size: int = 2, prior: tuple[Row, ...] = ()) -> Rows:
    return Rows(section, rows, TEXTS, seed=3, size=size, prior=prior)


def test_a_batch_has_one_size_and_is_the_same_in_every_run() -> None:
    data = [row(name, WIDE if name < "d" else TALL) for name in "abcdef"]
    first, again = (rows_of(DataSection(), *data) for _ in range(2))
    seen = set()
    for number in range(8):
        batch, other = first.batch(number), again.batch(number)
        assert batch.latents.shape in {(2, *WIDE), (2, *TALL)}
        assert torch.equal(batch.latents, other.latents)
        assert batch.names == other.names
        seen |= set(batch.names)
    assert seen == set("abcdef")


def test_a_caption_is_left_out_only_of_rows_that_may_lose_it() -> None:
    rows = rows_of(DataSection(caption_dropout=0.5), row("a", WIDE, "bb"))
    kept = {float(_embeds(rows, dropped=0)) for _ in range(20)}
    either = {float(_embeds(rows, dropped=1, seed=seed)) for seed in range(20)}
    assert kept == {2.0}
    assert either == {0.0, 2.0}


def _embeds(rows: Rows, dropped: int, seed: int = 0) -> torch.Tensor:
    batch = rows.joined(rows.rows, random.Random(seed), dropped)
    return batch.texts["embeds"].flatten()[0]


def test_images_of_the_prior_fill_their_share_of_a_batch_of_their_size() -> None:
    section = DataSection(prior_share=0.5)
    data = [row("a", WIDE), row("b", WIDE), row("c", TALL), row("d", TALL)]
    rows = rows_of(section, *data, size=4, prior=(row("p", WIDE),))
    batches = [rows.batch(number) for number in range(4)]
    wide = [batch for batch in batches if batch.latents.shape[1:] == WIDE]
    tall = [batch for batch in batches if batch.latents.shape[1:] == TALL]
    assert all(batch.names[2:] == ("p", "p") for batch in wide)
    assert all("p" not in batch.names for batch in tall)
    assert wide
    assert tall


def test_a_row_without_a_mask_counts_whole_beside_one_that_has_it() -> None:
    rows = rows_of(DataSection(), row("a", WIDE, masked=True), row("b", WIDE))
    batch = rows.joined(rows.rows, random.Random(0))
    assert batch.masks is not None
    assert [float(mask.mean()) for mask in batch.masks] == [0.0, 1.0]
    assert rows_of(DataSection(), row("b", WIDE)).batch(0).masks is None


@pytest.mark.parametrize("mirrored", [False, True])
def test_an_image_is_cut_to_its_bucket_and_mirrored_not_stretched(mirrored: bool) -> None:
    image = Image.new("RGB", (300, 200), "red")
    image.paste((0, 0, 255), (0, 0, 150, 200))  # its left half is blue
    (cut,) = crops(image.size, (64,), 16, aspects=True)
    result = cropped(image, cut, mirrored=mirrored)
    assert result.size == cut.bucket
    left, right = result.getpixel((1, 20)), result.getpixel((result.width - 2, 20))
    assert (left, right) == (((255, 0, 0), (0, 0, 255)) if mirrored else ((0, 0, 255), (255, 0, 0)))
