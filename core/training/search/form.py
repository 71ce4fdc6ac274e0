"""The request of a search as a form: its budget as fields, and the settings that it can vary."""

from __future__ import annotations

from typing import Any

from core.training.configuration.form import form_sections, title
from core.training.configuration.schema import parse
from core.training.search.settings import DEFAULT_RANGES, OBJECTIVES, SearchSettings

FIELDS = ("trials", "max_steps", "objective", "pruning")
MORE = ("startup_trials", "measurements", "parallel", "seed")
# Names, paths and what a search sets itself.
NOT_VARIED = (
    *("model.", "output.", "logging."),
    *("data.dataset_path", "data.trigger_word", "training.max_steps"),
)


def search_form() -> dict[str, Any]:
    """Fields of the budget as JSON schemas, the usual ranges, and all keys with their titles."""
    known = SearchSettings.model_json_schema()["properties"]
    fields = {name: {**known[name], "title": title(name)} for name in (*FIELDS, *MORE)}
    choices = {name: objective.label for name, objective in OBJECTIVES.items()}
    fields["objective"]["ui"] = {"widget": "select", "choices": choices}
    for name in MORE:
        fields[name]["ui"] = {"advanced": True}
    keys = [
        {"key": f"{section['name']}.{name}", "title": f"{section['title']}: {schema['title']}"}
        for section in form_sections(parse({}))
        for name, schema in section["schema"]["properties"].items()
    ]
    return {
        "schema": {"properties": fields},
        "ranges": dict(DEFAULT_RANGES),
        "keys": [entry for entry in keys if not entry["key"].startswith(NOT_VARIED)],
    }
