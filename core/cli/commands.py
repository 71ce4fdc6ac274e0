"""A command for every operation, made from its declaration.

Required fields and the main image are arguments; every other field is an option under its own name.
An image is given as a file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from core.cli.lora_options import PATHS, WEIGHTS, take_loras
from core.cli.options import DataDir, Out
from core.kinds import kind_of
from core.operations.declaration import registry
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import form_schema, port_fields, positional_fields
from core.settings import Settings

SIMPLE: dict[str, type] = {"integer": int, "number": float, "boolean": bool}
LISTS: dict[str, Any] = {"integer": list[int], "number": list[float], "string": list[str]}

MakeSettings = Callable[..., Settings]


def add_operations(app: typer.Typer, make_settings: MakeSettings) -> None:
    """Add the commands of all operations."""
    for operation in registry.load(make_settings().operation_modules).operations():
        if not operation.has_brick:
            continue  # main.py has a command for it
        app.command(operation.name, help=operation.summary)(_command(operation, make_settings))


def _command(operation: type[Operation], make_settings: MakeSettings) -> Callable[..., None]:
    def command(**given: Any) -> None:
        from core.cli.console import Bar, print_result, writable
        from core.studio import Studio

        out, data_dir = given.pop("out"), given.pop("data_dir")
        writable(out)
        take_loras(given)
        params = {name: value for name, value in given.items() if value is not None}
        with Studio(make_settings(data_dir=data_dir)) as studio, Bar() as bar:
            result = studio.run(operation.name, on_change=bar.show, **params)
        print_result(result, out, operation.name)

    parameters = [
        *_fields(operation),
        *(_lora_options() if "loras" in operation.model_fields else ()),
        _option("out", Out, Path("pictures")),
        _option("data_dir", DataDir, None),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {part.name: part.annotation for part in parameters}
    command.__name__ = operation.name
    return command


def _lora_options() -> list[inspect.Parameter]:
    """Options for LoRAs by path and weight, beside `--loras`."""
    texts = {PATHS: "LoRA files, by path or name (repeatable).", WEIGHTS: "A weight for each."}
    return [
        _option(name, Annotated[list[str] | None, typer.Option(help=text)], None)
        for name, text in texts.items()
    ]


def _fields(operation: type[Operation]) -> list[inspect.Parameter]:
    properties = form_schema(operation)["properties"]
    ports = port_fields(operation)
    positional = positional_fields(operation)

    def kind(name: str) -> Any:
        if name in ports and kind_of(ports[name].type).raster:
            return list[Path] if ports[name].many else Path
        items = properties[name].get("items", {}).get("type", "")
        return LISTS.get(items) or SIMPLE.get(properties[name].get("type", ""), str)

    fields = operation.model_fields
    arguments = [_argument(name, fields[name], kind(name)) for name in positional]
    options = [
        _field_option(name, field, kind(name), properties[name].get("enum"))
        for name, field in fields.items()
        if name not in positional
    ]
    return [*arguments, *options]


def _argument(name: str, field: FieldInfo, kind: Any) -> inspect.Parameter:
    mark = typer.Argument(help=field.description or field.title or "")
    required = field.is_required()
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else None,
        annotation=Annotated[kind if required else kind | None, mark],
    )


def _field_option(
    name: str, field: FieldInfo, kind: Any, choices: list[str] | None
) -> inspect.Parameter:
    def complete(incomplete: str) -> list[str]:
        return [choice for choice in map(str, choices or ()) if choice.startswith(incomplete)]

    text = field.description or field.title or ""
    mark = typer.Option(help=text, autocompletion=complete if choices else None)
    return _option(name, Annotated[kind | None, mark], None)


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
