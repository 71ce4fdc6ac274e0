"""All declarations by name. A file in this package that declares an operation or a value is found
by being there; more modules can be named in the settings.

Independent of HTTP, but for the names that routes use.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import core.operations
from core import kinds
from core.errors import InvalidInput, NotFound
from core.models.families import KNOWN_TO_MODELS
from core.operations.declaration.base import Declaration, Operation, Value, View
from core.operations.declaration.fields import Port, form_schema, port_fields
from core.settings import Settings

# Names that routes use, or that other programs' APIs will: no operation may take them.
RESERVED = frozenset(
    [
        "api",
        "assets",
        "controls",
        "references",
        "docs",
        "events",
        "health",
        "loras",
        "metrics",
        "models",
        "openapi",
        "operations",
        "presets",
        "projects",
        "queue",
        "session",
        "sets",
        "styles",
        "system",
        "tasks",
        "train",
        "trash",
        "transient",
        "vocabulary",
        "wildcards",
        "workflows",
        "ws",
        "document",
        "elements",
        "state",
        "bricks",
        "views",
        "vendor",
        "v1",
        "sdapi",
        "prompt",
        "history",
        "view",
        "upload",
        "interrupt",
        "object_info",
        "system_stats",
        "embeddings",
    ]
)
# Names of the options that stand beside an operation's parameters in a request.
TASK_OPTIONS = frozenset({"priority", "labels", "cache", "project_id", "hold"})
TRANSIENT_OPTIONS = frozenset({"transient", "slot"})
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def may_be_operation(name: str) -> bool:
    """True for a name that an operation can have."""
    return NAME.fullmatch(name) is not None and name not in RESERVED


class Registry:
    """Declarations by name, in the order they were found.

    `modules` are imported, and their declarations added, with the first use of the registry: a
    start needs none of them.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self._modules = modules

    @cached_property
    def _declarations(self) -> dict[str, type[Declaration]]:
        declarations: dict[str, type[Declaration]] = {}
        for module in self._modules:
            for declaration in _declared(importlib.import_module(module)):
                _add(declarations, declaration)
        return declarations

    def add(self, declaration: type[Declaration]) -> None:
        """Take one in. Raises `ValueError` on a bad, reserved or taken name or an unknown kind."""
        _add(self._declarations, declaration)

    def __iter__(self) -> Iterator[type[Declaration]]:
        return iter(self._declarations.values())

    def get(self, name: str) -> type[Declaration] | None:
        """The declaration, or None."""
        return self._declarations.get(name)

    def operations(self) -> list[type[Operation]]:
        """Only what runs."""
        return [declaration for declaration in self if issubclass(declaration, Operation)]

    def parameters(self) -> frozenset[str]:
        """The names of all operations' parameters."""
        return frozenset(name for declared in self.operations() for name in declared.model_fields)

    def operation(self, name: str) -> type[Operation]:
        """The operation; raises `NotFound`."""
        declaration = self._declarations.get(name)
        if declaration is None or not issubclass(declaration, Operation):
            known = ", ".join(operation.name for operation in self.operations())
            raise NotFound(f"There is no operation {name!r}.", fix=f"Known: {known}.")
        return declaration


def _add(declarations: dict[str, type[Declaration]], declaration: type[Declaration]) -> None:
    name = declaration.name
    is_operation = issubclass(declaration, Operation)  # others have no route
    if not (may_be_operation(name) if is_operation else NAME.fullmatch(name)):
        raise ValueError(f"{declaration.__qualname__}: the name {name!r} is reserved or malformed")
    if declarations.get(name, declaration) is not declaration:
        raise ValueError(f"two declarations are called {name!r}")
    clash = (TASK_OPTIONS | TRANSIENT_OPTIONS) & declaration.model_fields.keys()
    if clash:
        raise ValueError(f"{declaration.__qualname__}: reserved field {', '.join(sorted(clash))}")
    for port in (*declaration.outputs, *(entry.port for entry in inputs(declaration).values())):
        kinds.kind_of(port.type)
    declarations[name] = declaration


def load(modules: Sequence[str] = ()) -> Registry:
    """The built-in declarations and those of `modules` (from the settings, never a request).

    Raises `InvalidInput` for one of `modules` that cannot be imported.
    """
    built_in = [
        f"{core.operations.__name__}.{module.name}"
        for module in pkgutil.iter_modules(core.operations.__path__)
        if not module.ispkg
    ]
    registry = Registry([*built_in, *modules])
    for name in modules:
        _import_from_settings(name)
    if modules:
        registry.operations()  # a mistake in them is one of the start
    return registry


def _import_from_settings(name: str) -> None:
    try:
        importlib.import_module(name)
    except (ImportError, ValueError) as error:
        raise InvalidInput(
            f"The module {name!r} cannot be imported: {error}.",
            field=Settings.variable("operation_modules"),
            fix="Correct its name, or leave it out.",
        ) from error


def _declared(module: ModuleType) -> Iterator[type[Declaration]]:
    for item in vars(module).values():
        own = isinstance(item, type) and item.__module__ == module.__name__
        if own and issubclass(item, Declaration) and "name" in vars(item):
            yield item


@dataclass(frozen=True, slots=True)
class InputPort:
    """An input port of a declaration, and the fields that it fills.

    `required`: one of the fields has no default.
    """

    port: Port
    fields: tuple[str, ...]
    required: bool = False


def inputs(declaration: type[Declaration]) -> dict[str, InputPort]:
    """The input ports of a declaration by name."""
    fields = declaration.model_fields
    if issubclass(declaration, View | Value):
        return {
            port.name: InputPort(port, (port.name,) if port.name in fields else ())
            for port in declaration.inputs
        }
    ports: dict[str, InputPort] = {}
    for field, mark in port_fields(declaration).items():
        if not mark.wired:
            continue
        port = Port(mark.port or field, mark.type, mark.many)
        entry = ports.get(port.name, InputPort(port, ()))
        required = entry.required or fields[field].is_required()
        ports[port.name] = InputPort(port, (*entry.fields, field), required)
    return ports


def describe(declaration: type[Declaration]) -> dict[str, Any]:
    """A declaration as the canvas and other clients read it."""
    kind = "value" if issubclass(declaration, Value) else "view"
    lane, has_brick, transient, in_lab = None, True, False, False
    rewrites: tuple[str, ...] = ()
    if issubclass(declaration, Operation):
        kind, lane, has_brick = "operation", declaration.lane, declaration.has_brick
        transient, rewrites = declaration.transient, declaration.rewrites
        in_lab = declaration.in_lab
    return {
        "name": declaration.name,
        "kind": kind,
        "title": declaration.title,
        "summary": declaration.summary,
        "category": declaration.category,
        "lane": lane,
        "has_brick": has_brick,
        "in_lab": in_lab,
        "transient": transient,
        "rewrites": list(rewrites),
        "inputs": [
            {**_port(entry.port), "fields": list(entry.fields), "required": entry.required}
            for entry in inputs(declaration).values()
        ],
        "outputs": [_port(port) for port in declaration.outputs],
        # Of these a model's record says whether it has a use for them; all others always count.
        "model_fields": sorted(KNOWN_TO_MODELS & declaration.model_fields.keys())
        if "model" in declaration.model_fields
        else [],
        "schema": form_schema(declaration),
    }


def _port(port: Port) -> dict[str, Any]:
    return {"name": port.name, "type": port.type, "many": port.many}
