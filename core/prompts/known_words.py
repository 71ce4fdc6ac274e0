"""The words of a model that was trained on few: those of a prompt that are not among them.

Pure functions: the words come from the record of a model, lists from the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from core.errors import InvalidInput
from core.prompts.dynamic import Lines
from core.prompts.protection import segments, tags_in

SIMILARITY = 0.7  # of spellings, 0 to 1; a word less like the unknown one is no replacement
NEAREST_MAX = 50  # words of a text for which a replacement is searched
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word or list of a prompt that a model was not trained on, and the known word nearest."""

    word: str
    nearest: str | None = None


class KnownWords:
    """The words that a model was trained on; case does not matter."""

    def __init__(self, texts: Iterable[str]) -> None:
        """`texts`: words and phrases, of which each word counts."""
        self._words = dict.fromkeys(word for text in texts for word in words_in(text))

    def check(self, prompt: str, lines: Lines) -> list[UnknownWord]:
        """The unknown words of a prompt, each once, in order; then lists with an unknown word.

        LoRA tags, weights and quoted texts are left out; every option of a choice counts.
        """
        unknown = [word for word in _words_of_prompt(prompt) if not self._contains(word)]
        near = [UnknownWord(word, self._nearest(word)) for word in unknown[:NEAREST_MAX]]
        rest = [UnknownWord(word) for word in unknown[NEAREST_MAX:]]
        lists = _lists_in(prompt)
        return near + rest + [UnknownWord(tag) for tag in lists if not self.covers(tag, lines)]

    def covers(self, prompt: str, lines: Lines) -> bool:
        """True where every word of a prompt is known, those of its lists included."""
        texts, read = [prompt], set[str]()
        while texts:
            text = texts.pop()
            if not all(map(self._contains, _words_of_prompt(text))):
                return False
            new = [tag for tag in _lists_in(text) if tag not in read]
            read.update(new)
            try:
                entries = [line for tag in new for line in lines(tag.strip("_"))]
            except InvalidInput:  # a list that is missing
                return False
            texts += [line.rpartition("::")[2] for line in entries]
        return True

    def _contains(self, word: str) -> bool:
        return word in self._words or ("-" in word and all(map(self._contains, word.split("-"))))

    def _nearest(self, word: str) -> str | None:
        near = get_close_matches(word, self._words, cutoff=SIMILARITY)
        # Of the most similar ones, that with the same initial, where few typing errors occur.
        return min(near, key=lambda known: known[0] != word[0], default=None)


def words_in(text: str) -> list[str]:
    """The words of a text in lower case; a hyphen or an apostrophe joins its neighbours."""
    return _WORD.findall(text.lower())


def _words_of_prompt(prompt: str) -> Sequence[str]:
    """The words of a prompt without its syntax, each once."""
    texts = (segment.text for segment in segments(prompt) if segment.translatable)
    return list(dict.fromkeys(word for text in texts for word in words_in(text)))


def _lists_in(prompt: str) -> Sequence[str]:
    return list(dict.fromkeys(tag for tag in tags_in(prompt) if tag.startswith("__")))
