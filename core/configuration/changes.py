"""Changes of the user's file: checked, validated as a whole, written at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.configuration import setting_file
from core.configuration.declaration import is_secret, traits_of
from core.configuration.description import obstacle_of
from core.configuration.sources import Source, latest
from core.errors import Conflict, FieldError, InvalidInput, SettingGuarded
from core.settings import Settings
from core.suggestion import suggest


def check_allowed(settings: Settings, names: Mapping[str, Any]) -> None:
    """Raise where REST may not change a setting: `InvalidInput`, `SettingGuarded`, `Conflict`."""
    check_known(names)
    for name in names:
        obstacle = obstacle_of(settings, name)
        if obstacle is None:
            continue
        guarded = settings.settings_read_only or traits_of(Settings.model_fields[name]).guarded
        kind = SettingGuarded if guarded else Conflict
        raise kind(f"The setting {name} cannot be changed here.", field=name, fix=obstacle)


def check_known(names: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` for a name that is no setting."""
    for name in names:
        if name not in Settings.model_fields:
            raise InvalidInput(
                f"There is no setting {name[:100]!r}.",
                field=name[:100],
                fix=suggest(name[:100], Settings.model_fields)
                or "Run `main.py system settings` for all names.",
            )


def edited(settings: Settings, values: Mapping[str, Any]) -> tuple[Path, str]:
    """The user's file and its text with other values; None removes one. Raises `InvalidInput`."""
    if "data_dir" in values:
        raise InvalidInput(
            "The user's file lies in the data directory, so it cannot move it.",
            field="data_dir",
            fix="Set QPYT_DATA_DIR, or give --data-dir.",
        )
    path = settings.origins.user_file
    assert path is not None
    valid = validated(settings, values)
    setting_file.read(path)
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    return path, setting_file.changed(old, valid)


def validated(settings: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are written, with None for those that are removed."""
    given = {name: value for name, value in values.items() if value is not None}
    try:
        candidate = Settings(**{**settings.origins.options, **given})
    except ValidationError as error:
        refused = invalid(error, {name: name for name in given})
        refused.detail = "; ".join(f"{fault.field}: {fault.detail}" for fault in refused.errors)
        refused.fix = "Give a value of the type and the range that `system settings --json` lists."
        raise refused from error
    dumped = candidate.model_dump(mode="json", include=set(given))
    for name in given:
        if is_secret(Settings.model_fields[name]):
            dumped[name] = getattr(candidate, name).get_secret_value()
    try:
        "".join(map(str, dumped.values())).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("A value holds text that is no Unicode.") from error
    return {name: dumped.get(name) for name in values}


def reread(settings: Settings) -> Settings:
    """The settings as a start with the same options would find them now. Raises `InvalidInput`."""
    try:
        return Settings(**settings.origins.options)
    except ValidationError as error:
        raise invalid(error, {}) from error


def invalid(error: ValidationError, places: Mapping[str, str]) -> InvalidInput:
    """The error for values that are refused, each with the place where it is set.

    `places`: the names of those that the caller passed, as the caller has them.
    """
    faults = []
    for fault in error.errors(include_url=False, include_context=False):
        name = str(fault["loc"][0])
        field = Settings.model_fields.get(name)
        secret = name == "database_url" or (field is not None and is_secret(field))
        value = "" if secret else f", not {fault['input']!r:.200}"
        faults.append(FieldError(places.get(name) or _place(name), f"{fault['msg']}{value}."))
    return InvalidInput(
        "Settings are not valid.",
        field=faults[0].field,
        errors=faults,
        fix="Change the option, the environment variable, or the line of .env or settings.toml.",
    )


def _place(name: str) -> str:
    """The place of a setting that was refused: a variable, or a line of a file."""
    if name not in Settings.model_fields:
        return name
    origins = latest.get()
    file: Path | None = None
    if origins.of(name) is Source.USER_FILE:
        file = origins.user_file
    elif origins.of(name) is Source.PROFILE:
        file = origins.profile_file
    return f"{name} in {file}" if file else Settings.variable(name)
