"""The sets in folders: their files, definitions by scan, and their definitions and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import StudioError
from core.sets.definition import SetDefinition, last_part
from core.sets.faults import Fault, warning
from core.sets.rows import FilledSet, fill_set, slug
from core.sets.table import FILE_MAX, Table, read_table
from core.suggestion import suggest

DEFINITION_NAME = "set.yaml"
TABLE_NAME = "rows.csv"
DEFINITION_MAX = 256 << 10  # bytes
_LEGACY = frozenset({"csv_path", "prompt_template", "base_prompt"})


@dataclass(frozen=True, slots=True)
class SavedSet:
    """A set of the catalogue. `faults` are those of its definition."""

    id: str
    own: bool
    definition: SetDefinition
    table: Table
    faults: tuple[Fault, ...] = ()

    def filled(self, theme: str = "") -> FilledSet:
        """Every row with its prompt and the faults of definition, table and template."""
        filled = fill_set(self.definition, self.table, theme)
        return FilledSet(
            filled.rows, (*self.faults, *filled.faults), filled.template, filled.item_name
        )


@dataclass(frozen=True, slots=True)
class BrokenSet:
    """A set that cannot be read, and why."""

    id: str
    own: bool
    error: str


@dataclass(frozen=True, slots=True)
class SetPlace:
    """The files of a set: its definition, or none where a table stands alone.

    `section` is the key of the set in a file of several.
    """

    id: str
    own: bool
    folder: Path
    definition: Path | None
    table: Path | None = None
    section: str | None = None


def scan(folder: Path, own: bool) -> Iterator[SetPlace]:
    """The sets of a folder: its folders, its YAML files, then tables that no definition names."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield from _scan_set(path, own)
    yield from _scan_files(folder, own, {})


def _scan_set(folder: Path, own: bool) -> Iterator[SetPlace]:
    if (folder / DEFINITION_NAME).is_file():
        yield SetPlace(slug(folder.name), own, folder, folder / DEFINITION_NAME)
        return
    yield from _scan_files(folder, own, {TABLE_NAME: folder.name})


def _scan_files(folder: Path, own: bool, names: Mapping[str, str]) -> Iterator[SetPlace]:
    """Sets of files in a folder. `names` are ids for files with a general name."""
    named = set()
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        for section, table in _sections(path):
            named.add(table)
            yield SetPlace(slug(section or path.stem), own, folder, path, section=section)
    for path in sorted(folder.glob("*.csv")):
        if path.name not in named:
            yield SetPlace(slug(names.get(path.name, path.stem)), own, folder, None, path)


def _sections(path: Path) -> Iterator[tuple[str | None, str]]:
    """The sets that a YAML file defines, each with the file name of its table.

    A file of several sets holds their definitions by id, at the top or below `sets`. A file that
    cannot be read is one set, so that its fault is shown.
    """
    try:
        content = _load(path)
    except (OSError, ValueError):
        yield None, ""
        return
    for section, values in _definitions(content):
        yield section, _table_name(values)


def _definitions(content: Any) -> list[tuple[str | None, Mapping[str, Any]]]:
    if not isinstance(content, dict):
        return [(None, {})]
    if isinstance(content.get("sets"), dict):
        content = content["sets"]
    several = {
        str(key): value
        for key, value in content.items()
        if isinstance(value, dict) and _LEGACY & value.keys()
    }
    return list(several.items()) if several and "csv_path" not in content else [(None, content)]


def _table_name(values: Mapping[str, Any]) -> str:
    path = values.get("csv_path")
    return last_part(path) if isinstance(path, str) else ""


def read_set(place: SetPlace) -> SavedSet | BrokenSet:
    """Read the files of a set, or the reason why they cannot be read."""
    try:
        return _read(place)
    except (OSError, ValueError, StudioError) as error:
        reason = error.detail if isinstance(error, StudioError) else str(error)
        return BrokenSet(place.id, place.own, reason)


def _read(place: SetPlace) -> SavedSet:
    """Raises `OSError`, `ValueError` or `StudioError`."""
    if place.definition is None:
        assert place.table is not None
        name = place.id.replace("-", " ").capitalize()
        definition = SetDefinition(name=name, csv_path=place.table.name)
        return SavedSet(place.id, place.own, definition, _table(place.table))
    definitions = dict(_definitions(_load(place.definition)))
    values = definitions.get(place.section, {})
    values = {"name": place.id.replace("-", " ").capitalize(), **values}
    try:
        definition = SetDefinition.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place.definition.name}: {where}: {first['msg']}.") from error
    unknown = [key for key in values if key not in SetDefinition.model_fields]
    faults = [
        warning(
            f"{place.definition.name} has an unknown field {key!r}; it is ignored.",
            fix=suggest(key, SetDefinition.model_fields),
        )
        for key in map(str, unknown)
    ]
    table = _table(place.folder / definition.table_name)
    return SavedSet(place.id, place.own, definition, table, tuple(faults))


def _table(path: Path) -> Table:
    """Raises `OSError`, or `ValueError` where there is none or a link leads out of its folder."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        raise ValueError(f"The table {path.name} is missing.") from None
    if path.resolve().parent != path.parent.resolve() or not path.is_file():
        raise ValueError(f"{path.name} is no file of the set's folder.")
    if stat.st_size > FILE_MAX:
        raise ValueError(f"{path.name} has {stat.st_size} bytes; {FILE_MAX} are allowed.")
    return _cached_table(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _cached_table(path: Path, *_marks: int) -> Table:
    """`_marks` change with the file."""
    return read_table(path.read_bytes())


def _load(path: Path) -> Any:
    """The content of a YAML file. Raises `OSError` or `ValueError`."""
    import yaml  # not on the way to the first answer

    if path.stat().st_size > DEFINITION_MAX:
        raise ValueError(f"{path.name} has over {DEFINITION_MAX} bytes.")
    try:
        return yaml.safe_load(path.read_bytes().decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path.name} is no YAML in UTF-8: {str(error)[:200]}") from error
