"""Hashes of images that look alike differ little, those of others much."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from core.errors import InvalidInput
from core.gallery.likeness import (
    DEFAULT_DISTANCE,
    MAX_DISTANCE,
    MOST_NEIGHBOURS,
    LikenessIndex,
    check_distance,
)
from core.store.decoding.likeness import likeness_of


def drawing(colour: str = "navy", left: int = 30) -> Image.Image:
    image = Image.new("RGB", (200, 200), "wheat")
    draw = ImageDraw.Draw(image)
    draw.ellipse((left, 40, left + 60, 100), fill=colour)
    draw.rectangle((120, 110, 180, 190), fill="darkgreen")
    draw.line((0, 150, 110, 190), fill="black", width=8)
    return image


def saved(image: Image.Image, form: str, **options: int) -> Image.Image:
    file = BytesIO()
    image.save(file, form, **options)
    return Image.open(file)


CHANGED = {
    "the same": drawing(),
    "scaled": drawing().resize((90, 90)),
    "jpeg": saved(drawing(), "JPEG", quality=40),
    "webp": saved(drawing(), "WEBP", quality=40),
    "brighter": ImageEnhance.Brightness(drawing()).enhance(1.05),
    "grey 4 bits": drawing().quantize(64).convert("RGB"),
}
OTHERS = {
    "mirrored": drawing().transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "moved": drawing(left=110),
    "blank": Image.new("RGB", (200, 200), "wheat"),
    "another tone": ImageEnhance.Brightness(drawing()).enhance(0.6),
}


def near(image: Image.Image) -> list[tuple[str, int]]:
    index = LikenessIndex()
    index.add("drawing", likeness_of(drawing()))
    return index.near(likeness_of(image))


@pytest.mark.parametrize("image", CHANGED.values(), ids=CHANGED)
def test_a_copy_is_near(image: Image.Image) -> None:
    ((asset_id, distance),) = near(image)
    assert asset_id == "drawing"
    assert distance <= DEFAULT_DISTANCE


@pytest.mark.parametrize("image", OTHERS.values(), ids=OTHERS)
def test_another_image_is_not_near(image: Image.Image) -> None:
    assert [distance for _, distance in near(image) if distance <= DEFAULT_DISTANCE] == []


def test_plain_images_are_near_by_their_colour_alone() -> None:
    index = LikenessIndex()
    for colour in ("red", "#fa0404", "blue", "white"):
        index.add(colour, likeness_of(Image.new("RGB", (8, 8), colour)))
    red = likeness_of(Image.new("RGB", (64, 64), "red"))
    assert index.near(red) == [("#fa0404", 0), ("red", 0)]


def test_the_nearest_come_first_and_their_number_is_bounded() -> None:
    index = LikenessIndex()
    for number in range(MOST_NEIGHBOURS + 20):
        index.add(f"{number:03}", f"{(1 << number % 12) - 1:016x}808080")
    neighbours = index.near(f"{0:016x}808080")
    assert len(neighbours) == MOST_NEIGHBOURS
    assert [distance for _, distance in neighbours] == sorted(d for _, d in neighbours)
    assert max(distance for _, distance in neighbours) <= MAX_DISTANCE


@pytest.mark.parametrize("distance", [-1, MAX_DISTANCE + 1])
def test_a_distance_that_was_not_measured_is_refused(distance: int) -> None:
    with pytest.raises(InvalidInput, match=str(distance)):
        check_distance(distance)
