"""Metadata of a LoRA file: trigger words, title, anything that other programs read."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import TEXT_MAX, Port, ui
from core.operations.declaration.lab_fields import LoraSource, find_lora, fingerprints_of
from core.operations.declaration.resolving import ResolveContext

TRIGGER = "modelspec.trigger_phrase"
_KEY_MAX = 200


def _as_text(given: Any) -> Any:
    return json.dumps(given, ensure_ascii=False) if isinstance(given, dict) else given


class EditLora(Operation):
    """Change the metadata of a LoRA file; its weights stay as they are.

    A new file is written and synced, and takes the place of the old one.
    """

    name = "edit_lora"
    title = "Edit LoRA metadata"
    summary = "Changes the metadata of a LoRA file."
    category = "setting"
    in_lab = True
    lane = "io"
    cacheable = False
    has_brick = False
    outputs = (Port("metadata", "json"),)

    lora: LoraSource
    trigger_word: str | None = Field(
        None,
        max_length=400,
        title="Trigger words",
        description="Words that call what was trained, comma-separated; empty removes them.",
        json_schema_extra=ui("text"),
    )
    metadata: Annotated[
        str,
        BeforeValidator(_as_text),
        Field(
            max_length=TEXT_MAX,
            title="Metadata",
            description='Values by key as JSON: `{"modelspec.title": "Anna"}`; null removes a key.',
            examples=['{"modelspec.title": "Anna"}'],
            json_schema_extra=ui("textarea"),
        ),
    ] = "{}"

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse a LoRA that is not here, and what is no metadata."""
        if not self._changes():
            raise InvalidInput(
                "Nothing is to be changed.", field="metadata", fix="Name a key and its value."
            )
        path = find_lora(ctx, self.lora).path
        if path.suffix != ".safetensors":
            raise InvalidInput(f"{path.name} is no safetensors file.", field="lora")
        return Resolved(self, fingerprints=fingerprints_of(ctx, [self.lora], field="lora"))

    def run(self, ctx: Context) -> None:
        """Write the file with its new header."""
        from core.models.weights.header_editing import write_metadata

        path = ctx.resolver.loras.find(self.lora).path
        ctx.add_value(write_metadata(path, path, self._changes()), port="metadata")

    def _changes(self) -> dict[str, str | None]:
        try:
            values = json.loads(self.metadata or "{}")
        except ValueError:
            values = None
        plain = isinstance(values, dict) and all(
            0 < len(key) <= _KEY_MAX and (value is None or isinstance(value, str | int | float))
            for key, value in values.items()
        )
        if not plain:
            raise InvalidInput(
                f"`metadata` is {self.metadata[:60]}, not texts by key.",
                field="metadata",
                fix='Write it as {"modelspec.title": "Anna"}; null removes a key.',
            )
        changes = {key: None if value is None else str(value) for key, value in values.items()}
        if self.trigger_word is not None:
            changes[TRIGGER] = self.trigger_word.strip() or None
        return changes
