"""Hostile and honest uploads: limits, conversions, and that nothing hidden survives."""

import base64
import resource
import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from core.errors import BadUpload, InvalidInput, TooLarge
from core.store.data_uri import decode_data_uri
from core.store.png import encode_png
from core.store.uploads import FORMATS, Upload, UploadLimits, decode_upload

LIMITS = UploadLimits(max_bytes=8 << 20, max_pixels=4_000_000)
SCRIPT = b"<script>alert(1)</script>"


def saved(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def stored(upload: Upload) -> bytes:
    return encode_png(upload.image)


def decoded(upload: Upload) -> Image.Image:
    image = Image.open(BytesIO(stored(upload)))
    image.load()
    assert image.format == "PNG"
    assert image.size == upload.image.size
    assert image.mode in ("RGB", "RGBA")
    return image


def codes(upload: Upload) -> list[str]:
    return [record["code"] for record in upload.warnings]


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png_of_size(width: int, height: int) -> bytes:
    """A file that claims a size and holds a few compressed zeros."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + chunk(b"IEND", b"")
    )


def webp_of_size(width: int, height: int) -> bytes:
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif_of_size(width: int, height: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, width, height) + b"\0\x02\x02\x4c\x01\0"
    return (
        b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0\0\0\0\xff\xff\xff" + frame + b";"
    )


def bmp_of_size(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info + bytes(64)


def jpeg_of_size(width: int, height: int) -> bytes:
    whole = saved(Image.new("RGB", (16, 16)), "JPEG")
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


PHOTO = Image.effect_noise((64, 48), 80).convert("RGB")


@pytest.mark.parametrize("form", FORMATS)
def test_every_accepted_format_becomes_an_upright_png(form: str) -> None:
    upload = decode_upload(saved(PHOTO, form), LIMITS)
    assert upload.source_type == f"image/{form.lower()}"
    assert decoded(upload).size == (64, 48)
    assert upload.warnings == ()


def test_pixels_of_a_png_are_kept_exactly() -> None:
    assert decoded(decode_upload(saved(PHOTO), LIMITS)).tobytes() == PHOTO.tobytes()


@pytest.mark.parametrize(
    "bomb",
    [
        png_of_size(50_000, 50_000),
        png_of_size(2_147_483_647, 1),
        png_of_size(1, 3_000_000),
        png_of_size(3000, 3000),
        webp_of_size(16_383, 16_383),
        webp_of_size(1 << 24, 200),
        gif_of_size(65_535, 65_535),
        bmp_of_size(50_000, 50_000),
        jpeg_of_size(65_500, 65_500),
    ],
)
def test_a_bomb_is_refused_before_it_is_decoded(bomb: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises((TooLarge, BadUpload)) as caught:
        decode_upload(bomb, LIMITS, name="mask")
    assert caught.value.field == "mask"
    assert caught.value.fix
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_gif_frame_larger_than_its_screen_is_refused() -> None:
    small = b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 60_000, 60_000) + b"\0\x02\x02\x4c\x01\0"
    with pytest.raises((TooLarge, BadUpload)):
        decode_upload(small + frame + b";", LIMITS)


def test_an_endless_gif_gives_its_first_frame_and_a_warning() -> None:
    frames = [Image.new("RGB", (8, 8), (i % 250, 99, 0)) for i in range(400)]
    gif = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], loop=0, duration=1)
    upload = decode_upload(gif, LIMITS)
    assert codes(upload) == ["animation_dropped"]
    assert decoded(upload).size == (8, 8)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF"])
def test_an_animation_gives_its_first_frame_and_a_warning(form: str) -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    options = {"lossless": True} if form == "WEBP" else {}
    data = saved(first, form, save_all=True, append_images=[second], duration=50, **options)
    upload = decode_upload(data, LIMITS)
    assert codes(upload) == ["animation_dropped"]
    assert upload.warnings[0]["field"] == "file"
    assert decoded(upload).convert("RGB").getpixel((4, 4)) == (255, 0, 0)


def test_huge_texts_do_not_stop_a_picture() -> None:
    whole = saved(PHOTO)
    bomb = chunk(b"zTXt", b"parameters\0\0" + zlib.compress(bytes(100 << 20)))
    more = chunk(b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(bytes(100 << 20)))
    upload = decode_upload(whole[:33] + bomb + more + whole[33:], LIMITS)
    assert codes(upload) == ["metadata_dropped"]
    assert upload.metadata == {"omitted": ["parameters", "workflow"]}
    assert decoded(upload).tobytes() == PHOTO.tobytes()


def test_a_file_of_endless_chunks_is_refused() -> None:
    whole = saved(PHOTO)
    with pytest.raises(BadUpload):
        decode_upload(whole[:33] + chunk(b"teSt", b"") * 60_000 + whole[33:], LIMITS)


def test_a_huge_colour_profile_is_refused_or_dropped() -> None:
    whole = saved(PHOTO)
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(100 << 20)))
    with pytest.raises(BadUpload):
        decode_upload(whole[:33] + profile + whole[33:], LIMITS)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9, 0.98])
def test_a_cut_off_file_is_refused(form: str, part: float) -> None:
    whole = saved(PHOTO, form)
    with pytest.raises(BadUpload) as caught:
        decode_upload(whole[: int(len(whole) * part)], LIMITS)
    assert caught.value.fix


ACTIVE = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg with a prologue": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "html": b"<!doctype html><html>" + SCRIPT,
    "xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>",
    "pdf": b"%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>endobj",
    "zip": b"PK\x03\x04" + bytes(40),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "tiff": saved(PHOTO, "TIFF"),
    "icon": saved(PHOTO, "ICO"),
    "psd": b"8BPS\0\1" + bytes(60),
    "pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "png in name only": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "gif in name only": b"GIF89a/*" + SCRIPT,
    "text": b"hello",
    "one byte": b"\0",
    "nothing": b"",
}


@pytest.mark.parametrize("name", ACTIVE)
def test_anything_but_a_picture_is_refused(name: str) -> None:
    with pytest.raises(BadUpload) as caught:
        decode_upload(ACTIVE[name], LIMITS, name="image")
    assert caught.value.record()["field"] == "image"
    assert caught.value.fix


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_after_an_image_do_not_survive(form: str) -> None:
    tail = SCRIPT + b"PK\x03\x04" + bytes(30)
    upload = decode_upload(saved(PHOTO, form) + tail, LIMITS)
    assert SCRIPT not in stored(upload)
    assert stored(upload).endswith(b"IEND\xaeB`\x82")
    assert decoded(upload).size == (64, 48)


def test_comments_do_not_survive() -> None:
    uploads = [
        decode_upload(saved(PHOTO, "JPEG", comment=SCRIPT), LIMITS),
        decode_upload(saved(PHOTO.quantize(), "GIF", comment=SCRIPT), LIMITS),
    ]
    assert all(SCRIPT not in stored(upload) for upload in uploads)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_orientation_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = Image.new("RGB", (40, 20), "white")
    upright.paste("red", (0, 0, 8, 8))
    undo = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    same = {2: 0, 3: 3, 4: 1, 5: 5, 7: 6}
    turn = undo.get(orientation, same.get(orientation))
    stored = upright if turn is None else upright.transpose(Image.Transpose(turn))
    upload = decode_upload(saved(stored, "JPEG", exif=exif, quality=95), LIMITS)
    image = decoded(upload)
    assert image.size == (40, 20)
    assert image.getpixel((3, 3))[1] < 100  # type: ignore[index]
    assert image.getpixel((36, 16))[1] > 200  # type: ignore[index]


def test_an_unfit_colour_profile_is_dropped() -> None:
    lab = ImageCms.createProfile("LAB")
    upload = decode_upload(
        saved(PHOTO, "PNG", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes()), LIMITS
    )
    assert codes(upload) == ["colour_profile_dropped"]
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert codes(decode_upload(saved(PHOTO, "PNG", icc_profile=srgb), LIMITS)) == []
    broken = decode_upload(saved(PHOTO, "JPEG", icc_profile=b"nonsense" * 20), LIMITS)
    assert codes(broken) == ["colour_profile_dropped"]
    assert "icc_profile" not in decoded(broken).info


def swapped_profile(*, renamed: bool = True) -> bytes:
    """sRGB with red and blue changed places, under another name or its own."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old, new in ((b"rXYZ", b"????"), (b"bXYZ", b"rXYZ"), (b"????", b"bXYZ")):
        srgb = srgb.replace(old, new, 1)
    return renamed_profile(srgb) if renamed else srgb


def renamed_profile(srgb: bytes) -> bytes:
    return srgb.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))


@pytest.mark.parametrize("renamed", [True, False])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_colours_of_a_foreign_profile_are_converted_whatever_its_name(
    form: str, renamed: bool
) -> None:
    image = Image.new("RGB", (32, 32), (255, 0, 0))
    profile = swapped_profile(renamed=renamed)
    upload = decode_upload(saved(image, form, icc_profile=profile), LIMITS)
    red, green, blue = decoded(upload).getpixel((9, 9))[:3]  # type: ignore[index]
    assert (red < 40, green < 40, blue > 200) == (True, True, True)
    assert codes(upload) == []


def linear_profile() -> bytes:
    """sRGB with straight curves, under the name of sRGB: light in the middle looks brighter."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at = srgb.index(b"para")  # the parametric curve that all channels share
    straight = b"para" + bytes(4) + b"\0\0\0\0" + (1 << 16).to_bytes(4, "big")
    return srgb[:at] + straight + srgb[at + len(straight) :]


def test_curves_count_not_the_name_of_the_profile() -> None:
    grey = Image.new("RGB", (8, 8), (128, 128, 128))
    upload = decode_upload(saved(grey, icc_profile=linear_profile()), LIMITS)
    assert decoded(upload).getpixel((4, 4)) == pytest.approx((188, 188, 188), abs=2)


def test_an_image_with_the_curves_of_srgb_keeps_every_value() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    upload = decode_upload(saved(PHOTO, icc_profile=renamed_profile(srgb)), LIMITS)
    assert decoded(upload).tobytes() == PHOTO.convert("RGB").tobytes()


def test_a_profile_leaves_transparency_alone() -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 77))
    upload = decode_upload(saved(image, icc_profile=swapped_profile()), LIMITS)
    red, _, blue, alpha = decoded(upload).getpixel((4, 4))  # type: ignore[misc]
    assert (red < 40, blue > 200, alpha) == (True, True, 77)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_rgb_or_rgba(mode: str) -> None:
    image = Image.new(mode, (8, 8)) if mode == "I;16" else PHOTO.convert(mode)
    decoded(decode_upload(saved(image), LIMITS))


def test_sixteen_bit_grey_is_scaled() -> None:
    image = Image.new("I;16", (2, 2), 0x8000)
    assert decoded(decode_upload(saved(image), LIMITS)).getpixel((0, 0)) == (128, 128, 128)


def test_print_colours_become_rgb() -> None:
    assert decoded(decode_upload(saved(PHOTO.convert("CMYK"), "JPEG"), LIMITS)).mode == "RGB"


def test_transparency_is_kept_and_an_opaque_channel_is_not() -> None:
    half = Image.new("RGBA", (4, 4), (255, 0, 0, 128))
    assert decoded(decode_upload(saved(half), LIMITS)).getpixel((0, 0)) == (255, 0, 0, 128)
    opaque = Image.new("RGBA", (4, 4), (255, 0, 0, 255))
    assert decoded(decode_upload(saved(opaque), LIMITS)).mode == "RGB"


def test_too_many_bytes_are_refused_first() -> None:
    with pytest.raises(TooLarge) as caught:
        decode_upload(bytes(LIMITS.max_bytes + 1), LIMITS)
    assert caught.value.status == 413


@given(st.binary(max_size=300), st.integers(0, 2000), st.sampled_from(FORMATS))
def test_damage_is_refused_or_harmless(noise: bytes, position: int, form: str) -> None:
    whole = saved(PHOTO, form)
    position = position % len(whole)
    data = whole[:position] + noise + whole[position + len(noise) :]
    try:
        decoded(decode_upload(data, LIMITS))
    except (BadUpload, TooLarge):
        return


def test_a_data_uri_gives_its_bytes() -> None:
    data = saved(PHOTO)
    text = "data:image/png;base64," + base64.b64encode(data).decode()
    assert decode_data_uri(text, LIMITS) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "data:",
        "data:image/png,abc",
        "data:text/html;base64,PGI+",
        "data:image/png;base64,a",
        "data:image/png;base64,ab cd",
        "data:image/png;base64,aGk=\n",
        "data:image/png;base64,aGk=aGk=",
        "data:image/png;base64,é",
        "data:image/png;base64,%61%61",
        "javascript:alert(1)",
        "http://127.0.0.1/x.png",
        "file:///etc/passwd",
        "data:image/" + "a" * 1000 + ";base64,aGk=",
    ],
)
def test_a_bad_data_uri_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_data_uri(text, LIMITS, name="image")
    assert caught.value.field == "image"
    assert caught.value.fix


def test_a_data_uri_is_measured_before_it_is_decoded() -> None:
    text = "data:image/png;base64," + "!" * (LIMITS.max_bytes * 2)
    with pytest.raises(TooLarge):
        decode_data_uri(text, LIMITS)


def test_the_largest_allowed_data_uri_passes() -> None:
    limits = UploadLimits(max_bytes=10, max_pixels=10)
    text = "data:image/png;base64," + base64.b64encode(b"0123456789").decode()
    assert decode_data_uri(text, limits) == b"0123456789"
