"""Dynamic prompts: `{a|b}` and `__list__`, expanded by a seed.

Alternatives give one of their options: `{red|blue}`, with weights `{3::red|blue}`, nested, or
several: `{2$$a|b|c}` (joined by a comma), `{1-3$$ and $$a|b|c}`. `__animal__` gives a line of a
list. Everything else is text: braces without a bar, bars without braces, `(word:1.2)`. A backslash
escapes syntax: `\\{`, `\\|`, `\\}`, `\\__`. Pure functions: lists come from the caller.
"""

from __future__ import annotations

import math
import random
import re
import time
from bisect import bisect, bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

from core.errors import InvalidInput

NESTED_MAX = 16
CHOICES_MAX = 2_000
LENGTH_MAX = 20_000
SECONDS_MAX = 1.0  # of the processor, for one expansion; ordinary ones take under a millisecond
LIST_NAME = r"[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*"

_TOKEN = re.compile(rf"\\[{{}}|]|\\__|__(?P<list>{LIST_NAME})__|[{{}}|]")
_WEIGHT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)::")
_COUNT = re.compile(r"\s*(\d{1,3})(?:-(\d{1,3}))?\$\$(?:([^$]*)\$\$)?")

Lines = Callable[[str], Sequence[str]]
"""A function from the name of a list to its lines; raises `InvalidInput` for an unknown name."""


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A reference to a list."""

    name: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option of alternatives."""

    weight: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """A choice of `least` to `most` options."""

    options: tuple[Option, ...]
    least: int = 1
    most: int = 1
    separator: str = ""


Part = str | Wildcard | Alternatives


@dataclass(slots=True)
class _Open:
    """An open brace: its options so far, and their depth."""

    options: list[list[Part]] = field(default_factory=lambda: [[]])
    depth: int = 0


def parse(text: str) -> tuple[Part, ...]:
    """Parse any text as a prompt. Raises `InvalidInput` where braces nest too deeply."""
    stack, place = [_Open()], 0
    for token in _TOKEN.finditer(text):
        stack[-1].options[-1].append(text[place : token.start()])
        place = token.end()
        _take(stack, token)
    stack[-1].options[-1].append(text[place:])
    parts = stack[0].options[0]
    for left in stack[1:]:  # an unclosed brace is text; each ends the one before
        parts += ["{", *_with_bars(left.options)]
    return _joined(parts)


def _take(stack: list[_Open], token: re.Match[str]) -> None:
    syntax = token.group()
    here = stack[-1].options[-1]
    if token["list"]:
        here.append(Wildcard(token["list"]))
    elif syntax == "{":
        stack.append(_Open())
    elif syntax == "|" and len(stack) > 1:
        stack[-1].options.append([])
    elif syntax == "}" and len(stack) > 1:
        _close(stack)
    else:
        here.append(syntax.removeprefix("\\"))


def _close(stack: list[_Open]) -> None:
    done = stack.pop()
    here = stack[-1]
    first = done.options[0][0]
    count = _COUNT.match(first) if isinstance(first, str) else None
    if count is None and len(done.options) == 1:
        here.options[-1] += _braced(done.options[0])
        here.depth = max(here.depth, done.depth)
        return
    if done.depth >= NESTED_MAX:
        raise InvalidInput(f"Braces nest deeper than {NESTED_MAX}.", fix="Remove some.")
    here.depth = max(here.depth, done.depth + 1)
    here.options[-1].append(_alternatives(done.options, count))


def _braced(parts: list[Part]) -> list[Part]:
    """Braces that are text, joined with their neighbours, so that deep nests make no long lists."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1 and isinstance(first, str):
        return ["{" + first + "}"]
    parts[:1] = ["{" + first] if isinstance(first, str) else ["{", first]
    parts[-1:] = [last + "}"] if isinstance(last, str) else [last, "}"]
    return parts


def _alternatives(options: list[list[Part]], count: re.Match[str] | None) -> Alternatives:
    if count is None:
        return Alternatives(tuple(map(_option, options)))
    first = options[0][0]
    assert isinstance(first, str)  # it holds the count
    options[0][0] = first[count.end() :]
    least, most = sorted((int(count[1]), int(count[2] or count[1])))
    separator = ", " if count[3] is None else count[3]
    return Alternatives(tuple(map(_option, options)), least, most, separator)


def _option(parts: list[Part]) -> Option:
    first = parts[0] if parts else ""
    weight = _WEIGHT.match(first) if isinstance(first, str) else None
    if weight is None or not isinstance(first, str):
        return Option(1.0, _joined(parts))
    return Option(float(weight[1]), _joined([first[weight.end() :], *parts[1:]]))


def _with_bars(options: list[list[Part]]) -> Iterator[Part]:
    for index, parts in enumerate(options):
        if index:
            yield "|"
        yield from parts


def _joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Join neighbouring texts and drop empty ones."""
    merged: list[Part] = []
    texts: list[str] = []
    for part in (*parts, Wildcard("")):
        if isinstance(part, str):
            texts.append(part)
            continue
        if text := "".join(texts):
            merged.append(text)
        texts = []
        merged.append(part)
    return tuple(merged[:-1])


def expand(text: str, seed: int, lines: Lines, stream: str = "") -> str:
    """Expand a prompt; equal text, seed, `stream` and lists give equal results.

    Raises `InvalidInput` for an unknown list, and over the limits of choices, length and time.
    """
    if not any(syntax in text for syntax in ("{", "__", "\\")):
        return text
    return _Expansion(lines, random.Random(f"{seed}/{stream}")).of(_parsed(text))


_parsed = lru_cache(maxsize=8)(parse)  # a request expands the same text for each image


class _Expansion:
    """One expansion of a prompt. Uses `random()` alone, which is the same on every platform."""

    def __init__(self, lines: Lines, chance: random.Random) -> None:
        self._lines = lines
        self._chance = chance
        self._choices = 0
        self._length = 0
        self._end = time.thread_time() + SECONDS_MAX
        self._within: list[str] = []
        self._lists: dict[str, tuple[Sequence[str], _Weights]] = {}

    def of(self, parts: Sequence[Part]) -> str:
        return "".join(map(self._part, parts))

    def _part(self, part: Part) -> str:
        if isinstance(part, str):
            self._length += len(part)
            if self._length > LENGTH_MAX:
                raise InvalidInput(f"The prompt grows beyond {LENGTH_MAX} characters.")
            return part
        self._choices += 1
        if self._choices > CHOICES_MAX:
            raise InvalidInput(f"The prompt makes more than {CHOICES_MAX} choices.")
        if time.thread_time() > self._end:
            raise InvalidInput(
                f"The prompt takes more than {SECONDS_MAX} seconds to expand.",
                fix="Use fewer or shorter choices.",
            )
        return self._wildcard(part) if isinstance(part, Wildcard) else self._alternatives(part)

    def _alternatives(self, alternatives: Alternatives) -> str:
        count, span = alternatives.least, alternatives.most - alternatives.least + 1
        if span > 1:
            count += int(self._chance.random() * span)
        texts = [self.of(option.parts) for option in self._taken(alternatives.options, count)]
        if not alternatives.separator:
            return "".join(texts)
        return alternatives.separator.join(filter(None, (text.strip() for text in texts)))

    def _taken(self, options: Sequence[Option], count: int) -> Sequence[Option]:
        """`count` different options, each drawn by its weight from those that are left."""
        if count == 1:
            return [options[self._index(_Weights([option.weight for option in options]))]]
        # The order in which clocks of these rates ring is that of draws one after another.
        waits = [(not option.weight, self._wait(option.weight)) for option in options]
        order = sorted(range(len(options)), key=waits.__getitem__)
        return [options[index] for index in order[:count]]

    def _wait(self, rate: float) -> float:
        return -math.log(1 - self._chance.random()) / (rate or 1)

    def _wildcard(self, wildcard: Wildcard) -> str:
        if len(self._within) >= NESTED_MAX:
            way = " → ".join(self._within[-4:])
            raise InvalidInput(f"Lists name each other without end: … → {way}.")
        if wildcard.name not in self._lists:
            entries = self._lines(wildcard.name)
            self._lists[wildcard.name] = entries, _Weights(list(map(_line_weight, entries)))
        lines, weights = self._lists[wildcard.name]
        self._within.append(wildcard.name)
        text = self.of(_option(list(parse(lines[self._index(weights)]))).parts)
        self._within.pop()
        return text

    def _index(self, weights: _Weights) -> int:
        if weights.total <= 0:
            return int(self._chance.random() * len(weights.sums))
        return bisect(weights.sums, self._chance.random() * weights.total, 0, weights.last)


class _Weights:
    """Cumulative weights; `last` is the last index with a weight."""

    def __init__(self, weights: Sequence[float]) -> None:
        self.sums = list(accumulate(weights))
        self.total = self.sums[-1]
        self.last = bisect_left(self.sums, self.total)


def _line_weight(line: str) -> float:
    weight = _WEIGHT.match(line) if "::" in line else None
    return float(weight[1]) if weight else 1.0
