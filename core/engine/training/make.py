"""The training adapter of a loaded model."""

from __future__ import annotations

import importlib

from core.engine.loaded import Loaded
from core.engine.training.adapters.base import Adapter
from core.errors import InvalidInput


def adapter_of(loaded: Loaded) -> Adapter:
    """The adapter that the family's record names. Raises `InvalidInput` for a family without."""
    training = loaded.model.family.training
    if training is None:
        raise InvalidInput(
            f"LoRAs of {loaded.model.family.label} cannot be trained.",
            field="model",
            fix="Choose another base model.",
        )
    module = importlib.import_module(f"core.engine.training.adapters.{training.adapter}")
    adapter: Adapter = module.Adapter(loaded)
    return adapter
