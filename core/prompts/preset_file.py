"""Files of presets, as YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def read(path: Path) -> Any:
    """The content of a file. Raises `OSError`, and `ValueError` for what is no YAML in UTF-8."""
    import yaml  # not on the way to the first answer

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
