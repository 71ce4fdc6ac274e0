"""Metadata of JPEG, WebP, AVIF and GIF: `parameters` as EXIF comment, all other texts in XMP.

Other tools read the EXIF comment. XMP holds each text, escaped, in an element of a namespace of its
own; elements are searched by name within limits, and no XML is parsed. Also reads the comments of a
GIF, and EXIF as ComfyUI writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from xml.sax.saxutils import escape, unescape

from PIL import Image

from core.provenance.xmp import KEYWORD, read_source_type, write_packet
from core.store.infotext import read_infotext

LONGEST_SEGMENT = 65_000  # bytes: what one part of a JPEG can hold, less its head
_MOST_READ = 256 << 10
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
_UNICODE, _ASCII = b"UNICODE\0", b"ASCII\0\0\0"
_CAMERA_TAGS = range(0x0110, 0x0100, -1)  # those in which ComfyUI writes `name:{…}`
_COMFYUI = re.compile(r"(prompt|workflow):\s*(\{.*)", re.IGNORECASE | re.DOTALL)
_ELEMENT = re.compile(r"<qpyt:([\w-]{1,40})>([^<]*)</qpyt:\1>")
_SNAPSHOT = "snapshot"  # the element of `qpyt`
_NAMESPACE = ' xmlns:qpyt="urn:qpyt:snapshot:1"'
SOURCE_TYPE = "DigitalSourceType"  # the text that `comments` yields for it


def metadata_options(texts: Mapping[str, str]) -> tuple[dict[str, bytes], list[str]]:
    """Build Pillow's options `exif` (of `parameters`) and `xmp` (of all other texts).

    A packet of XMP among the texts gives its digital source type. Also returns the names of the
    texts that are too long for the format: `qpyt` stays longest.
    """
    options: dict[str, bytes] = {}
    omitted = []
    if comment := texts.get("parameters"):
        exif = Image.Exif()
        body = comment.replace("\0", "").encode("utf-16-be", "replace")
        exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _UNICODE + body
        options["exif"] = exif.tobytes()
        if len(options["exif"]) > LONGEST_SEGMENT:
            del options["exif"]
            omitted.append("parameters")
    elements, source_type = "", read_source_type(texts.get(KEYWORD, ""))
    if source_type:
        options["xmp"] = write_packet(source_type).encode()
    for name in sorted(texts, key=lambda name: (name != "qpyt", len(texts[name]))):
        if name in ("parameters", KEYWORD):
            continue
        label = _SNAPSHOT if name == "qpyt" else name
        longer = f"{elements}<qpyt:{label}>{escape(texts[name])}</qpyt:{label}>"
        packet = write_packet(source_type, _NAMESPACE, longer).encode("utf-8", "replace")
        if len(packet) > LONGEST_SEGMENT:
            omitted.append(name)
        else:
            elements, options["xmp"] = longer, packet
    return options, omitted


def comments(data: bytes) -> Iterator[tuple[str, str | None]]:
    """Read the texts of a JPEG, WebP, AVIF or GIF by name; a comment counts if it is a recipe."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "WEBP", "GIF", "AVIF")) as image:
            packet, comment = image.info.get("xmp", b""), image.info.get("comment")
            long = len(image.info.get("exif", b"")) > _MOST_READ
            exif = Image.Exif() if long else image.getexif()
            user, tags = exif.get_ifd(_EXIF_IFD).get(_USER_COMMENT), _camera_texts(exif)
            form = image.format
    except Exception:  # noqa: BLE001 (decoders fail in many ways; then there is no comment)
        return
    if isinstance(packet, bytes) and len(packet) <= _MOST_READ:
        content = packet.decode("utf-8", "replace")
        if source_type := read_source_type(content):
            yield SOURCE_TYPE, source_type
        for label, text in _ELEMENT.findall(content):
            yield "qpyt" if label == _SNAPSHOT else label, unescape(text)
    yield from tags
    if form == "GIF":
        user = comment
    text = decode_comment(user)
    if text.lstrip().startswith("{") or read_infotext(text).settings:
        yield "parameters", text


def _camera_texts(exif: Image.Exif) -> list[tuple[str, str]]:
    """The texts that ComfyUI's WebP has in place of a camera's names."""
    texts = []
    for tag in _CAMERA_TAGS:
        value = exif.get(tag)
        if isinstance(value, str) and (match := _COMFYUI.match(value)):
            body = match[2].encode("latin-1", "replace").decode("utf-8", "replace")
            texts.append((match[1].lower(), body.strip("\0")))
    return texts


def decode_comment(comment: object) -> str:
    """An EXIF comment as text: with a mark of its encoding, or as UTF-8; empty for no comment."""
    if not isinstance(comment, bytes):
        return comment if isinstance(comment, str) else ""
    if comment.startswith(_UNICODE):
        body = comment.removeprefix(_UNICODE)
        return body.decode(_utf16_of(body), "replace").strip("\0")
    return comment.removeprefix(_ASCII).decode("utf-8", "replace").strip("\0")


def _utf16_of(body: bytes) -> str:
    """The byte order, for writers disagree and omit the mark: most text has zero high bytes."""
    return "utf-16-be" if body[0::2].count(0) >= body[1::2].count(0) else "utf-16-le"
