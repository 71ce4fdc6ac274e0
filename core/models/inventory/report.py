"""The inventory as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.errors import ModelBroken
from core.models.inventory.inventory import AuxiliaryEntry, InventoryEntry, MissingPart

_GIGABYTE = 1_000_000_000


def lines(
    models: Sequence[InventoryEntry],
    refused: Mapping[str, ModelBroken],
    auxiliary: Sequence[AuxiliaryEntry] = (),
) -> Iterator[str]:
    """One line per model, with the command and target of each missing download below it."""
    for entry in models:
        yield f"{entry.id:24} {entry.state:11} {_size(entry.size):>9}  {entry.label}"
        yield from _licence(entry)
        if entry.problem:
            yield f"    {entry.problem}"
        for part in entry.missing:
            yield from _missing_part(part)
    for name, error in refused.items():
        yield f"{name:24} refused      {error.detail}"

    for model in auxiliary:
        label = f"{model.label} · for {model.task}"
        state = "missing" if model.missing else "present"
        yield f"{model.id:24} {state:11} {_size(model.bytes):>9}  {label}"
        yield from _licence(model)
        for part in model.missing:
            yield from _missing_part(part)


def _missing_part(part: MissingPart) -> Iterator[str]:
    if not part.path:  # a package, not a file
        yield f"    needs {part.label}: {part.command}"
        return
    gate = "; accept its licence on the hub and set HF_TOKEN first" if part.gated else ""
    yield f"    get {part.label} ({_size(part.bytes)}) into {part.path}{gate}:"
    yield f"    {part.command or 'no download is known'}"


def _licence(entry: InventoryEntry | AuxiliaryEntry) -> Iterator[str]:
    """The licence with its conditions and link, on a line of its own."""
    licence = entry.licence
    if licence is None:
        yield "    licence unknown: no record names one"
        return
    yield f"    {licence.label}: {licence.sentence}{f' {licence.url}' if licence.url else ''}"


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    return f"{size / _GIGABYTE:.1f} GB" if size >= _GIGABYTE else f"{size / 1_000_000:.0f} MB"
