"""Words and wildcard lists to write prompts with, measured against the words of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.models.library.library import Library
from core.prompts.known_words import KnownWords
from core.prompts.presets import PromptPresets
from core.prompts.vocabulary import Category, Vocabulary


@dataclass(frozen=True, slots=True)
class WildcardList:
    """A wildcard list; `drawable` is False where the model cannot draw some of its lines."""

    name: str
    drawable: bool = True


class WordList:
    """The words of all categories, and the wildcard lists. Reads files: call it from a thread."""

    def __init__(self, library: Library, vocabulary: Vocabulary, prompts: PromptPresets) -> None:
        self._library = library
        self._vocabulary = vocabulary
        self._prompts = prompts

    def categories(self, model_id: str | None = None) -> Sequence[Category]:
        """List all categories. Those of a model with a vocabulary of its own come first, and the
        words of others that it cannot draw are marked. Raises `ModelMissing` or `ModelBroken`."""
        model = self._library.get(model_id) if model_id else None
        if model is None or model.known_words is None:
            return self._vocabulary.categories()
        lines = self._prompts.wildcards.lines
        return self._vocabulary.categories_for(model.vocabulary, model.known_words, lines)

    def wildcards(self, model_id: str | None = None) -> Sequence[WildcardList]:
        """List the wildcard lists. Raises as `categories` does."""
        known = self._library.get(model_id).known_words if model_id else None
        return [self._wildcard(name, known) for name in self._prompts.wildcards.names()]

    def _wildcard(self, name: str, known: KnownWords | None) -> WildcardList:
        lines = self._prompts.wildcards.lines
        return WildcardList(name, known is None or known.covers(f"__{name}__", lines))
