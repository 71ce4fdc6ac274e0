"""Examples of bodies, composed from their schemas.

A field's own example comes first, then its default, then a value by its name, then one of its
type. A test validates every example against its schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
TASK_ID = "01K5Z8B3W9QX4T7M2N6R1V0YCD"
ASSET_ID = "01K5Z8B7H2JD5KPF8E3S9A4GVT"
TIME = "2026-01-31T12:00:00.000000Z"
MODEL = "nano"
PROMPT = "a red house at night"
BY_NAME: dict[str, Any] = {
    **dict.fromkeys(("id", "task_id", "task", "run_id"), TASK_ID),
    **dict.fromkeys(("image", "mask", "asset_id"), ASSET_ID),
    **dict.fromkeys(("created_at", "started_at", "finished_at", "updated_at"), TIME),
    **dict.fromkeys(("width", "height"), 128),
    **dict.fromkeys(("total", "version", "images", "attempt", "concurrency", "num_images"), 1),
    "brick": "generate",
    "brick_id": "generate",
    "bricks": 2,
    "category": "generator",
    "code": "invalid_input",
    "companions": [],
    "counts": {"pending": 0, "held": 0, "running": 0, "completed": 1, "failed": 0, "cancelled": 0},
    "data": "data:image/png;base64,iVBORw0KGgo=",
    "detail": "",
    "device": "CPU, 2 cores",
    "file": f"/api/assets/{ASSET_ID}/file",
    "fingerprint": "f791731b7546e99b226cb1df3de29260c09686b8a57d6c762f838f120f1b04b5",
    "inputs": {"prompt.prompt": "a yellow castle"},
    "json": '{"a": 1}',
    "kind": "image",
    "label": "Nano",
    "lane": "device",
    "lora_id": "watercolour",
    "labels": {},
    "metadata": {"seed": 7},
    "model": MODEL,
    "model_id": MODEL,
    "name": "house",
    "next_cursor": None,
    "operation": "generate",
    "params": {"prompt": PROMPT, "seed": 7},
    "parents": [],
    "place": 0,
    "port": "image",
    "preview_url": f"/api/tasks/{TASK_ID}/preview?v=1",
    "project_id": None,
    "prompt": PROMPT,
    "running": [],
    "seed": 7,
    "size": 24310,
    "snapshot": {"operation": "generate", "versions": {"qpyt": "0.1.0"}},
    "status_url": f"/api/tasks/{TASK_ID}",
    "style_id": "flat-illustration",
    "text": "a house",
    "thumbnail_url": f"/api/assets/{ASSET_ID}/thumbnail",
    "timings": {"queued_seconds": 0.01, "run_seconds": 1.2},
    "title": "Generate",
    "type": "image/png",
    "url": f"/api/assets/{ASSET_ID}/file",
    "word": "velvety",
}
BY_TYPE: dict[str, Any] = {
    "string": "text",
    "integer": 0,
    "number": 0.0,
    "boolean": False,
    "null": None,
}
USUAL = frozenset({"image"})
"""Fields of a request that its example names although they have a default."""
MISSING = object()


class Examples:
    """Examples of the schemas of one document. `schemas`: its components."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas

    def of_answer(self, schema: Schema) -> Any:
        """An example with every field."""
        return self._value("", schema, whole=True)

    def of_request(self, schema: Schema) -> Any:
        """An example with the required fields, and those that have examples of their own."""
        return self._value("", schema, whole=False)

    def of_parameter(self, name: str, schema: Schema) -> Any:
        """An example of a parameter of a path, a query or a header."""
        return self._value(name, schema, whole=False)

    def _value(self, name: str, schema: Schema, *, whole: bool) -> Any:
        own = _own(schema)
        if own is not MISSING:
            return own
        if name in BY_NAME and _type_of(BY_NAME[name]) in self._types(schema):
            return BY_NAME[name]
        if "$ref" in schema:
            target = self._schemas[schema["$ref"].rpartition("/")[2]]
            return self._value(name, target, whole=whole)
        choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if choices:
            return self._value(name, choices[0], whole=whole)
        kinds = schema.get("type", "null")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "object":
            return self._object(schema, whole=whole)
        if kind == "array":
            item = schema.get("items", {})
            return [self._value(name.removesuffix("s"), item, whole=whole)] if item else []
        return schema.get("minimum", BY_TYPE[kind])

    def _types(self, schema: Schema) -> set[str]:
        """The JSON types that a schema allows; all where it does not say."""
        if "$ref" in schema:
            return self._types(self._schemas[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema:
            return set().union(*(self._types(choice) for choice in schema["anyOf"]))
        kinds = schema.get("type", [*BY_TYPE, "object", "array"])
        return {kinds} if isinstance(kinds, str) else set(kinds)

    def _object(self, schema: Schema, *, whole: bool) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        return {
            name: self._value(name, part, whole=whole)
            for name, part in schema.get("properties", {}).items()
            if whole or name in required or name in USUAL or "examples" in part
        }


def _type_of(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    types = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return types.get(type(value), "object")


def _own(schema: Schema) -> Any:
    """The example, the fixed value or the default of a schema; `MISSING` without one."""
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "default" in schema:
        return schema["default"]
    return schema["enum"][0] if "enum" in schema else MISSING
