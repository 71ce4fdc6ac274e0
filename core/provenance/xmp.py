"""XMP packets with the digital source type, written and read.

Packets of any tool are searched by name within limits, and no XML is parsed.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, unescape

KEYWORD = "XML:com.adobe.xmp"  # the text chunk of a PNG that holds a packet
_NAMESPACE = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_SOURCE_TYPE = re.compile(
    r"Iptc4xmpExt:DigitalSourceType\s{0,4}"
    r"(?:=\s{0,4}[\"']|rdf:resource\s{0,4}=\s{0,4}[\"']|>\s{0,40})"
    r"(https?://[^\s\"'<>]{1,300})"
)
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about=""{}>{}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def write_packet(source_type: str | None, namespaces: str = "", elements: str = "") -> str:
    """A packet with a source type, and elements of other `namespaces`, as XML."""
    if source_type:
        namespaces += f' xmlns:Iptc4xmpExt="{_NAMESPACE}"'
        text = escape(source_type)
        elements += f"<Iptc4xmpExt:DigitalSourceType>{text}</Iptc4xmpExt:DigitalSourceType>"
    return _PACKET.format(namespaces, elements)


def read_source_type(packet: str) -> str | None:
    """The digital source type in a packet: an element, an attribute or a resource."""
    match = _SOURCE_TYPE.search(packet)
    return unescape(match[1]) if match else None
