"""Saved workflows (a folder of JSON files) and the read-only presets. The only module that turns a
workflow's name into a path.
"""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from core.errors import InvalidInput, InvalidWorkflow, NotFound
from core.store import atomic
from core.store.clock import timestamp
from core.workflows.workflow import Workflow, parse

NAME_MAX = 80
FILE_NAME_MAX = 240


class Workflows:
    """The user's workflows in `folder`; presets in `presets`. Every method reads or writes disk."""

    def __init__(self, folder: Path, presets: Path) -> None:
        self._folder = folder
        self._presets = presets

    def all(self) -> list[dict[str, Any]]:
        """What is saved, newest first."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                workflow = parse(json.loads(path.read_bytes()))
            except (OSError, ValueError, InvalidWorkflow):
                continue  # a file that is no workflow is not ours to show
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            found.append(
                {
                    "name": unquote(path.stem),
                    "description": workflow.description,
                    "bricks": len(workflow.bricks),
                    "updated_at": timestamp(changed),
                }
            )
        return sorted(found, key=lambda item: str(item["updated_at"]), reverse=True)

    def get(self, name: str) -> Workflow:
        """A saved workflow; raises `NotFound`."""
        path = self._path(name)
        if not path.is_file():
            raise NotFound(f"There is no workflow {name!r}.")
        return parse(_read(path)).model_copy(update={"name": name})

    def put(self, name: str, workflow: Workflow) -> bool:
        """Save, whole or not at all. True when the name is new."""
        path = self._path(name)
        new = not path.exists()
        data = workflow.model_copy(update={"name": name}).json_data()
        atomic.write_text(path, json.dumps(data, indent=2, ensure_ascii=False))
        return new

    def delete(self, name: str) -> None:
        """Remove a saved workflow; raises `NotFound`."""
        try:
            self._path(name).unlink()
        except FileNotFoundError as error:
            raise NotFound(f"There is no workflow {name!r}.") from error

    def presets(self) -> list[dict[str, Any]]:
        """The factory workflows."""
        return [
            {"name": path.stem, "title": workflow.name, "description": workflow.description}
            for path in sorted((self._presets / "workflows").glob("*.json"))
            for workflow in [parse(_read(path))]
        ]

    def preset(self, name: str) -> Workflow:
        """A factory workflow; raises `NotFound`."""
        for path in (self._presets / "workflows").glob("*.json"):
            if path.stem == name:
                return parse(_read(path))
        raise NotFound(f"There is no preset {name!r}.")

    def _path(self, name: str) -> Path:
        plain = unicodedata.normalize("NFC", name)
        if not plain or len(plain) > NAME_MAX or not plain.isprintable() or plain != plain.strip():
            raise InvalidInput(
                f"A workflow's name is 1 to {NAME_MAX} printable characters.", field="name"
            )
        if plain.startswith(".") or set("/\\") & set(plain):
            raise InvalidInput("A workflow's name has no slash and no dot in front.", field="name")
        file_name = quote(plain, safe=" ") + ".json"
        if len(file_name) > FILE_NAME_MAX:
            raise InvalidInput("This name is too long for a file.", field="name")
        return self._folder / file_name


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidWorkflow(f"{path.name} is not JSON: {error}") from error
