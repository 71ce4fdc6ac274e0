"""Images in bands: the same pixels as at once."""

import pytest
from PIL import Image, ImageCms

from core.store import bands
from core.store.bands import Turn, turned_to_srgb
from core.store.colours import to_srgb

SIZE = (37, 23)
NOISE = Image.merge("RGB", [Image.effect_noise(SIZE, 90) for _ in range(3)])
CLEAR = Image.linear_gradient("L").resize(SIZE)
HALF_CLEAR = Image.new("L", SIZE, 255)
HALF_CLEAR.paste(0, (0, 0, SIZE[0], SIZE[1] // 2))


def image_of(mode: str) -> Image.Image:
    if mode == "RGBA, half opaque":
        return Image.merge("RGBA", [*NOISE.split(), HALF_CLEAR])
    if mode == "RGBA":
        return Image.merge("RGBA", [*NOISE.split(), CLEAR])
    if mode == "I;16":
        return NOISE.convert("I").point(lambda value: value * 256).convert("I;16")
    if mode == "RGB with a profile":
        image = NOISE.copy()
        image.info["icc_profile"] = ImageCms.ImageCmsProfile(
            ImageCms.createProfile("XYZ")
        ).tobytes()
        return image
    return NOISE.convert(mode)


MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "RGBA, half opaque", "CMYK", "I;16")


@pytest.mark.parametrize("turn", [None, *Turn])
@pytest.mark.parametrize("mode", [*MODES, "RGB with a profile"])
def test_bands_make_the_pixels_that_the_whole_image_makes(
    monkeypatch: pytest.MonkeyPatch, mode: str, turn: Turn | None
) -> None:
    image = image_of(mode)
    expected, problem = to_srgb(image.copy() if turn is None else image.transpose(turn))
    monkeypatch.setattr(bands, "BAND_PIXELS", 200)
    result, problem_in_bands = turned_to_srgb(image, turn)
    assert (result.mode, result.size) == (expected.mode, expected.size)
    assert result.tobytes() == expected.tobytes()
    assert problem_in_bands == problem
