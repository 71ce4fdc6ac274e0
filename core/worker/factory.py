"""The executor that the settings name."""

from __future__ import annotations

import importlib

from core.errors import InvalidInput
from core.settings import Settings
from core.worker.executor import Executor

EXECUTORS = {"local": "core.worker.local_executor:LocalExecutor"}


def make_executor(settings: Settings) -> Executor:
    """Build the executor of `settings.executor`: a name of `EXECUTORS`, or `module:Class`.

    The class is called with the settings. Raises `InvalidInput` for an unknown name or class.
    """
    module, _, name = EXECUTORS.get(settings.executor, settings.executor).partition(":")
    try:
        executor: Executor = getattr(importlib.import_module(module), name)(settings)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInput(
            f"The executor {settings.executor!r} cannot be loaded: {error}.",
            field=Settings.variable("executor"),
            fix=f"Use one of {', '.join(EXECUTORS)}, or `package.module:Class`.",
        ) from error
    return executor
