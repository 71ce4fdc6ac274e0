"""Matrix runs: every combination of the values of some parameters, as a batch of cells."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

from core.errors import FieldError, InvalidInput, StudioError
from core.identifiers import new_id
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import SEED_MAX
from core.operations.declaration.registry import Registry
from core.operations.diffusion.lora_use import parse_uses
from core.sets.batch import Batch, cell_of
from core.sets.batches import Batches, StartedBatch
from core.sets.row_tasks import RowPlan
from core.sets.rows import slug
from core.suggestion import suggest
from core.tasks.request_key import RequestKey
from core.tasks.validation import validate

CELLS_MAX = 400
AXES_MAX = 4
MATRIX = "matrix"
LORA, WEIGHT, ALL = "loras.", ".weight", "*"


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter and its values. `name` is that of a parameter, or `loras.NAME.weight`; with `*`
    for the name it is the weight of all LoRAs."""

    name: str
    values: Sequence[Any]

    @property
    def parameter(self) -> str:
        """The parameter of the operation that it changes."""
        return "loras" if self.lora else self.name

    @property
    def lora(self) -> str | None:
        """The LoRA whose weight it changes; None for another parameter."""
        if self.name.startswith(LORA) and self.name.endswith(WEIGHT):
            return self.name.removeprefix(LORA).removesuffix(WEIGHT) or None
        return None

    def applied(self, params: Mapping[str, Any], value: Any) -> dict[str, Any]:
        """The parameters with one of its values."""
        if self.lora is None:
            return {**params, self.name: value}
        loras = parse_uses(params.get("loras") or [])
        if self.lora == ALL:
            return {**params, "loras": [{**lora, "weight": value} for lora in loras]}
        others = [lora for lora in loras if lora.get("name") != self.lora]
        return {**params, "loras": [*others, {"name": self.lora, "weight": value}]}


@dataclass(frozen=True, slots=True)
class MatrixRequest:
    """A matrix to run: `params` are those of every cell."""

    axes: Sequence[Axis]
    params: Mapping[str, Any] = field(default_factory=dict)
    operation: str = "generate"
    name: str = ""


class Matrices:
    """Run matrices as batches: pause, redo, print and download are those of a batch."""

    def __init__(self, registry: Registry, batches: Batches) -> None:
        self._registry = registry
        self._batches = batches

    async def start(self, request: MatrixRequest, key: RequestKey | None = None) -> StartedBatch:
        """Queue a task for each cell, all or none; cells without a seed share a random one.

        Raises `InvalidInput` with an error for each wrong axis (`axes.0.name`) and value
        (`axes.0.values.2`), and the errors of a submission.
        """
        declared = self._operation(request.operation)
        params = dict(request.params)
        if "seed" in declared.model_fields and params.get("seed") is None:
            params["seed"] = secrets.randbelow(SEED_MAX + 1)
        check(declared, request.axes, params)
        plans = list(_plans(request.axes, params))
        batch = _batch(declared, request, params, [plan.key for plan in plans])
        try:
            return await self._batches.submit(batch, plans, key)
        except StudioError as error:
            error.field = _place(error.field, request.axes)
            raise

    def _operation(self, name: str) -> type[Operation]:
        names = [
            operation.name
            for operation in self._registry.operations()
            if any(port.name == port.type == "image" for port in operation.outputs)
        ]
        if name not in names:
            raise InvalidInput(
                f"{name[:80]!r} is no operation that makes an image.",
                field="operation",
                fix=suggest(name[:80], names) or f"Use one of: {', '.join(names)}.",
            )
        return self._registry.operation(name)


def check(declared: type[Operation], axes: Sequence[Axis], params: Mapping[str, Any]) -> None:
    """Validate every value of every axis by itself. Raises `InvalidInput` with all errors."""
    size = math.prod(len(axis.values) for axis in axes)
    if not axes or len(axes) > AXES_MAX or not 1 <= size <= CELLS_MAX:
        raise InvalidInput(
            f"A matrix of {len(axes)} axes has {size} cells.",
            field="axes",
            fix=f"Use 1 to {AXES_MAX} axes and at most {CELLS_MAX} cells.",
        )
    errors = [
        error for place, axis in enumerate(axes) for error in _name_errors(declared, axes, place)
    ]
    if not errors:
        first = [axis.values[0] for axis in axes]
        for place, axis in enumerate(axes):
            for number, value in enumerate(axis.values):
                cell = [*first[:place], value, *first[place + 1 :]]
                errors += _value_errors(declared, axes, params, cell, (place, number))
    if errors:
        unique = list(dict.fromkeys(errors))
        raise InvalidInput(
            unique[0].detail,
            field=unique[0].field,
            errors=unique,
            fix="Correct the value, or take it out of the matrix.",
        )


def text_of(value: Any) -> str:
    """A value as a label."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False)


def _name_errors(
    declared: type[Operation], axes: Sequence[Axis], place: int
) -> Iterable[FieldError]:
    axis = axes[place]
    known = [name for name in declared.model_fields if name != "num_images"]
    where = f"axes.{place}.name"
    if axis.parameter not in declared.model_fields:
        hint = suggest(axis.name[:80], known) or f"Use one of: {', '.join(known)}."
        yield FieldError(where, f"{declared.title} has no parameter {axis.name[:80]!r}. {hint}")
    elif axis.name in {other.name for other in axes[:place]}:
        yield FieldError(where, f"{axis.name!r} is an axis twice.")


def _value_errors(
    declared: type[Operation],
    axes: Sequence[Axis],
    params: Mapping[str, Any],
    cell: Sequence[Any],
    changed: tuple[int, int],
) -> Iterable[FieldError]:
    """The errors of a cell, at the value that sets it apart from the first cell."""
    try:
        validate(declared, _applied(axes, params, cell))
    except InvalidInput as error:
        axis = axes[changed[0]]
        for fault in error.errors or [FieldError(error.field or "", error.detail)]:
            name = fault.field.partition(".")[0]
            if name == axis.parameter:
                yield FieldError(f"axes.{changed[0]}.values.{changed[1]}", fault.detail)
            elif name not in {other.parameter for other in axes}:
                yield FieldError(f"params.{fault.field}", fault.detail)


def _applied(
    axes: Sequence[Axis], params: Mapping[str, Any], cell: Sequence[Any]
) -> dict[str, Any]:
    values = dict(params)
    for axis, value in zip(axes, cell, strict=True):
        values = axis.applied(values, value)
    return values


def _plans(axes: Sequence[Axis], params: Mapping[str, Any]) -> Iterable[RowPlan]:
    for number, cell in enumerate(product(*(axis.values for axis in axes)), 1):
        words = slug(
            " ".join(f"{axis.name} {text_of(v)}" for axis, v in zip(axes, cell, strict=True))
        )
        key = f"{number:03d}-{words}"[:80].strip("-")
        yield RowPlan(key, _applied(axes, params, cell), key)


def _batch(
    declared: type[Operation],
    request: MatrixRequest,
    params: Mapping[str, Any],
    keys: Sequence[str],
) -> Batch:
    now = datetime.now().astimezone()
    seed = params.get("seed")
    return Batch(
        id=new_id(),
        set_id=MATRIX,
        name=request.name or "Matrix",
        operation=declared.name,
        theme="",
        seed=seed if isinstance(seed, int) else 0,
        folder=f"{slug(request.name) or MATRIX}_{now:%Y%m%d-%H%M%S}",
        rows=keys,
        params=dict(params),
        axes=[
            {"name": axis.name, "label": _label(declared, axis), "values": list(axis.values)}
            for axis in request.axes
        ],
    )


def _label(declared: type[Operation], axis: Axis) -> str:
    if axis.lora:
        return "LoRA weight" if axis.lora == ALL else f"{axis.lora} weight"
    return declared.model_fields[axis.name].title or axis.name


def _place(field: str | None, axes: Sequence[Axis]) -> str | None:
    """The place of an error of a cell, such as `requests.5.width`, in the matrix."""
    parts = (field or "").split(".")
    if len(parts) < 2 or parts[0] != "requests" or not parts[1].isdigit():
        return field
    number, name = int(parts[1]), ".".join(parts[2:])
    sizes = [
        {"name": str(place), "values": range(len(axis.values))} for place, axis in enumerate(axes)
    ]
    cell = cell_of(sizes, number)
    for place, axis in enumerate(axes):
        if axis.parameter == name.partition(".")[0]:
            return f"axes.{place}.values.{cell[str(place)]}"
    return f"params.{name}" if name else "params"
