"""Larger images: sizes to the pixel, transparency kept, no seam from what changes nothing."""

import numpy as np
import pytest
from PIL import Image

from core.engine.auxiliary.enlarging import by_network, in_tiles, lanczos
from core.engine.auxiliary.tiling import TilePiece


def noise(width: int, height: int, bands: int = 3) -> Image.Image:
    """An image of random pixels."""
    shape = (height, width, bands)
    return Image.fromarray(np.random.default_rng(width).integers(0, 256, shape, np.uint8))


class Doubling:
    """A network that repeats every pixel."""

    scale = 2
    for_masks = False

    def __call__(self, picture: Image.Image) -> Image.Image:
        return picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST)


class Same(Doubling):
    """A network that changes nothing."""

    scale = 1

    def __call__(self, picture: Image.Image) -> Image.Image:
        return picture


def same(before: Image.Image, _piece: TilePiece) -> Image.Image:
    return before


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (333, 127), (128, 128)])
def test_tiles_that_change_nothing_leave_the_interpolated_picture(size: tuple[int, int]) -> None:
    picture = noise(50, 40)
    drawn = in_tiles(picture, size, (64, 64), 16, same)
    assert drawn.tobytes() == lanczos(picture, size).tobytes()


def test_every_tile_has_the_size_that_was_asked() -> None:
    seen = []

    def look(before: Image.Image, piece: TilePiece) -> Image.Image:
        seen.append((before.size, piece.index, piece.count))
        return before

    in_tiles(noise(30, 20), (100, 40), (64, 48), 8, look)
    assert seen == [((64, 48), 0, 2), ((64, 48), 1, 2)]


def test_a_network_is_used_as_often_as_it_takes() -> None:
    reported: list[tuple[int, int]] = []
    picture = noise(20, 10)
    grown = by_network(picture, (60, 30), Doubling(), 64, 8, lambda *piece: reported.append(piece))
    assert grown.size == (60, 30)
    assert reported == [(1, 1), (1, 1)]
    twice = picture.resize((80, 40), Image.Resampling.NEAREST)
    assert grown.tobytes() == lanczos(twice, (60, 30)).tobytes()


def test_a_network_without_a_seam() -> None:
    picture = noise(90, 70)
    doubled = by_network(picture, (180, 140), Doubling(), 32, 8, lambda *_: None)
    assert doubled.tobytes() == Doubling()(picture).tobytes()
    kept = by_network(picture, picture.size, Same(), 32, 8, lambda *_: None)
    assert kept.tobytes() == picture.tobytes()


def test_transparency_grows_with_the_picture() -> None:
    picture = noise(40, 30, 4)
    size = (80, 60)
    alpha = lanczos(picture.getchannel("A"), size).tobytes()
    ways = (
        by_network(picture, size, Doubling(), 32, 8, lambda *_: None),
        in_tiles(picture, size, (32, 32), 8, same),
    )
    for grown in ways:
        assert (grown.mode, grown.size) == ("RGBA", size)
        assert grown.getchannel("A").tobytes() == alpha


def test_what_ends_the_work_between_tiles_ends_it() -> None:
    def stop(piece: int, _count: int) -> None:
        if piece == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        by_network(noise(90, 90), (180, 180), Doubling(), 32, 8, stop)
