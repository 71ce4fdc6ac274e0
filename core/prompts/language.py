"""Language detection for prompts, by a small offline model of letter groups."""

from __future__ import annotations

from functools import cache
from typing import Any

from core.prompts.protection import segments

LANGUAGES = ("fr", "en")


def detect(text: str) -> str:
    """Return `fr` or `en`; a text without words is `en`, since nothing has to be translated."""
    words = " ".join(segment.text for segment in segments(text) if segment.translatable)
    if not words:
        return "en"
    language, _ = _identifier().classify(words)
    return str(language)


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
