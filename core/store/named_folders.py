"""Folders of the server that requests name by path: those of a setting, and those of its user."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from core.errors import InvalidInput, Refused
from core.store.json_text import read_json

GRANTS = "granted-folders.json"
MAX_GRANTS = 100


def allowed_folder(path: str, allowed: Sequence[Path], *, field: str, command: str) -> Path:
    """A folder that a request names, its links resolved, if it is in or below an allowed one.

    `command`: the one that takes any folder of its user. Raises `Refused`, also where there is no
    such folder elsewhere.
    """
    try:
        folder = Path(path).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):  # a circle of links, or a null character
        raise InvalidInput(f"{path!r} is no path of a folder.", field=field) from None
    if not any(folder.is_relative_to(root.expanduser().resolve()) for root in allowed):
        raise Refused(
            f"The folder {path!r} is not open to imports.",
            field=field,
            fix="Add it, or a folder above it, to QPYT_IMPORT_DIRS and start the studio anew; or "
            f"run `{command}` on it.",
        )
    return folder


def granted(data_dir: Path) -> list[Path]:
    """The folders that the command line of this user has named, the newest last."""
    try:
        names = read_json((data_dir / GRANTS).read_text(encoding="utf-8"))
    except OSError:
        return []
    return [Path(name) for name in names] if isinstance(names, list) else []


def grant(data_dir: Path, folder: Path) -> None:
    """Allow requests to name a folder. Only who may write in the data folder can."""
    names = [str(path) for path in granted(data_dir) if path != folder]
    data_dir.mkdir(parents=True, exist_ok=True)
    text = json.dumps([*names, str(folder)][-MAX_GRANTS:])
    (data_dir / GRANTS).write_text(text, encoding="utf-8")
