"""Secrets in log texts, replaced before they reach a file or a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.configuration.masking import MASK, mask_text

_PATTERNS = (
    re.compile(r"(?i)(\bauthorization\b\s*[:=]\s*(?:\w+\s+)?|\bbearer\s+)[\w.~+/=-]{6,}"),
    re.compile(
        r"(?i)(\b(?:token|password|passwd|secret|api_?key|qpyt_session)\b[\"']?\s*[:=]\s*"
        r"[\"']?)[^\s\"',;&]{4,}"
    ),
    re.compile(r"()\b(?:hf|sk|ghp)_[A-Za-z0-9]{16,}"),
)
MIN_LENGTH = 4  # of a known secret: a shorter one would mask ordinary words


class Redaction:
    """Masks known secrets, passwords in URLs, and what looks like a credential."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: tuple[str, ...] = ()
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Mask these texts from now on."""
        known = {*self._secrets, *(text for text in secrets if len(text) >= MIN_LENGTH)}
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        for pattern in _PATTERNS:
            text = pattern.sub(rf"\g<1>{MASK}", text)
        return mask_text(text)
