"""An environment and a working folder without settings."""

import os
from pathlib import Path

import pytest

from core.settings import Settings


def clear(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Remove all settings of the environment, and work in an empty folder."""
    variables = set(map(Settings.variable, Settings.model_fields))
    for name in list(os.environ):
        if name.startswith("QPYT_") or name in variables:
            monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
