"""From a request for work to a task: validated, resolved, with its snapshot.

Everything that can be wrong with a request is found here, before a row is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from core.errors import FieldError, InvalidInput, NotFound
from core.kinds import Kind, kind_of
from core.operations.declaration.base import Operation, Resolved
from core.operations.declaration.fields import port_fields
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import Registry
from core.operations.declaration.resolving import InputAsset
from core.settings import Settings
from core.store.asset_rows import Asset
from core.store.assets import Assets, PendingUpload
from core.tasks.inputs import cache_key
from core.tasks.queue import Queue
from core.tasks.states import Hold, Priority
from core.tasks.task import Task, references
from core.version import version


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a request says of the task, beside the operation's parameters."""

    priority: int = Priority.INTERACTIVE
    labels: Mapping[str, str] = field(default_factory=dict)
    cache: bool = False
    project_id: str | None = None
    hold: bool = False
    run_id: str | None = None
    brick_id: str | None = None
    idempotency_key: str | None = None


class Submission:
    """Turns requests into tasks."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        make_context: Callable[[], LibraryContext],
        assets: Assets,
        queue: Queue,
        has_gpu: Callable[[], bool] = lambda: False,
    ) -> None:
        """`has_gpu`: whether the device lane is known to compute on a GPU."""
        self._has_gpu = has_gpu
        self._settings = settings
        self._registry = registry
        self._make_context = make_context
        self._assets = assets
        self._queue = queue

    async def submit(self, name: str, params: Mapping[str, Any], options: Options) -> Task:
        """Validate, resolve and store one task."""
        return (await self._queue.add([await self.prepare(name, params, options)]))[0]

    async def prepare(self, name: str, params: Mapping[str, Any], options: Options) -> Task:
        """The task that `submit` would store. Raises `InvalidInput`, `NotFound`, `ModelMissing`, or
        `StorageFull` where the disk has no room for the results.
        """
        declared = self._registry.operation(name)
        operation = validate(declared, params)
        operation, inputs, uploads = await self._pictures(operation)
        sizes = {
            name: [(one["width"], one["height"]) for one in each if one["width"]]
            for name, each in inputs.items()
        }
        operation.check_sizes(sizes)
        resolved = await self._resolved(operation, inputs)
        final = resolved.operation.model_dump(mode="json")
        self._assets.blobs.check_disk_space(_bytes_made(final, sizes))
        await self._assets.put(uploads)
        warnings = [
            *(dict(told) for one in uploads for told in one.asset.warnings),
            *(_record(warning) for warning in resolved.warnings),
        ]
        snapshot = {
            "operation": name,
            **resolved.facts,
            **({"warnings": warnings} if warnings else {}),
            "inputs": inputs,
            "fingerprints": dict(resolved.fingerprints),
            "cache": options.cache and declared.cacheable,
            "versions": version(),
        }
        return Task(
            operation=name,
            lane=self._lane(resolved.operation),
            priority=options.priority,
            max_attempts=self._settings.max_attempts,
            hold=Hold.USER if options.hold else Hold.NONE,
            run_id=options.run_id,
            brick_id=options.brick_id,
            project_id=options.project_id,
            labels=dict(options.labels),
            params=final,
            snapshot=snapshot,
            warnings=warnings,
            uploads=tuple(one.asset for one in uploads),
            idempotency_key=options.idempotency_key or None,  # an empty one names nothing
        )

    async def _resolved(
        self, operation: Operation, inputs: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> Resolved:
        if type(operation).resolve is Operation.resolve:  # nothing to do: it costs no thread
            return Resolved(operation)
        context = self._make_context()
        context.assets = {
            name: [InputAsset(**asset) for asset in assets] for name, assets in inputs.items()
        }
        return await asyncio.to_thread(self._resolve, operation, context)

    def _resolve(self, operation: Operation, context: LibraryContext) -> Resolved:
        """Resolve in a thread: this reads files, and notes the ids of the models that are used."""
        resolved = operation.resolve(context)
        context.remember_models()
        return resolved

    async def revised(self, task_id: str, changes: Mapping[str, Any]) -> Task:
        """A stored task with other parameters, resolved anew; the others stay as they are."""
        task = await self._queue.get(task_id)
        options = Options(cache=bool(task.snapshot.get("cache")))
        new = await self.prepare(task.operation, {**task.params, **changes}, options)
        if [value for _, value in references(new.params)] != [
            value for _, value in references(task.params)
        ]:
            raise InvalidInput(
                "Inputs from other tasks cannot be changed.", fix="Submit a new task instead."
            )
        key = None if references(new.params) else cache_key(new.operation, new.params, new.snapshot)
        snapshot = {"parents": task.snapshot.get("parents", []), **new.snapshot}
        return replace(
            task,
            params=new.params,
            snapshot=snapshot,
            warnings=new.warnings,
            cache_key=key,
            uploads=new.uploads,
        )

    def _lane(self, operation: Operation) -> str:
        lane = operation.runs_in()
        wished = operation.name in self._settings.device_operations
        if lane == "cpu" and (wished or (operation.on_gpu and self._has_gpu())):
            return "device"
        return lane

    async def _pictures(
        self, operation: Operation
    ) -> tuple[Operation, dict[str, Any], list[PendingUpload]]:
        """Asset ids checked, and data URIs read, to be stored once the request is accepted; what
        the snapshot says of them."""
        inputs: dict[str, Any] = {}
        changes: dict[str, Any] = {}
        uploads: list[PendingUpload] = []
        for name, fed in port_fields(type(operation)).items():
            given = getattr(operation, name)
            kind = kind_of(fed.type)
            if not kind.stored or given is None:
                continue
            found: list[Any] = []
            for one in given if fed.many else (given,):
                if isinstance(one, str) and one.startswith("data:") and kind.raster:
                    uploads.append(await self._assets.decode_upload(one, field=name))
                    one = uploads[-1].asset
                found.append(await self._asset(name, one, kind) if isinstance(one, str) else one)
            ids = [one.id if isinstance(one, Asset) else one for one in found]
            changes[name] = tuple(ids) if fed.many else ids[0]
            if assets := [one for one in found if isinstance(one, Asset)]:
                inputs[name] = [_described(asset) for asset in assets]
        return operation.model_copy(update=changes), inputs, uploads

    async def _asset(self, name: str, given: str, kind: Kind) -> Asset:
        try:
            asset = await self._assets.get(given)
        except NotFound as error:
            raise InvalidInput(
                f"There is no such {kind.noun}.", field=name, fix="Upload it first."
            ) from error
        if not kind.takes(asset.kind):
            raise InvalidInput(
                f"The asset {asset.id} is of kind {asset.kind!r}; this input takes {kind.name!r}.",
                field=name,
            )
        return asset


def validate(declared: type[Operation], params: Mapping[str, Any]) -> Operation:
    """The operation of these parameters; raises `InvalidInput` that names the first bad field."""
    try:
        return declared.model_validate(dict(params))
    except ValidationError as error:
        raise invalid(error) from error


def invalid(error: ValidationError) -> InvalidInput:
    """Pydantic's findings in the studio's form."""
    found = [
        FieldError(".".join(str(part) for part in item["loc"]), item["msg"])
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    first = found[0]
    return InvalidInput(first.detail, field=first.field or None, errors=found)


def _described(asset: Asset) -> dict[str, Any]:
    """What the snapshot says of an input."""
    return {
        "id": asset.id,
        "key": asset.key,
        "type": asset.type,
        "width": asset.width,
        "height": asset.height,
    }


def _bytes_made(params: Mapping[str, Any], inputs: Mapping[str, list[tuple[int, int]]]) -> int:
    """The most that the results can take on disk: no picture is larger than its pixels, and what
    has no size of its own is about as large as what it is made from."""
    pixels = (params.get("width") or 0) * (params.get("height") or 0)
    if not pixels:
        pixels = max((one[0] * one[1] for each in inputs.values() for one in each), default=0)
    return int(pixels * 4 * (params.get("num_images") or 1))


def _record(warning: Any) -> dict[str, Any]:
    return {"code": warning.code, "field": warning.field, "detail": warning.detail}
