"""Repairs of broken rules, on a copy: convert, rotate, resize, drop, add captions."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from core.errors import BadUpload
from core.store.decoding.rewriting import rewrite
from core.training.datasets.entries import CONTROL_SUFFIX, Entry, inspect
from core.training.datasets.limits import DatasetLimits
from core.training.datasets.rules import Fault, Fix

Rewrite = Callable[[Path, Path, int | None], None]
"""Writes the image of a file to another, at most that large; see `core.store.decoding.rewriting`.
Raises `BadUpload`."""
_ORDER: tuple[Fix, ...] = ("drop", "convert", "rotate", "resize", "caption")
_WORDS: dict[Fix, str] = {
    "drop": "is left out",
    "convert": "is converted to PNG",
    "rotate": "is stored upright",
    "resize": "is resized to {limits.huge} pixels",
    "caption": "gets the caption {caption!r}",
}
_NUMBERS = re.compile(r"[\d_\W]+")


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair of one image: the fixes in their order, and the caption that is added."""

    name: str
    fixes: tuple[Fix, ...]
    detail: str
    caption: str | None = None


def plan_repairs(
    entries: Sequence[Entry],
    faults: Iterable[Fault],
    limits: DatasetLimits,
    caption: str | None = None,
) -> list[Repair]:
    """The repairs of all faults that have one, by file. `caption` is for images without one."""
    needed: dict[str, set[Fix]] = {}
    for fault in faults:
        if fault.name is not None and fault.fix is not None:
            needed.setdefault(fault.name, set()).add(fault.fix)
    by_name = {entry.name: entry for entry in entries}
    repairs = []
    for name in sorted(needed):
        fixes = needed[name]
        if "convert" in fixes and by_name[name].caption is None:
            fixes = fixes | {"caption"}
        ordered = ("drop",) if "drop" in fixes else tuple(fix for fix in _ORDER if fix in fixes)
        added = (caption or _caption_of(name)) if "caption" in ordered else None
        detail = ", ".join(_WORDS[fix].format(limits=limits, caption=added) for fix in ordered)
        repairs.append(Repair(name, ordered, detail, added))
    return repairs


def apply_repairs(
    entries: Sequence[Entry],
    repairs: Iterable[Repair],
    limits: DatasetLimits,
    folder: Path,
    write: Rewrite = rewrite,
) -> list[Entry]:
    """The repaired entries; changed images are written below `folder`. Originals stay as they are.

    `write` decodes in a process that can be killed where the files are not trusted. A file that
    cannot be read after all is left out.
    """
    planned = {repair.name: repair for repair in repairs}
    repaired = []
    for entry in entries:
        repair = planned.get(entry.name)
        if repair is None:
            repaired.append(entry)
        elif "drop" not in repair.fixes:
            try:
                repaired.append(_repaired(entry, repair, limits, folder, write))
            except BadUpload:
                continue
    return repaired


def write_entries(entries: Iterable[Entry], folder: Path) -> None:
    """Write images with captions and masks to a folder."""
    for entry in entries:
        target = folder / entry.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if entry.path != target:
            shutil.copyfile(entry.path, target)
        if entry.caption is not None:
            target.with_suffix(".txt").write_text(entry.caption + "\n", encoding="utf-8")
        if entry.mask_path is not None:
            shutil.copyfile(entry.mask_path, target.with_name(f"{target.stem}_mask.png"))
        if (control := entry.control_path) is not None:
            name = f"{target.stem}{CONTROL_SUFFIX}{control.suffix or '.png'}"
            shutil.copyfile(control, target.with_name(name))


def _repaired(
    entry: Entry, repair: Repair, limits: DatasetLimits, folder: Path, write: Rewrite
) -> Entry:
    caption = repair.caption if repair.caption is not None else entry.caption
    if set(repair.fixes) <= {"caption"}:
        return replace(entry, caption=caption)
    name = entry.name
    if "convert" in repair.fixes:
        name = str(PurePosixPath(name).with_suffix(".png"))
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    write(entry.path, target, limits.huge if "resize" in repair.fixes else None)
    inspected = inspect(target, name, limits, entry.mask_path)
    return replace(inspected, caption=caption, control_path=entry.control_path)


def _caption_of(name: str) -> str:
    """A caption from a file name: its words without numbers; `an image` where it has none."""
    words = _NUMBERS.sub(" ", PurePosixPath(name).stem).strip()
    return words if len(words) >= 3 else "an image"
