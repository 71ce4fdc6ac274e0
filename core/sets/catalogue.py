"""The sets on disk: shipped ones and the user's own, found by scan at each use.

A set is a folder with `set.yaml` and its table, a YAML file beside its table, or a table alone. The
user's own replace shipped ones of the same id.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from uuid import uuid4

from core.errors import Conflict, InvalidInput, NotFound
from core.sets.definition import ID_PATTERN, SetDefinition
from core.sets.faults import check
from core.sets.reading import (
    DEFINITION_NAME,
    TABLE_NAME,
    BrokenSet,
    SavedSet,
    SetPlace,
    read_set,
    scan,
)
from core.sets.rows import fill_set, slug
from core.sets.table import read_table
from core.store import atomic
from core.store.faults import storage_error
from core.suggestion import suggest

SETS_MAX = 1_000


class SetCatalogue:
    """The sets of two folders, read from disk at each call: not for the event loop's thread."""

    def __init__(self, shipped: Path | None, own: Path) -> None:
        self._shipped = shipped
        self._own = own

    def all(self) -> list[SavedSet | BrokenSet]:
        """List every set, the user's own first, then by id."""
        return [read_set(place) for place in self._places().values()]

    def get(self, set_id: str) -> SavedSet:
        """Look up a set by its id, which may have other separators, or by its name.

        Raises `NotFound`, or `InvalidInput` for a broken set.
        """
        places = self._places()
        place = places.get(set_id) or places.get(slug(set_id))
        entry = read_set(place) if place else self._named(set_id)
        if isinstance(entry, BrokenSet):
            raise InvalidInput(entry.error, field="set_name", fix="Correct its file.")
        if entry is None:
            raise NotFound(
                f"There is no set {set_id[:80]!r}.",
                field="set_name",
                fix=suggest(set_id[:80], places) or "See the list of sets.",
            )
        return entry

    def put(self, set_id: str, definition: SetDefinition, csv: bytes) -> bool:
        """Save one of the user's own sets; True if it is new. Raises `InvalidInput`.

        Its table is written beside the definition. A table with errors is refused.
        """
        if not re.fullmatch(ID_PATTERN, set_id) or len(set_id) > 60:
            raise InvalidInput(
                f"{set_id[:80]!r} is no id of a set.",
                field="name",
                fix=f"Use small letters, digits and hyphens, such as {slug(set_id)[:60]!r}.",
            )
        saved = definition.model_copy(update={"csv_path": TABLE_NAME})
        check(fill_set(saved, read_table(csv)).faults)
        folder = self._own / set_id
        new = not (folder / DEFINITION_NAME).exists()
        try:
            atomic.make_folder(folder)
            atomic.write_bytes(folder / TABLE_NAME, csv)
            atomic.write_text(folder / DEFINITION_NAME, _yaml(saved))
        except OSError as error:
            raise storage_error(error, len(csv)) from error
        return new

    def delete(self, set_id: str) -> None:
        """Delete one of the user's own sets. Raises `NotFound`, or `Conflict` for a shipped set."""
        place = self._places().get(set_id)
        if place is None:
            raise NotFound(f"There is no set {set_id[:80]!r}.", field="name")
        if not place.own:
            raise Conflict("This set ships with the studio.", fix="Save it under another name.")
        if place.folder == self._own or place.section is not None:
            path = place.table or place.definition
            raise Conflict(
                f"The set is a part of {path.name if path else 'a file'}, made by hand.",
                fix="Remove it from the folder of sets.",
            )
        doomed = self._own / f".{uuid4().hex}"
        try:
            place.folder.rename(doomed)
        except OSError as error:
            raise storage_error(error) from error
        shutil.rmtree(doomed, ignore_errors=True)

    def _named(self, name: str) -> SavedSet | None:
        wanted = name.strip().casefold()
        saved = (entry for entry in self.all() if isinstance(entry, SavedSet))
        return next((e for e in saved if e.definition.name.casefold() == wanted), None)

    def _places(self) -> dict[str, SetPlace]:
        places: dict[str, SetPlace] = {}
        for folder, own in ((self._own, True), (self._shipped, False)):
            for place in scan(folder, own) if folder and folder.is_dir() else ():
                if len(places) < SETS_MAX:
                    places.setdefault(place.id, place)
        return places


def _yaml(definition: SetDefinition) -> str:
    import yaml

    values = definition.model_dump(mode="json", exclude_defaults=True)
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100))
