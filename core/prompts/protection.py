"""What a translation must not touch: weights, LoRAs, choices, lists, placeholders, quoted names.

A prompt is cut into pieces that are said in words and pieces that are kept letter by letter; only
the former are given away, so nothing can get lost or change places. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.prompts.dynamic import LIST_NAME

PIECE_MAX = 300  # letters; a longer piece is cut at a comma or a full stop

_KEPT = re.compile(
    r"\\."  # an escaped sign
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
class Piece:
    """A part of a prompt: `spoken` is for translating, anything else stays as it is."""

    text: str
    spoken: bool


def pieces(text: str) -> list[Piece]:
    """The parts of a prompt, in order; joined they are the prompt again."""
    return [piece for piece in _pieces(text) if piece.text]


def rewritten(text: str, rewrite: Callable[[Sequence[str]], Sequence[str]]) -> str:
    """The prompt with its spoken pieces replaced: `rewrite` gets them all and answers one each."""
    found = pieces(text)
    answers = iter(rewrite([piece.text for piece in found if piece.spoken]))
    return "".join(next(answers) if piece.spoken else piece.text for piece in found)


def kept(text: str) -> list[str]:
    """The LoRAs and lists that a prompt names, in order."""
    found = (match.group() for match in _KEPT.finditer(text))
    return [sign for sign in found if sign[0] == "<" or sign.startswith("__")]


def completed(prompt: str, answer: str) -> str:
    """A writer's answer as one line, with the LoRAs and lists of the prompt that it left out.

    Without an answer the prompt stays.
    """
    line = " ".join(answer.split()).strip("\"“”'` ")
    if not line:
        return prompt
    lost = [sign for sign in kept(prompt) if sign not in line]
    return " ".join([line, *dict.fromkeys(lost)])


def in_tone(source: str, answer: str) -> str:
    """An answer as the source was written: no capital and no full stop that it did not have."""
    answer = " ".join(answer.split())
    if not answer:
        return source
    if answer.endswith(".") and not source.endswith("."):
        answer = answer.rstrip(".")
    if source[:1].islower() and not answer[1:2].isupper():
        answer = answer[:1].lower() + answer[1:]
    return answer


def _pieces(text: str) -> Iterator[Piece]:
    place = 0
    for match in _KEPT.finditer(text):
        yield from _spoken(text[place : match.start()])
        yield Piece(match.group(), spoken=False)
        place = match.end()
    yield from _spoken(text[place:])


def _spoken(text: str) -> Iterator[Piece]:
    """Words with what is around them: blanks and commas at the ends are kept."""
    for part in _parts(text):
        core = part.strip(" \t,;:.!?·-–—")
        if not _WORD.search(core):
            yield Piece(part, spoken=False)
            continue
        start = part.index(core)
        yield Piece(part[:start], spoken=False)
        yield Piece(core, spoken=True)
        yield Piece(part[start + len(core) :], spoken=False)


def _parts(text: str) -> Iterator[str]:
    while len(text) > PIECE_MAX:
        ends = [match.end() for match in _CUT.finditer(text, 0, PIECE_MAX)]
        end = ends[-1] if ends else (text.rfind(" ", 0, PIECE_MAX) + 1 or PIECE_MAX)
        yield text[:end]
        text = text[end:]
    yield text
