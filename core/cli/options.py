"""Options that several commands share, and the settings made from them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from core.errors import FieldError, InvalidInput
from core.settings import Settings

DataDir = Annotated[Path | None, typer.Option(help="Data directory of the studio.")]
Out = Annotated[Path, typer.Option(help="Folder for the images.")]
SECRETS = frozenset({"token", "database_url"})
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def settings_with(**changes: Any) -> Settings:
    """The settings, with the options of the command line applied. Raises `InvalidInput`."""
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise _invalid(error, given) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "The file .env is not UTF-8 text.", fix="Save it as UTF-8, or remove it."
        ) from error


def glance_settings(data_dir: Path | None) -> Settings:
    """Settings of a command that only reads or changes the queue.

    No model is loaded, and tasks that start meanwhile return to the queue when the command ends.
    """
    return settings_with(data_dir=data_dir, warm=False, stop_grace_seconds=0)


def _invalid(error: ValidationError, given: Mapping[str, Any]) -> InvalidInput:
    faults = []
    for fault in error.errors(include_url=False, include_context=False):
        name = str(fault["loc"][0])
        place = Settings.variable(name) if name in Settings.model_fields else name
        if name in given:
            place = f"--{name.replace('_', '-')}"
        value = "" if name in SECRETS else f", not {fault['input']!r}"
        faults.append(FieldError(place, f"{fault['msg']}{value}."))
    return InvalidInput(
        "Settings are not valid.",
        errors=faults,
        fix="Change the option, the environment variable or the line of .env.",
    )


def data_dir_defaults(group: Any, data_dir: Path) -> dict[str, Any]:
    """Defaults that give `data_dir` to all commands of a group: click's `default_map`."""
    return {
        name: data_dir_defaults(command, data_dir)
        if hasattr(command, "commands")
        else {"data_dir": str(data_dir)}
        for name, command in group.commands.items()
    }
