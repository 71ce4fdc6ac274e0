"""Metadata of JPEG and WebP, written and read: `parameters` as EXIF comment, `qpyt` in XMP.

Other tools read the comment. XMP holds the snapshot as JSON, escaped in one element of a namespace
of its own; it is searched by name within limits, and no XML is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from xml.sax.saxutils import escape, unescape

from PIL import Image

LONGEST_SEGMENT = 65_000  # bytes: what one part of a JPEG can hold, less its head
_MOST_READ = 256 << 10
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
_UNICODE = b"UNICODE\0"
_SNAPSHOT = re.compile(r"<qpyt:snapshot>([^<]*)</qpyt:snapshot>")
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:qpyt="urn:qpyt:snapshot:1"><qpyt:snapshot>{}</qpyt:snapshot>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def metadata_options(texts: Mapping[str, str]) -> tuple[dict[str, bytes], list[str]]:
    """Build Pillow's options `exif` and `xmp` for `parameters` and `qpyt`.

    Also returns the names of the texts that are too long for the format.
    """
    options: dict[str, bytes] = {}
    omitted = []
    if comment := texts.get("parameters"):
        exif = Image.Exif()
        body = comment.replace("\0", "").encode("utf-16-be", "replace")
        exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _UNICODE + body
        options["exif"] = exif.tobytes()
    if snapshot := texts.get("qpyt"):
        options["xmp"] = _PACKET.format(escape(snapshot)).encode("utf-8", "replace")
    for option, name in (("exif", "parameters"), ("xmp", "qpyt")):
        if len(options.get(option, b"")) > LONGEST_SEGMENT:
            del options[option]
            omitted.append(name)
    return options, omitted


def comments(data: bytes) -> Iterator[tuple[str, str | None]]:
    """Read `parameters` and `qpyt` of a JPEG or WebP; None for one that is too long."""
    try:
        with Image.open(BytesIO(data), formats=("JPEG", "WEBP")) as image:
            packet = image.info.get("xmp", b"")
            long = len(image.info.get("exif", b"")) > _MOST_READ
            raw = None if long else image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    except Exception:  # noqa: BLE001 (decoders fail in many ways; then there is no comment)
        return
    if isinstance(packet, bytes) and len(packet) <= _MOST_READ:
        snapshot = _SNAPSHOT.search(packet.decode("utf-8", "replace"))
        if snapshot:
            yield "qpyt", unescape(snapshot.group(1))
    if isinstance(raw, str):
        yield "parameters", raw
    elif isinstance(raw, bytes) and len(raw) >= len(_UNICODE):
        code, body = raw[: len(_UNICODE)], raw[len(_UNICODE) :]
        encoding = _utf16_of(body) if code == _UNICODE else "utf-8"
        yield "parameters", body.decode(encoding, "replace").strip("\0")


def _utf16_of(body: bytes) -> str:
    """The byte order, for writers disagree and omit the mark: most text has zero high bytes."""
    return "utf-16-be" if body[0::2].count(0) >= body[1::2].count(0) else "utf-16-le"
