"""The catalogue of downloads: repository, files, size and licence of models and their parts.

Read from `presets/models.yaml` and validated strictly.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import NotFound, StudioError
from core.models.families import of_variant
from core.models.families.parts import PARTS
from core.models.library.folder import PICKLES

CATALOGUE_NAME = "models.yaml"
# No step of a path begins with a dot, so none leads upward.
_STEP, _NAME = r"[A-Za-z0-9_*][A-Za-z0-9_.*-]*", r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_PATH = re.compile(f"{_NAME}(/{_NAME})*")
Pattern = Annotated[str, Field(pattern=f"^{_STEP}(/{_STEP})*$", max_length=200)]
Folder = Annotated[str, Field(pattern=f"^{_NAME}(/{_NAME})*$", max_length=200)]
Repository = Annotated[str, Field(pattern=f"^{_NAME}/{_NAME}$", max_length=200)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)]
Permission = bool | Literal["conditional"]
Commercial = Literal["yes", "conditional", "no", "unknown"]
_BADGES: Mapping[Permission | None, Commercial] = {
    True: "yes",
    False: "no",
    "conditional": "conditional",
    None: "unknown",
}
_USE: Mapping[Commercial, str] = {
    "yes": "Commercial use is allowed",
    "conditional": "Commercial use is allowed on conditions",
    "no": "Commercial use is not allowed",
    "unknown": "Commercial use is not stated",
}
_SALE: Mapping[Commercial, str] = {
    "yes": "outputs may be sold",
    "conditional": "outputs may be sold on conditions",
    "no": "outputs may not be sold",
    "unknown": "the sale of outputs is not stated",
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def pull_command(model_id: str) -> str:
    """The command that downloads an entry of the catalogue, or what a model here lacks."""
    return f".venv/bin/python main.py models pull {shlex.quote(model_id)}"


class Licence(_Strict):
    """The licence of weights. `terms` are its conditions, `outputs` the sale of what they make.

    None is unknown; `outputs` is as `commercial` unless it differs.
    """

    label: str
    commercial: Permission | None = None
    outputs: Permission | None = None
    url: str | None = None
    terms: str | None = None

    @property
    def badge(self) -> Commercial:
        """Commercial use in one word."""
        return _BADGES[self.commercial]

    @property
    def outputs_badge(self) -> Commercial:
        """The sale of outputs in one word."""
        return _BADGES[self.commercial if self.outputs is None else self.outputs]

    @property
    def sentence(self) -> str:
        """Use and sale, then the conditions, in plain words."""
        use, sale = _USE[self.badge], _SALE[self.outputs_badge]
        return " ".join(filter(None, (f"{use}; {sale}.", self.terms)))


class Offer(_Strict):
    """Files of one repository of the hub. `megabytes` is approximate."""

    id: str
    repository: Repository
    licence: str
    gated: bool = False
    files: tuple[Pattern, ...] = Field(min_length=1)
    megabytes: int = Field(gt=0)

    @property
    def bytes(self) -> int:
        """The approximate size of the download."""
        return self.megabytes * 1_000_000

    def takes(self, path: str) -> bool:
        """True for a file of the repository that is downloaded; a pickle never is, nor a path
        that leads out of its folder.

        Patterns are those of `hf download`: `*` matches folders too.
        """
        if not _PATH.fullmatch(path) or PurePosixPath(path).suffix.lower() in PICKLES:
            return False
        return any(fnmatchcase(path, pattern) for pattern in self.files)

    def target(self, models_dir: Path) -> Path:
        """The folder below which its files go, in their folders of the repository."""
        raise NotImplementedError

    @property
    def command(self) -> str:
        """The command that downloads it with its dependencies."""
        return pull_command(self.id)


class CatalogueModel(Offer):
    """A model variant: a diffusers folder, or a single file that `needs` other parts."""

    form: Literal["folder", "file"] = "folder"
    needs: tuple[str, ...] = ()

    def target(self, models_dir: Path) -> Path:
        """See `Offer.target`."""
        return models_dir / self.id if self.form == "folder" else models_dir


class CataloguePart(Offer):
    """A part that completes a single file."""

    folder: Folder

    def target(self, models_dir: Path) -> Path:
        """See `Offer.target`."""
        return models_dir / self.folder


class AuxiliaryModel(CataloguePart):
    """A model beside the diffusion models; `task` is the operation that uses it, or `control`.

    The id of a ControlNet is the name under which the library finds its file or folder.
    """

    label: str
    task: Name

    def place(self, models_dir: Path) -> Path | None:
        """Its folder below `models_dir`, or None where a file of it is missing."""
        folder = self.target(models_dir)
        complete = all(any(folder.glob(pattern)) for pattern in self.files)
        return folder if complete else None


class Catalogue(_Strict):
    """All downloads that are offered."""

    licences: dict[str, Licence]
    models: tuple[CatalogueModel, ...]
    parts: tuple[CataloguePart, ...]
    # `companions` is the section's former name.
    auxiliary: tuple[AuxiliaryModel, ...] = Field(
        (), validation_alias=AliasChoices("auxiliary", "companions")
    )

    @model_validator(mode="after")
    def _check(self) -> Catalogue:
        """Every reference resolves, and every id is unique."""
        offers = (*self.models, *self.parts, *self.auxiliary)
        if len({offer.id for offer in offers}) != len(offers):
            raise ValueError("an id comes twice")
        for offer in offers:
            if offer.licence not in self.licences:
                raise ValueError(f"{offer.id}: there is no licence {offer.licence!r}")
        for model in self.models:
            if of_variant(model.id) is None:
                raise ValueError(f"there is no variant {model.id!r}")
            if not set(model.needs) <= set(self._parts):
                raise ValueError(f"{model.id}: it needs what is not offered")
        if not set(self._parts) <= set(PARTS):
            raise ValueError("a part is not known")
        return self

    @cached_property
    def _models(self) -> dict[str, CatalogueModel]:
        return {model.id: model for model in self.models}

    @cached_property
    def _parts(self) -> dict[str, CataloguePart]:
        return {part.id: part for part in self.parts}

    @cached_property
    def _auxiliary(self) -> dict[str, AuxiliaryModel]:
        return {model.id: model for model in self.auxiliary}

    def model(self, variant_id: str | None) -> CatalogueModel | None:
        """The offer of a variant."""
        return self._models.get(variant_id or "")

    def part(self, part_id: str) -> CataloguePart | None:
        """The offer of a part."""
        return self._parts.get(part_id)

    def offers(self, offer_id: str) -> tuple[Offer, ...]:
        """A model or a part with its dependencies, itself last. Raises `NotFound`."""
        model, part = self.model(offer_id), self.part(offer_id)
        if model is not None:
            return (*(self._parts[need] for need in model.needs), model)
        if part is not None:
            return (part,)
        auxiliary = self._auxiliary.get(offer_id)
        if auxiliary is not None:
            return (auxiliary,)
        known = ", ".join((*self._models, *self._auxiliary))
        raise NotFound(
            f"The catalogue has no {offer_id[:100]!r}.", field="model", fix=f"It has: {known}."
        )

    def auxiliary_model(self, model_id: str) -> AuxiliaryModel | None:
        """The offer of an auxiliary model."""
        return self._auxiliary.get(model_id)

    def licence(self, variant_id: str | None) -> Licence | None:
        """The licence of a variant's weights."""
        model = self.model(variant_id)
        return self.licences[model.licence] if model else None

    def licence_named(self, name: str) -> Licence | None:
        """The licence of an SPDX identifier or a label, in any case."""
        wanted = name.strip().lower()
        return self.licences.get(wanted) or next(
            (entry for entry in self.licences.values() if entry.label.lower() == wanted), None
        )


def read_catalogue(presets: Path) -> Catalogue:
    """The catalogue that ships. Raises `StudioError` naming the place of a fault."""
    import yaml  # slow, and needed for listing models only

    path = presets / CATALOGUE_NAME
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Catalogue.model_validate(content)
    except (OSError, yaml.YAMLError) as error:
        raise StudioError(f"{path.name} cannot be read: {error}.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise StudioError(f"{path.name}: {place}: {first['msg']}.") from error
