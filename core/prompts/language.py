"""Which of two languages a prompt is written in, by a small offline model of letter groups."""

from __future__ import annotations

from functools import cache
from typing import Any

from core.prompts.protection import pieces

LANGUAGES = ("fr", "en")


def detect(text: str) -> str:
    """`fr` or `en`; a text without words is `en`, for then nothing has to be done."""
    words = " ".join(piece.text for piece in pieces(text) if piece.spoken)
    if not words:
        return "en"
    found, _ = _identifier().classify(words)
    return str(found)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(list(LANGUAGES))
    return made
