"""The form of a new training: the configuration of a preset for a model, section by section."""

from __future__ import annotations

import asyncio
from typing import Any

from core.models.library.library import Library
from core.operations.train_lora import SETTINGS
from core.settings import Settings
from core.training.configuration.form import form_sections, setting
from core.training.configuration.schema import parse
from core.training.lookup import TrainingLibrary


class TrainingForm:
    """The settings of presets as fields with their values for a model."""

    def __init__(self, settings: Settings, library: Library) -> None:
        self._library = library
        self._presets = TrainingLibrary(settings.presets_dir, settings.data_dir)

    async def fields(self, preset: str, model: str | None) -> dict[str, Any]:
        """Sections of fields, and the defaults of the operation's own fields.

        Raises `InvalidInput` for an unknown preset, `ModelMissing`.
        """

        def work() -> dict[str, Any]:
            chosen = self._library.get(model) if model else self._library.default("generate")
            values = self._presets.preset(preset).for_model(chosen.id, chosen.family.id)
            config = parse(values)
            return {
                "preset": preset,
                "model": chosen.id,
                "trainable": chosen.family.training is not None,
                "sections": form_sections(config, frozenset(SETTINGS.values())),
                "settings": [
                    {"field": name, "key": key, "default": setting(config, key)}
                    for name, key in SETTINGS.items()
                ],
            }

        return await asyncio.to_thread(work)
