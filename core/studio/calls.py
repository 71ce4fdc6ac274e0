"""A method for every operation, made from its declaration: `studio.upscale("house.png", factor=2)`.

Required fields and the main image may be given by position. `on_change` receives every change of
the task: state, progress, preview.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from core.operations.declaration.base import Operation
from core.operations.declaration.fields import form_schema, positional_fields
from core.operations.declaration.registry import Registry


class OperationCalls:
    """The methods of the operations, for a class with `registry` and `run`."""

    @property
    def registry(self) -> Registry:
        """The declarations of the settings."""
        raise NotImplementedError

    def run(self, operation: str, **params: Any) -> Any:
        """Run an operation."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = None if name.startswith("_") else self.registry.get(name)
        if operation is None or not issubclass(operation, Operation):
            raise AttributeError(f"{type(self).__name__!r} has no attribute or operation {name!r}")
        return _method(self, operation)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(operation.name for operation in self.registry.operations())]


def signature(operation: type[Operation]) -> inspect.Signature:
    """The parameters of an operation's method."""
    positional = positional_fields(operation)
    fields = operation.model_fields
    names = [*positional, *(name for name in fields if name not in positional)]
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD
            if name in positional
            else inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty
            if fields[name].is_required()
            else fields[name].get_default(call_default_factory=True),
        )
        for name in names
    ]
    on_change = inspect.Parameter("on_change", inspect.Parameter.KEYWORD_ONLY, default=None)
    return inspect.Signature([*parameters, on_change])


def _method(calls: OperationCalls, operation: type[Operation]) -> Callable[..., Any]:
    parameters = signature(operation)

    def method(*args: Any, **given: Any) -> Any:
        return calls.run(operation.name, **parameters.bind(*args, **given).arguments)

    properties = form_schema(operation)["properties"]
    lines = [
        f"{name}: {part.get('description') or part.get('title', '')}"
        for name, part in properties.items()
    ]
    method.__name__ = operation.name
    method.__doc__ = "\n".join([operation.summary, "", *lines])
    method.__signature__ = parameters  # type: ignore[attr-defined]
    return method
