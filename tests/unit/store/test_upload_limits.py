"""Limits of uploads that depend on their format."""

from io import BytesIO

import pytest
from PIL import Image

from core.errors import TooLarge
from core.store.uploads import UploadLimits, decode_upload


def test_a_webp_may_have_fewer_pixels_for_its_decoder_copies_them() -> None:
    image = Image.new("RGB", (100, 100))
    limits = UploadLimits(max_pixels=10_000)
    files = {}
    for format in ("PNG", "WEBP"):
        buffer = BytesIO()
        image.save(buffer, format)
        files[format] = buffer.getvalue()
    assert decode_upload(files["PNG"], limits).image.size == (100, 100)
    with pytest.raises(TooLarge, match="at most 3000 pixels") as caught:
        decode_upload(files["WEBP"], limits)
    assert caught.value.fix == "Send it as PNG or JPEG."
