"""Protection of a prompt's syntax from translation: weights, LoRAs, choices, lists, quoted names.

A prompt is split into segments of words and segments of syntax; only words are translated, so no
syntax is lost or moved. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.prompts.dynamic import LIST_NAME

SEGMENT_MAX = 300  # characters; a longer segment is cut at a comma or a full stop

_VERBATIM = re.compile(
    r"\\."  # an escaped character
    r"|<[^<>\n]{1,300}>"  # <lora:name:0.8>
    rf"|__{LIST_NAME}__"
    r"|\{[A-Za-z_][\w ]{0,40}\}"  # {prompt}
    r"|\{\s*\d+(?:-\d+)?\$\$(?:[^$|{}]*\$\$)?"  # {2$$ of a choice
    r"|[{|]\s*\d+(?:\.\d+)?::"  # the weight of an option
    r"|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|«[^»\n]{1,200}»|„[^“”\n]{1,200}[“”]"
    r"|:\s*[-+]?\d+(?:\.\d+)?\s*(?=[)\]])"  # :1.2 of (word:1.2)
    r"|\b(?:BREAK|AND)\b"
    r"|[{}|()\[\]\n]"
)
_CUT = re.compile(r"[.,;:!?]\s+")
_WORD = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a prompt; one that is not `translatable` stays verbatim."""

    text: str
    translatable: bool


def segments(text: str) -> list[Segment]:
    """Split a prompt; the joined texts are the prompt again."""
    return [segment for segment in _segments(text) if segment.text]


def rewrite_segments(text: str, rewrite: Callable[[Sequence[str]], Sequence[str]]) -> str:
    """Replace the words of a prompt; `rewrite` maps all translatable texts to new ones."""
    parts = segments(text)
    answers = iter(rewrite([part.text for part in parts if part.translatable]))
    return "".join(next(answers) if part.translatable else part.text for part in parts)


def tags_in(text: str) -> list[str]:
    """List the tags of LoRAs and lists in a prompt, in order."""
    tags = (match.group() for match in _VERBATIM.finditer(text))
    return [tag for tag in tags if tag[0] == "<" or tag.startswith("__")]


def restore_tags(prompt: str, answer: str) -> str:
    """Return a language model's answer as one line, with the tags of the prompt that it lacks.

    An empty answer leaves the prompt as it is.
    """
    line = " ".join(answer.split()).strip("\"“”'` ")
    if not line:
        return prompt
    lost = [tag for tag in tags_in(prompt) if tag not in line]
    return " ".join([line, *dict.fromkeys(lost)])


def match_style(source: str, answer: str) -> str:
    """Remove the capital and the full stop of an answer where the source has none."""
    answer = " ".join(answer.split())
    if not answer:
        return source
    if answer.endswith(".") and not source.endswith("."):
        answer = answer.rstrip(".")
    if source[:1].islower() and not answer[1:2].isupper():
        answer = answer[:1].lower() + answer[1:]
    return answer


def _segments(text: str) -> Iterator[Segment]:
    place = 0
    for match in _VERBATIM.finditer(text):
        yield from _words(text[place : match.start()])
        yield Segment(match.group(), translatable=False)
        place = match.end()
    yield from _words(text[place:])


def _words(text: str) -> Iterator[Segment]:
    """Split off blanks and punctuation at the ends of words, which stay verbatim."""
    for part in _parts(text):
        core = part.strip(" \t,;:.!?·-–—")
        if not _WORD.search(core):
            yield Segment(part, translatable=False)
            continue
        start = part.index(core)
        yield Segment(part[:start], translatable=False)
        yield Segment(core, translatable=True)
        yield Segment(part[start + len(core) :], translatable=False)


def _parts(text: str) -> Iterator[str]:
    while len(text) > SEGMENT_MAX:
        ends = [match.end() for match in _CUT.finditer(text, 0, SEGMENT_MAX)]
        end = ends[-1] if ends else (text.rfind(" ", 0, SEGMENT_MAX) + 1 or SEGMENT_MAX)
        yield text[:end]
        text = text[end:]
    yield text
