"""Images as data URIs."""

from __future__ import annotations

import base64
import binascii
import re

from core.errors import BadUpload
from core.store.limits import UploadLimits, too_many_bytes

_DATA_URI = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,", re.IGNORECASE)


def decode_data_uri(text: str, limits: UploadLimits, *, name: str = "data") -> bytes:
    """Decode `data:image/…;base64,…`, after a check of its size.

    Raises `BadUpload`, `TooLarge`.
    """
    head = _DATA_URI.match(text[:64])
    if head is None:
        raise BadUpload(
            "The text is no data URI of an image.",
            field=name,
            fix="Send data:image/png;base64,… or an asset's id.",
        )
    if (len(text) - head.end()) // 4 * 3 > limits.max_bytes + 2:
        raise too_many_bytes(limits, name)
    try:
        return base64.b64decode(text[head.end() :], validate=True)
    except (binascii.Error, ValueError):
        raise BadUpload(
            "The data URI is not valid base64.",
            field=name,
            fix="Send standard base64 with its padding and without line breaks.",
        ) from None
