"""Presets of trainings: YAML files with a configuration, and what families and models change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from core.suggestion import suggest
from core.training.configuration.layers import read_yaml
from core.training.configuration.merging import merged

DEFAULT = "concept"
_MODELS = "models"


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset. `families` and `models` change its `config`, by id; the model's values win."""

    id: str
    title: str
    description: str
    config: Mapping[str, Any]
    families: Mapping[str, Mapping[str, Any]]
    models: Mapping[str, Mapping[str, Any]]

    def for_model(self, model_id: str, family_id: str) -> dict[str, Any]:
        """The nested values for a model."""
        family = self.families.get(family_id, {})
        return merged(self.config, family, self.models.get(model_id, {}))

    def suits(self, family_id: str) -> bool:
        """True where it is made for the family, or for any."""
        return "*" in self.families or family_id in self.families


def presets(folder: Path) -> tuple[Preset, ...]:
    """The presets of a folder, by name. Raises `InvalidInput` for a malformed file."""
    models = {path.stem: read_yaml(path) for path in sorted((folder / _MODELS).glob("*.yaml"))}
    return tuple(_read(path, models) for path in sorted(folder.glob("*.yaml")))


def find(folder: Path, name: str) -> Preset:
    """The preset of an id. Raises `InvalidInput` with the known ones."""
    known = {preset.id: preset for preset in presets(folder)}
    if name not in known:
        raise InvalidInput(
            f"There is no preset {name[:80]!r}.",
            field="preset",
            fix=f"{suggest(name, known) or ''} Choose one of: {', '.join(known)}.".strip(),
        )
    return known[name]


def _read(path: Path, models: Mapping[str, Mapping[str, Any]]) -> Preset:
    content = read_yaml(path)
    return Preset(
        path.stem,
        str(content.get("title", path.stem)),
        str(content.get("description", "")),
        content.get("config", {}),
        content.get("families", {}),
        models,
    )
