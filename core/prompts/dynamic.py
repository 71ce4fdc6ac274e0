"""Prompts that differ from picture to picture: `{a|b}` and `__list__`, settled by a seed.

A choice takes one of its options: `{red|blue}`, with weights `{3::red|blue}`, nested, or several at
once: `{2$$a|b|c}` (joined by a comma), `{1-3$$ and $$a|b|c}`. `__animal__` takes a line of a list.
Everything else is text: braces without a bar, bars without braces, `(word:1.2)`. A backslash makes
text of what would be none: `\\{`, `\\|`, `\\}`, `\\__`. Pure: lists come from the caller.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from core.errors import InvalidInput

NESTED_MAX = 16
CHOICES_MAX = 2_000
LENGTH_MAX = 20_000
LIST_NAME = r"[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*"

_TOKEN = re.compile(rf"\\[{{}}|]|\\__|__(?P<list>{LIST_NAME})__|[{{}}|]")
_WEIGHT = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)::")
_COUNT = re.compile(r"\s*(\d{1,3})(?:-(\d{1,3}))?\$\$(?:([^$]*)\$\$)?")

Lines = Callable[[str], Sequence[str]]
"""The lines of a list by its name; raises `InvalidInput` where there is none."""


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A line of a list."""

    name: str


@dataclass(frozen=True, slots=True)
class Option:
    """One way a choice can go."""

    weight: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`least` to `most` of the options."""

    options: tuple[Option, ...]
    least: int = 1
    most: int = 1
    separator: str = ""


Part = str | Wildcard | Choice


@dataclass(slots=True)
class _Open:
    """A brace that was not closed yet: its options so far, and how deep those nest."""

    options: list[list[Part]] = field(default_factory=lambda: [[]])
    depth: int = 0


def parse(text: str) -> tuple[Part, ...]:
    """The parts of a prompt; any text is one. Raises `InvalidInput` where it nests too deeply."""
    stack, place = [_Open()], 0
    for token in _TOKEN.finditer(text):
        stack[-1].options[-1].append(text[place : token.start()])
        place = token.end()
        _take(stack, token)
    stack[-1].options[-1].append(text[place:])
    parts = stack[0].options[0]
    for left in stack[1:]:  # braces that nobody closed are text; each stands last in the one before
        parts += ["{", *_with_bars(left.options)]
    return _joined(parts)


def _take(stack: list[_Open], token: re.Match[str]) -> None:
    found = token.group()
    here = stack[-1].options[-1]
    if token["list"]:
        here.append(Wildcard(token["list"]))
    elif found == "{":
        stack.append(_Open())
    elif found == "|" and len(stack) > 1:
        stack[-1].options.append([])
    elif found == "}" and len(stack) > 1:
        _close(stack)
    else:
        here.append(found.removeprefix("\\"))


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
        raise InvalidInput(f"Braces nest deeper than {NESTED_MAX}.", fix="Take some away.")
    here.depth = max(here.depth, done.depth + 1)
    here.options[-1].append(_choice(done.options, count))


def _braced(parts: list[Part]) -> list[Part]:
    """A brace pair that is text. It joins its neighbours: deep nests must not make long lists."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1 and isinstance(first, str):
        return ["{" + first + "}"]
    start: list[Part] = ["{" + first] if isinstance(first, str) else ["{", first]
    end: list[Part] = [last + "}"] if isinstance(last, str) else [last, "}"]
    return [*start, *parts[1:-1], *end]


def _choice(options: list[list[Part]], count: re.Match[str] | None) -> Choice:
    if count is None:
        return Choice(tuple(map(_option, options)))
    first = options[0][0]
    assert isinstance(first, str)  # the count was found in it
    options[0][0] = first[count.end() :]
    least, most = sorted((int(count[1]), int(count[2] or count[1])))
    separator = ", " if count[3] is None else count[3]
    return Choice(tuple(map(_option, options)), least, most, separator)


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
    """Neighbouring texts made one, empty ones left out."""
    found: list[Part] = []
    texts: list[str] = []
    for part in (*parts, Wildcard("")):
        if isinstance(part, str):
            texts.append(part)
            continue
        if text := "".join(texts):
            found.append(text)
        texts = []
        found.append(part)
    return tuple(found[:-1])


def expand(text: str, seed: int, lines: Lines, stream: str = "") -> str:
    """The prompt as it is drawn with this seed: the same text, seed, `stream` and lists always give
    the same. Raises `InvalidInput` for a list that is not there, and for what grows without end.
    """
    if not any(sign in text for sign in ("{", "__", "\\")):
        return text
    return _Expansion(lines, random.Random(f"{seed}/{stream}")).of(parse(text))


def is_dynamic(text: str) -> bool:
    """Whether anything in it is more than text."""
    return any(not isinstance(part, str) for part in parse(text))


class _Expansion:
    """One way through a prompt. Draws with `random()` alone, which is the same everywhere."""

    def __init__(self, lines: Lines, chance: random.Random) -> None:
        self._lines = lines
        self._chance = chance
        self._choices = 0
        self._length = 0
        self._within: list[str] = []

    def of(self, parts: Sequence[Part]) -> str:
        return "".join(map(self._part, parts))

    def _part(self, part: Part) -> str:
        if isinstance(part, str):
            self._length += len(part)
            if self._length > LENGTH_MAX:
                raise InvalidInput(f"The prompt grows beyond {LENGTH_MAX} letters.")
            return part
        self._choices += 1
        if self._choices > CHOICES_MAX:
            raise InvalidInput(f"The prompt makes more than {CHOICES_MAX} choices.")
        return self._wildcard(part) if isinstance(part, Wildcard) else self._choice(part)

    def _choice(self, choice: Choice) -> str:
        span = choice.most - choice.least + 1
        count = choice.least + int(self._chance.random() * span) if span > 1 else choice.least
        left, taken = list(choice.options), []
        for _ in range(min(count, len(left))):
            taken.append(left.pop(self._index([option.weight for option in left])))
        texts = [self.of(option.parts) for option in taken]
        if not choice.separator:
            return "".join(texts)
        return choice.separator.join(filter(None, (text.strip() for text in texts)))

    def _wildcard(self, wildcard: Wildcard) -> str:
        if len(self._within) >= NESTED_MAX:
            way = " → ".join(self._within[-4:])
            raise InvalidInput(f"Lists name each other without end: … → {way}.")
        self._within.append(wildcard.name)
        options = [_option(list(parse(line))) for line in self._lines(wildcard.name)]
        chosen = options[self._index([option.weight for option in options])]
        text = self.of(chosen.parts)
        self._within.pop()
        return text

    def _index(self, weights: Sequence[float]) -> int:
        total = sum(weights)
        if total <= 0:
            return int(self._chance.random() * len(weights))
        rest = self._chance.random() * total
        for index, weight in enumerate(weights):
            rest -= weight
            if rest < 0:
                return index
        return max(index for index, weight in enumerate(weights) if weight > 0)
