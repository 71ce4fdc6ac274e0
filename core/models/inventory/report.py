"""The stock of models in plain words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.errors import ModelBroken
from core.models.inventory.inventory import AuxiliaryEntry, InventoryEntry, MissingPart

_COMMERCIAL = {
    "yes": "commercial use",
    "conditional": "commercial use on terms",
    "no": "not commercial",
}
_GIGABYTE = 1_000_000_000


def lines(
    stock: Sequence[InventoryEntry],
    refused: Mapping[str, ModelBroken],
    companions: Sequence[AuxiliaryEntry] = (),
) -> Iterator[str]:
    """A line a model; what is missing with the command and the place."""
    for entry in stock:
        told = f"{entry.label}{_licence(entry)}"
        yield f"{entry.id:24} {entry.state:11} {_size(entry.size):>9}  {told}"
        if entry.problem:
            yield f"    {entry.problem}"
        for lack in entry.lacks:
            yield from _lack(lack)
    for name, error in refused.items():
        yield f"{name:24} refused      {error.detail}"

    for one in companions:
        told = f"{one.label} · for {one.task}{_licence(one)}"
        state = "missing" if one.lacks else "present"
        yield f"{one.id:24} {state:11} {_size(one.bytes):>9}  {told}"
        for lack in one.lacks:
            yield from _lack(lack)


def _lack(lack: MissingPart) -> Iterator[str]:
    if not lack.path:  # no file of ours
        yield f"    needs {lack.label}: {lack.command}"
        return
    gate = "; accept its licence on the hub and set HF_TOKEN first" if lack.gated else ""
    yield f"    get {lack.label} ({_size(lack.bytes)}) into {lack.path}{gate}:"
    yield f"    {lack.command or 'no place is known to get it from'}"


def _licence(entry: InventoryEntry | AuxiliaryEntry) -> str:
    if entry.licence is None:
        return ""
    return f" · {entry.licence.label} ({_COMMERCIAL[entry.licence.badge]})"


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    return f"{size / _GIGABYTE:.1f} GB" if size >= _GIGABYTE else f"{size / 1_000_000:.0f} MB"
