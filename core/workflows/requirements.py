"""The models and LoRAs that a workflow names, and those of them that are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from core.errors import Download, InvalidInput, ModelBroken, ModelMissing, StudioError
from core.operations.declaration.base import Declaration, Operation
from core.operations.declaration.fields import form_schema
from core.operations.declaration.registry import Registry
from core.operations.declaration.resolving import ResolveContext
from core.operations.declaration.use import used
from core.operations.diffusion.lora_use import LoraUse
from core.workflows.selection import without_bypassed
from core.workflows.workflow import Brick, Workflow


@dataclass(frozen=True, slots=True)
class Missing:
    """A model that a brick names and this machine lacks, with the downloads that supply it."""

    brick: str
    field: str
    name: str
    detail: str
    fix: str
    pull: tuple[Download, ...] = ()


def missing_models(
    workflow: Workflow, registry: Registry, context: ResolveContext
) -> list[Missing]:
    """The missing models of a workflow, brick by brick. Reads files: call it from a thread."""
    missing = []
    for brick in without_bypassed(workflow, registry).bricks:
        declaration = registry.get(brick.type)
        if declaration is None:
            continue
        for field, name, look_up in _named(brick, declaration, context):
            try:
                look_up()
            except (ModelMissing, ModelBroken, InvalidInput) as error:
                missing.append(_missing(brick.id, field, name, error))
    return missing


def _named(
    brick: Brick, declaration: type[Declaration], context: ResolveContext
) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """The models that a brick names: field, name, and the function that looks the model up."""
    props = {**_defaults(declaration), **brick.props}
    if issubclass(declaration, Operation):
        props = used(declaration, props)
    for field, schema in form_schema(declaration)["properties"].items():
        if field not in props:
            continue
        hints, value = schema.get("ui", {}), props[field]
        widget, name = hints.get("widget"), value if isinstance(value, str) else ""
        if widget == "model" and name:
            yield field, name, partial(context.models.get, name)
        elif widget == "model":
            mode = hints.get("mode") or brick.type
            yield field, f"default of {mode}", partial(context.models.default, mode)
        elif name and (widget == "companion" or (field, widget) == ("model", "select")):
            yield field, name, partial(context.auxiliary.path, name)
        elif field == "loras" and isinstance(value, list | tuple):
            yield from ((field, lora, partial(context.loras.find, lora)) for lora in _active(value))


def _active(loras: Sequence[Any]) -> list[str]:
    """The names of the LoRAs that change the image; what is malformed is no name."""
    names = []
    for lora in loras:
        with suppress(ValidationError):
            use = LoraUse.model_validate(lora)
            names += [use.name] if use.active else []
    return names


def _defaults(declaration: type[Declaration]) -> dict[str, Any]:
    return {
        name: None if field.is_required() else field.get_default(call_default_factory=True)
        for name, field in declaration.model_fields.items()
    }


def _missing(brick: str, field: str, name: str, error: StudioError) -> Missing:
    pull = error.pull if isinstance(error, ModelMissing) else ()
    return Missing(brick, field, name, error.detail, error.fix or "", tuple(pull))
