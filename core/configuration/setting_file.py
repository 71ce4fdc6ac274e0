"""Files of settings: the user's file and the profiles, TOML with one `name = value` per line.

The user's file lies in the data directory. Comments and blank lines in it stay when it is changed.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import InvalidInput

NAME = "settings.toml"
HEAD = "# Settings of this studio. The environment and .env override them; see docs/settings.md."
_ASSIGNED = re.compile(r"\s*([A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')\s*=")


def user_file(data_dir: Path) -> Path:
    """The path of the user's settings."""
    return data_dir / NAME


def read(path: Path) -> dict[str, Any]:
    """The settings in a file; empty if it does not exist. Raises `InvalidInput`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The settings in {path} cannot be read: {error}.",
            fix="Make it a readable UTF-8 text file, or remove it.",
        ) from error
    return parse(text, path)


def parse(text: str, path: Path) -> dict[str, Any]:
    """The settings in the text of a file. Raises `InvalidInput`."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(
            f"The settings in {path} are not valid TOML: {error}.",
            fix="Correct the line, or remove it. A line is `name = value`.",
        ) from error


def changed(text: str, changes: Mapping[str, Any]) -> str:
    """The text of a file with other values; None removes a setting. Other lines stay."""
    values = {**tomllib.loads(text), **changes}
    values = {name: value for name, value in values.items() if value is not None}
    edited = _edit_lines(text, changes)
    if _values_of(edited) == values:
        return edited
    # A value over several lines, or a table: written anew, below the comments.
    comments = [line for line in _lines(text) if line.lstrip().startswith("#")]
    return "\n".join([*comments, *(_line(name, value) for name, value in values.items()), ""])


def _lines(text: str) -> list[str]:
    """The lines as TOML counts them: other separators of Unicode may stand within a text."""
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def _edit_lines(text: str, changes: Mapping[str, Any]) -> str:
    missing = dict(changes)
    lines = []
    for line in _lines(text) or [HEAD]:
        match = _ASSIGNED.match(line)
        name = str(match.group(1)).strip("\"'") if match else ""
        if name not in changes:
            lines.append(line)
        elif missing.pop(name, None) is not None:
            lines.append(_line(name, changes[name]))
    lines += [_line(name, value) for name, value in missing.items() if value is not None]
    return "\n".join([*lines, ""])


def _values_of(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _line(name: str, value: Any) -> str:
    # JSON strings, numbers, booleans and lists are TOML, but for one character.
    return f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
