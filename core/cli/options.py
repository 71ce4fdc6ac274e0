"""Options that several commands share, and the settings made from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from core.configuration.changes import invalid
from core.errors import InvalidInput
from core.settings import Settings

DataDir = Annotated[Path | None, typer.Option(help="Data directory of the studio.")]
Out = Annotated[Path, typer.Option(help="Folder for the images.")]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Set of defaults: dev, qa or prod.")
]
KeepMetadata = Annotated[
    bool,
    typer.Option("--metadata/--no-metadata", help="Keep prompts, settings and workflows in files."),
]
KeepProvenance = Annotated[
    bool,
    typer.Option(
        "--provenance/--no-provenance", help="Keep source types and C2PA manifests in files."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_with(**changes: Any) -> Settings:
    """The settings, with the options of the command line applied. Raises `InvalidInput`."""
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        places = {name: f"--{name.replace('_', '-')}" for name in given}
        raise invalid(error, places) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file .env is not UTF-8 text.", fix="Save it as UTF-8, or remove it."
        ) from error


def glance_settings(data_dir: Path | None) -> Settings:
    """Settings of a command that only reads or changes the queue.

    No model is loaded, and tasks that start meanwhile return to the queue when the command ends.
    """
    return settings_with(data_dir=data_dir, warm=False, stop_grace_seconds=0)


def dataset_reference(data: str, data_dir: Path | None) -> str:
    """A dataset by its name, or a folder as an absolute path, which requests may name from now on.

    The path is absolute as the studio may run elsewhere.
    """
    from core.store.named_folders import grant

    if "/" not in data and not Path(data).is_dir():
        return data
    folder = Path(data).expanduser().resolve()
    grant(settings_with(data_dir=data_dir).data_dir, folder)
    return str(folder)


def assignment(text: str, form: str = "name=value") -> tuple[str, Any]:
    """The pair of a text such as `name=value`; a value that is no JSON is text."""
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not {form}.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def data_dir_defaults(group: Any, data_dir: Path) -> dict[str, Any]:
    """Defaults that give `data_dir` to all commands of a group: click's `default_map`."""
    return {
        name: data_dir_defaults(command, data_dir)
        if hasattr(command, "commands")
        else {"data_dir": str(data_dir)}
        for name, command in group.commands.items()
    }
