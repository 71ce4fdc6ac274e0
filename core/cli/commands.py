"""A command for every operation, made from its declaration.

Required fields are arguments; every other field is an option under its own name. An image is given
as a file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from core.kinds import kind_of
from core.operations.declaration import registry
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import form_schema, port_fields
from core.settings import Settings

SIMPLE: dict[str, type] = {"integer": int, "number": float, "boolean": bool}

MakeSettings = Callable[..., Settings]


def add_operations(app: typer.Typer, make_settings: MakeSettings) -> None:
    """Add the commands of all operations."""
    for operation in registry.load(make_settings().operation_modules).operations():
        if not operation.has_brick:
            continue  # main.py has a command for it
        app.command(operation.name, help=operation.summary)(_command(operation, make_settings))


def _command(operation: type[Operation], make_settings: MakeSettings) -> Callable[..., None]:
    def command(**given: Any) -> None:
        from core.cli.console import Bar, save, texts, warn
        from core.studio import Studio

        out, data_dir = given.pop("out"), given.pop("data_dir")
        params = {name: value for name, value in given.items() if value is not None}
        with Studio(make_settings(data_dir=data_dir)) as studio, Bar() as bar:
            result = studio.run(operation.name, on_change=bar.show, **params)
        warn(result)
        for line in [*texts(result), *save(result, out, operation.name)]:
            print(line)  # noqa: T201  this is the command's answer

    parameters = [
        *_fields(operation),
        _option("out", Path, Path("pictures"), "Folder for the images."),
        _option("data_dir", Path | None, None, "Data directory of the studio."),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {part.name: part.annotation for part in parameters}
    command.__name__ = operation.name
    return command


def _fields(operation: type[Operation]) -> list[inspect.Parameter]:
    properties = form_schema(operation)["properties"]
    fed = port_fields(operation)
    made = []
    for name, field in operation.model_fields.items():
        mark = fed.get(name)
        kind: Any = SIMPLE.get(properties[name].get("type", ""), str)
        if mark is not None and kind_of(mark.type).raster:
            kind = list[Path] if mark.many else Path
        made.append(_parameter(name, field, kind))
    return sorted(made, key=lambda part: part.default is not inspect.Parameter.empty)


def _parameter(name: str, field: FieldInfo, kind: Any) -> inspect.Parameter:
    text = field.description or field.title or ""
    if field.is_required():
        argument = Annotated[kind, typer.Argument(help=text)]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=argument)
    return _option(name, kind | None, None, text)


def _option(name: str, kind: Any, default: Any, text: str) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, typer.Option(help=text)],
    )
