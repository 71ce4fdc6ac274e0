"""The configuration of a training as a form: its settings with titles, widgets and defaults."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from core.training.configuration.schema import TrainingConfig
from core.training.configuration.sections import Section

ACRONYMS = {"ema": "EMA", "snr": "SNR", "lr": "learning rate", "gb": "GB", "dtype": "number format"}


def form_sections(
    config: TrainingConfig, without: Collection[str] = frozenset()
) -> list[dict[str, Any]]:
    """The sections as JSON schemas of fields, whose defaults are the values of `config`.

    `without`: dotted keys that another part of the form asks for. Keys of nested sections keep
    their dots, such as `early_stopping.patience`.
    """
    sections = []
    for name, field in TrainingConfig.model_fields.items():
        section: Section = getattr(config, name)
        fields = {
            key: schema for key, schema in _fields(section, "") if f"{name}.{key}" not in without
        }
        if fields:
            sections.append(
                {
                    "name": name,
                    "title": name.capitalize() if name != "lora" else "LoRA",
                    "summary": field.description or "",
                    "schema": {"properties": fields},
                }
            )
    return sections


def setting(config: TrainingConfig, key: str) -> Any:
    """The value of a dotted key, as JSON."""
    value: Any = config.model_dump(mode="json")
    for part in key.split("."):
        value = value[part]
    return value


def _fields(section: Section, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    properties = type(section).model_json_schema()["properties"]
    values = section.model_dump(mode="json")
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _fields(value, f"{prefix}{name}.")
            continue
        schema = dict(properties[name])
        schema["title"] = title(prefix + name)
        schema["default"] = values[name]
        if _is_list(schema):
            schema["ui"] = {"widget": "list"}
        yield prefix + name, schema


def _is_list(schema: Mapping[str, Any]) -> bool:
    options = schema.get("anyOf", [schema])
    return any(option.get("type") == "array" for option in options)


def title(key: str) -> str:
    """The label of a key: `early_stopping.min_delta` is "Early stopping: min delta"."""
    *groups, name = (
        " ".join(ACRONYMS.get(word, word) for word in part.split("_")) for part in key.split(".")
    )
    text = ": ".join([*groups, name])
    return text[:1].upper() + text[1:]
