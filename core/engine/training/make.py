"""The training adapter of a loaded model."""

from __future__ import annotations

import importlib

from core.engine.loaded import Loaded
from core.engine.training.adapters.base import Adapter
from core.training.plan import training_of


def adapter_of(loaded: Loaded) -> Adapter:
    """The adapter that the family's record names. Raises `InvalidInput` for a family without."""
    training = training_of(loaded.model.family)
    module = importlib.import_module(f"core.engine.training.adapters.{training.adapter}")
    adapter: Adapter = module.Adapter(loaded)
    return adapter
