"""The settings as a list: value, source, limits, and the way to change each."""

from __future__ import annotations

from typing import Any

from core.configuration.declaration import GROUPS, is_secret, traits_of, unit_of
from core.configuration.masking import MASK, mask_value
from core.configuration.sources import Source
from core.settings import Settings

OVERRIDING = {
    Source.OPTION: "An option of the command line sets it. Start the studio without the option.",
    Source.ENVIRONMENT: "{variable} in the environment sets it. Change it there.",
    Source.ENV_FILE: "{variable} in the file .env sets it. Change it there.",
}
"""The obstacles to a change of the user's file, by the source that overrides it."""
GUARDED = (
    "It decides who can reach the studio, or what it runs, reads or writes. Run "
    "`main.py system set {name} VALUE` and restart, or set {variable}."
)
READ_ONLY = (
    "Settings are read-only here (settings_read_only). Run `main.py system set {name} VALUE` on "
    "the machine of the studio."
)


def describe(settings: Settings, following: Settings | None = None) -> list[dict[str, Any]]:
    """All settings with secrets masked. `following`: the settings of the next start."""
    values, later = settings.public(), (following or settings).public()
    schemas = Settings.model_json_schema(by_alias=False, mode="serialization")["properties"]
    items = []
    for name, field in Settings.model_fields.items():
        traits, secret = traits_of(field), is_secret(field)
        obstacle = obstacle_of(settings, name)
        raw_change = following is not None and getattr(settings, name) != getattr(following, name)
        items.append(
            {
                "name": name,
                "variable": Settings.variable(name),
                "group": traits.group,
                "description": field.description or "",
                "schema": _schema(schemas[name]),
                "unit": unit_of(name),
                "value": values[name],
                "default": default_of(name),
                "source": str(settings.origins.of(name)),
                "secret": secret,
                "editable": obstacle is None,
                "obstacle": obstacle,
                "restart": not traits.live,
                "pending": raw_change,
                "next_value": later[name],
            }
        )
    return items


def groups() -> list[dict[str, str]]:
    """The groups of settings, in the order of the page."""
    return [{"id": group, "title": title} for group, title in GROUPS.items()]


def obstacle_of(settings: Settings, name: str) -> str | None:
    """The reason why REST does not change a setting, with the other way; None where it does."""
    text = None
    if settings.settings_read_only:
        text = READ_ONLY
    elif traits_of(Settings.model_fields[name]).guarded:
        text = GUARDED
    else:
        text = OVERRIDING.get(settings.origins.of(name))
    return text and text.format(name=name, variable=Settings.variable(name))


def default_of(name: str) -> Any:
    """The default of a setting as JSON."""
    field = Settings.model_fields[name]
    default = field.get_default(call_default_factory=True)
    if is_secret(field) and default is not None:
        return MASK
    if isinstance(default, tuple):
        return mask_value([_plain(item) for item in default])
    return mask_value(_plain(default))


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a value, without what the item says already."""
    left_out = ("title", "description", "default", "setting", "format", "writeOnly")
    return {key: value for key, value in schema.items() if key not in left_out}
