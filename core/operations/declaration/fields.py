"""The vocabulary of declarations: ports, fields a wire can feed, and hints for forms.

An operation's fields are ordinary Pydantic fields. `PortField` marks those that a wire can fill;
`ui()` adds hints for forms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.configuration.declaration import SEED_MAX as SEED_MAX
from core.kinds import kind_of

Category = Literal["input", "generator", "setting", "output"]
Widget = Literal[
    "text",
    "textarea",
    "number",
    "slider",
    "select",
    "lookup",
    "list",
    "colour",
    "toggle",
    "model",
    "lora",
    "loras",
    "block_rules",
    "companion",
    "seed",
    "size",
    "image",
    "frame",
    "hidden",
]

TEXT_MAX = 20_000
JSON_MAX = 200_000
IMAGES_MAX = 16  # images that one field holds; a model's record may say fewer


@dataclass(frozen=True, slots=True)
class Port:
    """The start or end of a wire. `type`: a kind's name. `many`: carries a list, not one item."""

    name: str
    type: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class PortField:
    """Marks a field that a wire can fill. Fields naming the same `port` share one wire.

    A field of `many` items takes all that its wires bring, in one run. Without `by_rule` only a
    person wires it. One that is not `wired` has no port: its assets come with another field.
    """

    type: str
    port: str | None = None
    many: bool = False
    by_rule: bool = True
    wired: bool = True


class TaskOutput(BaseModel):
    """Another task's output used as an input; without `index`, all of the port's items."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str = Field(description="ID of the task.")
    port: str = Field("image", description="Output port of its operation.")
    index: int | None = Field(None, ge=0, description="Item of the port; without it, all items.")


class TextOutput(TaskOutput):
    """Another task's text used as an input."""

    port: str = Field("text", description="Output port of its operation.")


def is_reference(value: Any) -> bool:
    """`value` names another task's output: `{task, port?, index?}`."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("task"), str)
        and value.keys() <= {"task", "port", "index"}
    )


AssetValue = str | TaskOutput | None
"""An input field's value: an asset id by the time the operation runs."""


def ui(
    widget: Widget,
    *,
    step: float | None = None,
    unit: str | None = None,
    advanced: bool = False,
    from_model: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """A form hint for `json_schema_extra`. `from_model`: absent means the model's default.

    `from_list` names a list of the model's record (`samplers`) that a select offers; `choices` are
    a select's values with their words; `when` names other fields and the values that they must
    have for this one to be shown; `placeholder` is what an empty field says, `none` the option of a
    select for no value; `mode` is what a
    model must be able to do, if not the operation; `tokens` marks a prompt, whose tokens are shown;
    `neutral` is the value from which a slider is filled; `handle` is the part that a field has in
    the crop frame of the photo editor (`top`, `left`, `bottom`, `right`, `angle`, `mirror`,
    `aspect`).
    A `lookup` offers the items of a list of the REST API: `path` below `/api`, `value` and `title`
    name fields of an item; with `closed` no other value is allowed. `loras` are several with their
    weights, and `block_rules` are weights by block of those, of presets in `choices`. A `list` is
    text whose items stand in lines, or between commas where they are numbers.
    Four fields of widget `frame`, each with its `side` (`top`, `bottom`, `left`, `right`), are
    drawn as one frame around the operation's image; a field `unit` beside them says `px` or
    `percent`.
    """
    hint: dict[str, Any] = {
        "widget": widget,
        "advanced": advanced,
        "from_model": from_model,
        **more,
    }
    if step is not None:
        hint["step"] = step
    if unit is not None:
        hint["unit"] = unit
    return {"ui": hint}


def as_list(given: Any) -> Any:
    """A list of the one item that was given without a list."""
    return [given] if isinstance(given, str | dict | TaskOutput) else given


ImagePort = Annotated[
    str | TaskOutput,
    PortField("image"),
    Field(
        json_schema_extra=ui("image"), description="An image: asset id, data URI or task output."
    ),
]
MaskPort = Annotated[
    str | TaskOutput,
    PortField("mask"),
    Field(
        json_schema_extra=ui("image"),
        description="White is repainted: asset id, data URI or task output.",
    ),
]
# A limit before the validator is one of the list: behind it, schemas would call it a text's.
ImagesPort = Annotated[
    tuple[str | TaskOutput, ...],
    Field(min_length=1, max_length=IMAGES_MAX),
    BeforeValidator(as_list),
    PortField("image", many=True),
    Field(
        json_schema_extra=ui("image"),
        description="One image or several: asset ids, data URIs or task outputs.",
    ),
]


def _text(given: Any) -> Any:
    """Said here, for of two types that do not fit a validator names neither field nor reason."""
    if isinstance(given, str) and len(given) > TEXT_MAX:
        raise PydanticCustomError(
            "string_too_long", f"String should have at most {TEXT_MAX} characters"
        )
    if not isinstance(given, str | dict | TextOutput):
        raise PydanticCustomError("string_type", "Input should be a text, or a task's output")
    return given


# The limit holds for what is written at once, and for what arrives when it runs.
TextPort = Annotated[
    Annotated[str, Field(max_length=TEXT_MAX)] | TextOutput,
    BeforeValidator(_text),
    PortField("text"),
]


def _json_text(given: Any) -> Any:
    """JSON as text: lists and objects of a request must not be taken for several items."""
    if isinstance(given, TaskOutput) or (isinstance(given, dict) and is_reference(given)):
        return given
    if not isinstance(given, str):
        return json.dumps(given, ensure_ascii=False)
    try:
        json.loads(given)
    except ValueError as error:
        raise PydanticCustomError("json_invalid", "Input should be JSON") from error
    return given


class JsonOutput(TaskOutput):
    """Another task's value used as an input."""

    port: str = Field("json", description="Output port of its operation.")


JsonPort = Annotated[
    Annotated[str, Field(max_length=JSON_MAX)] | JsonOutput,
    BeforeValidator(_json_text),
    PortField("json"),
    Field(description="A JSON value, as such or as text, or a task output."),
]
"""A JSON value. It is kept and arrives in `run` as text, for `json.loads`."""

AnswerTokens = Annotated[
    int,
    Field(
        ge=8,
        le=1024,
        title="Max new tokens",
        description="The text stops after so many tokens.",
        json_schema_extra=ui("number", advanced=True),
    ),
]
"""The longest text that an auxiliary model writes."""


@cache
def port_fields(model: type[BaseModel]) -> Mapping[str, PortField]:
    """The fields of a declaration that wires can fill, with their port named."""
    ports = {}
    for name in form_order(model):
        for mark in model.model_fields[name].metadata:
            if isinstance(mark, PortField):
                ports[name] = replace(mark, port=mark.port or name)
    return MappingProxyType(ports)


def positional_fields(model: type[BaseModel]) -> list[str]:
    """The fields that callers may give by position: required ones, then the main image."""
    ports = port_fields(model).items()
    rasters = [name for name, port in ports if port.wired and kind_of(port.type).raster]
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    return [*required, *(name for name in rasters[:1] if name not in required)]


def form_order(model: type[BaseModel]) -> list[str]:
    """Its fields as forms list them: those of its `form_order`, then the others as declared."""
    first = [name for name in getattr(model, "form_order", ()) if name in model.model_fields]
    return [*first, *(name for name in model.model_fields if name not in first)]


def form_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema as forms read it: `X | None` becomes X, references are inlined."""
    schema = model.model_json_schema()
    parts = schema.get("properties", {})
    properties = {name: _flatten(parts[name]) for name in form_order(model)}
    return {"type": "object", "properties": properties, "required": schema.get("required", [])}


def _flatten(part: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in part.get("anyOf", []) if choice.get("type") != "null"]
    if not choices:
        return part
    rest = {key: value for key, value in part.items() if key != "anyOf"}
    return {**choices[0], **rest}
