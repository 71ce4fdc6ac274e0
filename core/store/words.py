"""Words of texts for the search: the same on every database, whatever its own rules are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Scripts without blanks between words: each character is a word.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]|"
    r"[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]+"
)
LONGEST_TEXT = 20_000


def words_of(text: str) -> list[str]:
    """Split a text into words in lower case, without accents and punctuation."""
    folded = unicodedata.normalize("NFKD", text[:LONGEST_TEXT].casefold())
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return _WORD.findall(unicodedata.normalize("NFC", plain))


def normalized(texts: Iterable[str]) -> str:
    """Join the words of several texts with blanks."""
    return " ".join(word for text in texts for word in words_of(text))
