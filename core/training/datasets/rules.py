"""The rules of a dataset: each is one record with its code, its check and its remedy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from core.errors import FieldError
from core.training.datasets.entries import CONVERTIBLE, ENDINGS, Entry
from core.training.datasets.limits import DatasetLimits

Fix = Literal["convert", "rotate", "resize", "drop", "caption"]


class Level(StrEnum):
    """An error prevents a training, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `check` yields pairs of a file name (or None) and its fault; `fix` repairs it."""

    code: str
    level: Level
    remedy: str
    check: Callable[[Sequence[Entry], DatasetLimits], Iterator[tuple[str | None, str]]]
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule: the file, what is wrong and what to do. `name` is None for the whole set."""

    code: str
    level: Level
    name: str | None
    detail: str
    remedy: str
    fix: Fix | None = None

    @property
    def sentence(self) -> str:
        """The fault as a sentence."""
        return f"{self.name} {self.detail}." if self.name else f"{self.detail}."

    @property
    def field_error(self) -> FieldError:
        """The fault as part of a problem document."""
        return FieldError(self.name or "dataset", self.sentence)


Found = Iterator[tuple[str | None, str]]


def check_entries(entries: Sequence[Entry], limits: DatasetLimits) -> list[Fault]:
    """Every broken rule, errors first, then by file."""
    faults = [
        Fault(rule.code, rule.level, name, detail, rule.remedy.format(limits=limits), rule.fix)
        for rule in RULES
        for name, detail in rule.check(entries, limits)
    ]
    return sorted(faults, key=lambda fault: (fault.level is Level.WARNING, fault.name or ""))


def readable(entries: Iterable[Entry]) -> list[Entry]:
    """The entries whose header was read."""
    return [entry for entry in entries if entry.sha256]


def _links(entries: Sequence[Entry], _: DatasetLimits) -> Found:
    for entry in entries:
        if entry.link:
            yield entry.name, "is a symbolic link"


def _endings(entries: Sequence[Entry], _: DatasetLimits) -> Found:
    for entry in entries:
        if not entry.link and entry.ending in CONVERTIBLE:
            yield entry.name, f"has the ending {entry.ending}; {', '.join(ENDINGS)} are allowed"


def _large(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    for entry in entries:
        if entry.size > limits.max_bytes:
            size = f"{entry.size / (1 << 20):.0f} MB"
            yield entry.name, f"has {size}; at most {limits.max_bytes >> 20} MB are allowed"


def _broken(entries: Sequence[Entry], _: DatasetLimits) -> Found:
    for entry in entries:
        if entry.problem:
            yield entry.name, entry.problem


def _small(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    for entry in readable(entries):
        if min(entry.width, entry.height) < limits.smallest:
            size = f"{entry.width} × {entry.height}"
            yield entry.name, f"is {size}; the shorter side needs {limits.smallest} pixels"


def _below_advised(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    for entry in readable(entries):
        if limits.smallest <= min(entry.width, entry.height) < limits.advised:
            size = f"{entry.width} × {entry.height}"
            yield entry.name, f"is {size}; {limits.advised} pixels on the shorter side are better"


def _huge(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    for entry in readable(entries):
        if max(entry.width, entry.height) > limits.huge:
            size = f"{entry.width} × {entry.height}"
            yield entry.name, f"is {size}; more than {limits.huge} pixels a side only cost time"


def _turned(entries: Sequence[Entry], _: DatasetLimits) -> Found:
    for entry in readable(entries):
        if entry.turned:
            yield entry.name, "is stored rotated, by its EXIF orientation"


def _few(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    count = len(entries)
    if count < limits.min_images:
        yield None, f"The dataset has {count} images; at least {limits.min_images} are needed"


def _rather_few(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    count = len(entries)
    if limits.min_images <= count < limits.advised_images:
        yield None, f"The dataset has {count} images; {limits.advised_images} or more are better"


def _missing(entries: Sequence[Entry], _: DatasetLimits) -> Found:
    for entry in readable(entries):
        if entry.caption is None:
            yield entry.name, "has no caption"


def _short(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    for entry in readable(entries):
        if entry.caption is not None and len(entry.caption) < limits.min_caption:
            count = f"{len(entry.caption)} of at least {limits.min_caption} characters"
            yield entry.name, f"has a caption of {count}"


def _long(entries: Sequence[Entry], limits: DatasetLimits) -> Found:
    for entry in readable(entries):
        if entry.caption is not None and len(entry.caption) > limits.max_caption:
            count = f"{len(entry.caption)} characters; at most {limits.max_caption} are allowed"
            yield entry.name, f"has a caption of {count}"


def _copies(entries: Sequence[Entry], _: DatasetLimits) -> Found:
    names = defaultdict(list)
    for entry in readable(entries):
        names[entry.sha256].append(entry.name)
    for first, *others in names.values():
        for name in others:
            yield name, f"is an exact copy of {first}"


def _same_stem(entries: Sequence[Entry], _: DatasetLimits) -> Found:
    """Images that share a caption file: `a.png` and `a.jpg` have the one `a.txt`."""
    owners: dict[str, str] = {}
    for entry in readable(entries):
        stem = entry.name.removesuffix(entry.ending)
        if entry.caption_path is not None and stem in owners:
            yield entry.name, f"shares the caption file of {owners[stem]}"
        owners.setdefault(stem, entry.name)


ERROR, WARNING = Level.ERROR, Level.WARNING
RULES = (
    Rule("symlink", ERROR, "Put a copy of the file into the folder.", _links, "drop"),
    Rule("extension", ERROR, "Convert it to PNG or JPEG.", _endings, "convert"),
    Rule("too_many_bytes", ERROR, "Save it smaller, or as JPEG.", _large, "resize"),
    Rule("unreadable", ERROR, "Save it anew, or remove it.", _broken, "drop"),
    Rule("too_small", ERROR, "Use a larger original, or remove it.", _small, "drop"),
    Rule("too_few", ERROR, "Add more images.", _few),
    Rule("caption_short", ERROR, "Describe what the image shows.", _short, "caption"),
    Rule("caption_long", ERROR, "Shorten the caption.", _long),
    Rule("few", WARNING, "Add more images.", _rather_few),
    Rule("small", WARNING, "Use a larger original.", _below_advised),
    Rule("huge", WARNING, "Resize it to {limits.huge} pixels.", _huge, "resize"),
    Rule("rotated", WARNING, "Store it upright.", _turned, "rotate"),
    Rule("caption_missing", WARNING, "Add a caption.", _missing, "caption"),
    Rule("duplicate", WARNING, "Remove the copy.", _copies, "drop"),
    Rule("shared_caption", WARNING, "Rename one of the two images.", _same_stem),
)
