"""Types of the methods of the Python API, one for each built-in operation."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from core.kinds import kind_of
from core.operations.declaration import registry
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import form_schema, port_fields, positional_fields

PATH = Path("core/studio/operations.pyi")
TYPES = {"integer": "int", "number": "float", "boolean": "bool", "string": "str"}
HEAD = """
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from core.operations.declaration.registry import Registry
from core.studio.image_inputs import ImageLike
from core.studio.results import TaskResult

OnChange = Callable[[dict[str, Any]], None]
"""


def stub(mark: str) -> str:
    """The text of the file."""
    operations = registry.load().operations()
    lines = [f"# {mark}", *HEAD.splitlines()]
    for name, prefix in (("AsyncOperations", "async "), ("Operations", "")):
        lines += [
            "",
            f"class {name}:",
            "    @property",
            "    def registry(self) -> Registry: ...",
        ]
        for operation in operations:
            lines += _method(operation, prefix)
    return "\n".join([*lines, ""])


def _method(operation: type[Operation], prefix: str) -> Iterator[str]:
    positional = positional_fields(operation)
    kinds = _types(operation)
    parameters = {name: _parameter(operation, name, kinds[name]) for name in kinds}
    yield f"    {prefix}def {operation.name}("
    yield "        self,"
    for name in positional:
        yield f"        {parameters[name]},"
    yield "        *,"
    for name in operation.model_fields:
        if name not in positional:
            yield f"        {parameters[name]},"
    yield "        on_change: OnChange | None = ...,"
    yield "    ) -> TaskResult: ..."


def _parameter(operation: type[Operation], name: str, kind: str) -> str:
    field = operation.model_fields[name]
    if field.is_required():
        return f"{name}: {kind}"
    default = field.get_default(call_default_factory=True)
    return f"{name}: {kind}{' | None' if default is None else ''} = ..."


@cache
def _types(operation: type[Operation]) -> dict[str, str]:
    """The types of its fields, which both classes declare: a schema takes long to make."""
    properties = form_schema(operation)["properties"]
    types = {name: _schema_type(properties[name]) for name in operation.model_fields}
    for name, port in port_fields(operation).items():
        if kind_of(port.type).raster:
            types[name] = "ImageLike | Sequence[ImageLike]" if port.many else "ImageLike"
    return types


def _schema_type(part: dict[str, Any]) -> str:
    if "enum" in part:
        return "Literal[" + ", ".join(_quoted(choice) for choice in part["enum"]) + "]"
    if part.get("type") == "array":
        return f"Sequence[{_schema_type(part.get('items', {}))}]"
    return TYPES.get(part.get("type", ""), "str | Mapping[str, Any]")


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
