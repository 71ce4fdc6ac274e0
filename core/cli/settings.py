"""`main.py system settings`, `set` and `unset`: the settings and the user's file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from core.cli.options import AsJson, DataDir, ProfileOption, settings_with
from core.configuration.changes import check_known
from core.configuration.declaration import is_secret
from core.configuration.description import OVERRIDING, describe
from core.configuration.masking import MASK
from core.settings import Settings
from core.store import user_settings

Name = Annotated[str, typer.Argument(help="Name of a setting, or its variable.")]
SOURCES = {
    "option": "command line",
    "environment": "environment",
    "env_file": ".env",
    "user_file": "settings file",
    "profile": "profile",
    "default": "default",
}


def add_commands(system: typer.Typer) -> None:
    """Add the commands to the group `system`."""
    system.command("settings")(show_settings)
    system.command("set")(set_value)
    system.command("unset")(unset_value)


def show_settings(
    as_json: AsJson = False, data_dir: DataDir = None, profile: ProfileOption = None
) -> None:
    """Print every setting with its source; secrets are masked."""
    settings = settings_with(data_dir=data_dir, profile=profile)
    items = describe(settings)
    if as_json:
        print(json.dumps(items, indent=2, ensure_ascii=False))
        return
    for source, title in SOURCES.items():
        named = [item for item in items if item["source"] == source]
        if named:
            print("\n".join([f"# {title}", *map(_line, named)]))


def _line(item: Mapping[str, Any]) -> str:
    return f"{item['variable']}={json.dumps(item['value'], ensure_ascii=False)}"


def set_value(
    name: Name,
    value: Annotated[str, typer.Argument(help="The value, as in the environment.")],
    data_dir: DataDir = None,
) -> None:
    """Write a setting to the user's file. A running studio applies it where it can."""
    _change(name, value, data_dir)


def unset_value(name: Name, data_dir: DataDir = None) -> None:
    """Remove a setting from the user's file."""
    _change(name, None, data_dir)


def _change(given: str, text: str | None, data_dir: Any) -> None:
    settings = settings_with(data_dir=data_dir)
    name = _name(given)
    check_known({name: None})
    following = user_settings.write(settings, {name: text})
    item = next(item for item in describe(following) if item["name"] == name)
    value = MASK if is_secret(Settings.model_fields[name]) else item["value"]
    source = SOURCES[item["source"]]
    print(f"{name} = {json.dumps(value, ensure_ascii=False)} ({source})")
    overriding = OVERRIDING.get(following.origins.of(name))
    if text is not None and overriding:
        print(f"The file is overridden. {overriding.format(variable=item['variable'])}")
    elif item["restart"]:
        print("It takes effect at the next start of the studio.")


def _name(given: str) -> str:
    """The name of a setting that is given by its name or its variable."""
    by_variable = {Settings.variable(name): name for name in Settings.model_fields}
    return by_variable.get(given.upper(), given.lower().replace("-", "_"))
