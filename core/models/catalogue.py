"""What can be brought by name: `presets/models.yaml`, checked.

An entry says where its files are and what they are recognised as. Whether it is here is asked of
the library, never of file names: a file that a user brought some other way counts as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import NotFound
from core.models.families import FAMILIES
from core.models.families.parts import PARTS
from core.models.folder import PICKLES

FILE_NAME = "models.yaml"
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,60}$")]


class Take(BaseModel):
    """Files of a repository: `take` is a pattern, `to` a place below the models folder.

    Where `to` ends with "/" files keep their names in it, those of a pattern with several folders
    their folders too. `drop` is left out of the names.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    take: str
    to: str
    skip: str | None = Field(None, alias="not")
    drop: str = ""

    def fits(self, path: str) -> bool:
        """Whether a file of the repository is meant. Never a pickle, whatever the pattern."""
        if PurePosixPath(path).suffix.lower() in PICKLES:
            return False
        skipped = self.skip is not None and fnmatchcase(path, self.skip)
        return _same_depth(path, self.take) and fnmatchcase(path, self.take) and not skipped

    def place(self, path: str, entry_id: str) -> PurePosixPath:
        """Where the file goes, below the models folder."""
        to = self.to.replace("{id}", entry_id)
        if not to.endswith("/"):
            return PurePosixPath(to)
        fixed = self.take.split("*")[0].rpartition("/")[0]
        rest = path[len(fixed) + 1 :] if fixed else path
        name = rest.replace(self.drop, "") if self.drop else rest
        return PurePosixPath(to) / name


def _same_depth(path: str, pattern: str) -> bool:
    """`*` stays within a folder."""
    return path.count("/") == pattern.count("/")


class Entry(BaseModel):
    """A model or a part that a hub has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    label: str
    stands_for: Name = Field(alias="is")
    repository: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")
    files: tuple[Take, ...] = Field(min_length=1)
    gigabytes: float = Field(gt=0)
    licence: str
    commercial: bool
    gated: bool
    needs: tuple[Name, ...] = ()

    @property
    def page(self) -> str:
        """Where people read about it and accept its licence."""
        return f"https://huggingface.co/{self.repository}"

    @property
    def family_id(self) -> str | None:
        """The family of a model; None for a part."""
        for family in FAMILIES.values():
            if family.variant(self.stands_for):
                return family.id
        return None

    def places(self, paths: Sequence[str]) -> dict[str, PurePosixPath]:
        """Which files of a repository are meant, and where each goes."""
        found: dict[str, PurePosixPath] = {}
        for path in paths:
            take = next((one for one in self.files if one.fits(path)), None)
            if take:
                found[path] = take.place(path, self.id)
        return found


class Catalogue(BaseModel):
    """All entries by id; parts are what models need beside their own files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[Entry, ...] = ()
    parts: tuple[Entry, ...] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        ids = [entry.id for entry in self]
        if len(ids) != len(set(ids)):
            raise ValueError("two entries have the same id")
        for entry in self.models:
            if entry.family_id is None:
                raise ValueError(f"{entry.id}: no family has the variant {entry.stands_for!r}")
        for entry in self.parts:
            if entry.stands_for not in PARTS:
                raise ValueError(f"{entry.id}: there is no part {entry.stands_for!r}")
        known = {entry.id for entry in self.parts}
        for entry in self:
            for need in entry.needs:
                if need not in known:
                    raise ValueError(f"{entry.id} needs {need!r}, which is not listed")
        return self

    def __iter__(self) -> Iterator[Entry]:  # type: ignore[override]  # entries, not fields
        yield from (*self.models, *self.parts)

    def get(self, entry_id: str) -> Entry:
        """The entry; raises `NotFound` that lists the models."""
        for entry in self:
            if entry.id == entry_id:
                return entry
        known = ", ".join(entry.id for entry in self.models)
        raise NotFound(
            f"The catalogue has no {entry_id[:100]!r}.", field="model", fix=f"It has: {known}."
        )

    def with_needs(self, entry_id: str) -> tuple[Entry, ...]:
        """The entry and all that it needs, itself last."""
        entry = self.get(entry_id)
        return (*(self.get(need) for need in entry.needs), entry)


def read_catalogue(presets_dir: Path) -> Catalogue:
    """The catalogue that ships. Raises `pydantic.ValidationError` when it does not hold together;
    an empty one where there is no file.
    """
    path = presets_dir / FILE_NAME
    if not path.is_file():
        return Catalogue()
    return Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
