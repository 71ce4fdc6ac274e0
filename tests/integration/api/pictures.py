"""Images, and what only claims to be one."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

SCRIPT = b"<script>alert(1)</script>"


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """An image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png(width: int = 24, height: int = 16) -> bytes:
    """A small honest image, red at the left and blue at the right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return encoded(image)


def chunk(name: bytes, content: bytes) -> bytes:
    """A PNG chunk."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def png_that_claims(width: int, height: int) -> bytes:
    """A small file that says it is large."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(4 << 20), 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + body


def bombs() -> dict[str, bytes]:
    """Small to send, large to decode."""
    gif = b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + b"\0\x02\x02\x4c\x01\0;"
    bmp = struct.pack("<IiiHHIIiiII", 40, 50_000, 50_000, 1, 24, 0, 0, 0, 0, 0, 0)
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(200 << 20), 9))
    profile = chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(200 << 20), 9))
    whole = png()
    jpeg = encoded(Image.new("RGB", (16, 16)), "JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    return {
        "50k x 50k PNG": png_that_claims(50_000, 50_000),
        "2^31 wide PNG": png_that_claims(2**31 - 1, 1),
        "a tall PNG": png_that_claims(1, 10_000_000),
        "3k x 3k PNG, over the limit": png_that_claims(3000, 3000),
        "65k x 65k GIF": gif + frame,
        "50k x 50k BMP": b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + bmp + bytes(64),
        "65k x 65k JPEG": jpeg[:at] + struct.pack(">HH", 65_500, 65_500) + jpeg[at + 4 :],
        "600 scans of a JPEG": with_scans(600),
        "200 MB of text": whole[:33] + text + whole[33:],
        "200 MB of colour profile": whole[:33] + profile + whole[33:],
    }


def with_scans(count: int) -> bytes:
    """A progressive JPEG of some kilobytes whose last scan is repeated."""
    whole = encoded(Image.linear_gradient("L").resize((1_000, 1_000)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + b"\xff\xd9"


def not_pictures() -> dict[str, bytes]:
    """Files that are refused, whatever their names."""
    whole = png()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
    return {
        "empty": b"",
        "text": b"hello",
        "truncated PNG": whole[: len(whole) // 2],
        "PNG header only": whole[:8],
        "truncated JPEG": encoded(Image.effect_noise((64, 64), 50), "JPEG")[:200],
        "SVG": svg,
        "SVG with a preamble": b'<?xml version="1.0"?><!DOCTYPE svg>' + svg,
        "HTML": b"<!doctype html><html>" + SCRIPT,
        "XHTML": b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>",
        "XML": b'<?xml version="1.0"?><x/>',
        "PDF": b"%PDF-1.4\n" + SCRIPT,
        "JavaScript": b"alert(1)//",
        "GIF and JavaScript": b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)",
        "TIFF": encoded(Image.new("RGB", (8, 8)), "TIFF"),
        "ICO": encoded(Image.new("RGB", (16, 16)), "ICO"),
        "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "ZIP": b"PK\x03\x04" + bytes(40),
        "pickle": b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94.",
    }
