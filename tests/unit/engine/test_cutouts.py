"""Cut-outs: alpha, a colour behind, an image behind."""

from PIL import Image

from core.engine.auxiliary.cutouts import alpha_of, before_colour, before_picture, with_alpha

RED = Image.new("RGB", (4, 2), "red")


def left_half(level: int = 255) -> Image.Image:
    """A mask of 4×2, its left half at `level`."""
    mask = Image.new("L", (4, 2), 0)
    mask.paste(level, (0, 0, 2, 2))
    return mask


def test_what_was_transparent_stays_so() -> None:
    seen = RED.convert("RGBA")
    seen.putalpha(128)
    assert alpha_of(seen, left_half()).getpixel((0, 0)) == 128
    assert alpha_of(seen, left_half(128)).getpixel((0, 0)) == 64
    assert alpha_of(RED, left_half()).getpixel((0, 0)) == 255


def test_colours_under_the_edge_are_kept() -> None:
    assert with_alpha(RED, left_half(40)).getpixel((0, 0)) == (255, 0, 0, 40)


def test_a_colour_behind() -> None:
    ground = before_colour(with_alpha(RED, left_half()), "#00ff7f")
    assert ground.mode == "RGB"
    assert [ground.getpixel((x, 0)) for x in (0, 3)] == [(255, 0, 0), (0, 255, 127)]


def test_a_picture_behind_covers_and_is_cropped() -> None:
    behind = Image.new("RGB", (40, 40), "blue")
    joined = before_picture(with_alpha(RED, left_half()), behind)
    assert (joined.mode, joined.size) == ("RGB", (4, 2))
    assert [joined.getpixel((x, 1)) for x in (0, 3)] == [(255, 0, 0), (0, 0, 255)]


def test_a_transparent_picture_behind_stays_transparent() -> None:
    behind = Image.new("RGBA", (4, 2), (0, 0, 255, 0))
    joined = before_picture(with_alpha(RED, left_half()), behind)
    assert [joined.getpixel((x, 1))[3] for x in (0, 3)] == [255, 0]
