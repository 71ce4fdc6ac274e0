"""From a request for work to a task: validated, resolved, with its snapshot.

Everything that can be wrong with a request is found here, before a row is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.errors import FieldError, InvalidInput, StudioError
from core.logs.records import request_id
from core.operations.declaration.base import Operation, Resolved
from core.operations.declaration.registry import Registry
from core.operations.declaration.resolving import InputAsset
from core.settings import Settings
from core.store.assets import Assets
from core.tasks.inputs import cache_key
from core.tasks.items import item_params, item_records
from core.tasks.queue import Queue
from core.tasks.request_inputs import InputReader, RequestInputs, Size
from core.tasks.request_key import RequestKey
from core.tasks.states import Hold, Priority
from core.tasks.task import Task, references
from core.tasks.validation import validate
from core.version import version

if TYPE_CHECKING:
    from core.operations.declaration.library_context import LibraryContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a task, beside the operation's parameters."""

    priority: int = Priority.INTERACTIVE
    labels: Mapping[str, str] = field(default_factory=dict)
    cache: bool = False
    project_id: str | None = None
    hold: bool | None = None
    """True holds the task, false starts it in any case; None starts it where auto-run is on."""
    run_id: str | None = None
    brick_id: str | None = None
    idempotency_key: str | None = None
    """The key of this task's row; by default that of the request."""
    request_key: RequestKey | None = None
    items: Sequence[Mapping[str, Any]] = ()
    """Parameters that differ: the task runs once for each item, one after the other."""


@dataclass(frozen=True, slots=True)
class Request:
    """The parameters of an operation, and the options of its task."""

    params: Mapping[str, Any]
    options: Options = Options()


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
        check_accepting: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`has_gpu`: whether the device lane is known to compute on a GPU. `check_accepting` raises
        `StorageUnavailable` where an accepted task would be lost."""
        self._check_accepting = check_accepting
        self._has_gpu = has_gpu
        self._settings = settings
        self._registry = registry
        self._make_context = make_context
        self._assets = assets
        self._queue = queue

    def resolve_context(self) -> LibraryContext:
        """A context of `resolve` over the library as it is now. Use it from one thread."""
        return self._make_context()

    async def submit(self, name: str, params: Mapping[str, Any], options: Options) -> Task:
        """Validate, resolve and store one task. Raises as `prepare` does, and `KeyReused`."""
        task = await self.prepare(name, params, options)
        return (await self._queue.add([task], options.request_key))[0]

    async def submit_many(self, name: str, requests: Sequence[Request]) -> list[Task]:
        """Store the tasks of many requests of one operation in one transaction, all or none."""
        return await self._queue.add(await self.prepare_many(name, requests))

    async def prepare(self, name: str, params: Mapping[str, Any], options: Options) -> Task:
        """The task that `submit` would store.

        Raises `InvalidInput`, `NotFound`, `ModelMissing`, or `StorageFull` where the disk has no
        room for the results.
        """
        return (await self._prepare(name, [Request(params, options)], "{}"))[0]

    async def prepare_many(self, name: str, requests: Sequence[Request]) -> list[Task]:
        """The tasks of many requests of one operation: models, files and inputs are looked up once
        for all of them. An error names its request: `requests.17.width`."""
        return await self._prepare(name, requests, "requests.{index}.{}")

    async def _prepare(self, name: str, requests: Sequence[Request], place: str) -> list[Task]:
        declared = self._registry.operation(name)
        if self._check_accepting is not None:
            await self._check_accepting()
        reader = InputReader(self._assets)
        accepted: list[list[RequestInputs]] = []
        for index, request in enumerate(requests):
            with _errors_at(place, index):
                accepted.append(await self._accept(declared, request, reader))
        resolved = await self._resolve_all(declared, accepted, place)
        if self._settings.strict:
            for index, runs in enumerate(resolved):
                with _errors_at(place, index):
                    _refuse_warnings(_warnings(runs))
        tasks = [
            self._task(declared, *parts) for parts in zip(requests, accepted, resolved, strict=True)
        ]
        largest = (
            _bytes_made(inputs, runs) for inputs, runs in zip(accepted, resolved, strict=True)
        )
        self._assets.blobs.check_disk_space(max(largest, default=0))
        uploads = [upload for runs in accepted for inputs in runs for upload in inputs.uploads]
        await self._assets.put(uploads)
        return tasks

    async def _accept(
        self, declared: type[Operation], request: Request, reader: InputReader
    ) -> list[RequestInputs]:
        """The inputs of every item of a request, all of it checked."""
        items = request.options.items
        accepted = []
        for index, params in enumerate(item_params(request.params, items)):
            with _errors_at("items.{index}.{}" if items else "{}", index):
                inputs = await reader.read(validate(declared, params))
                inputs.operation.check_sizes(inputs.sizes())
                accepted.append(inputs)
        return accepted

    async def _resolve_all(
        self, declared: type[Operation], accepted: Sequence[Sequence[RequestInputs]], place: str
    ) -> list[list[Resolved]]:
        if declared.resolve is Operation.resolve:  # nothing to do: it costs no thread
            return [[Resolved(inputs.operation) for inputs in runs] for runs in accepted]
        return await asyncio.to_thread(self._resolve, accepted, place)

    def _resolve(
        self, accepted: Sequence[Sequence[RequestInputs]], place: str
    ) -> list[list[Resolved]]:
        """Resolve in a thread: this reads files, and notes the ids of the models that are used."""
        context = self._make_context()
        resolved: list[list[Resolved]] = []
        for index, runs in enumerate(accepted):
            resolved.append([])
            for item, inputs in enumerate(runs):
                context.assets = {
                    name: [InputAsset(**record) for record in records]
                    for name, records in inputs.records().items()
                }
                inner = "items.{index}.{}" if len(runs) > 1 else "{}"
                with _errors_at(place, index), _errors_at(inner, item):
                    resolved[-1].append(inputs.operation.resolve(context))
        context.remember_models()
        return resolved

    def _task(
        self,
        declared: type[Operation],
        request: Request,
        accepted: Sequence[RequestInputs],
        resolved: Sequence[Resolved],
    ) -> Task:
        options, first = request.options, resolved[0]
        params = [run.operation.model_dump(mode="json") for run in resolved]
        uploads = [upload for inputs in accepted for upload in inputs.uploads]
        warnings = [
            *(dict(warning) for upload in uploads for warning in upload.asset.warnings),
            *_warnings(resolved),
        ]
        items = item_records(params, [run.facts for run in resolved]) if options.items else []
        snapshot = {
            "operation": declared.name,
            **first.facts,
            **({"warnings": warnings} if warnings else {}),
            **({"items": items} if items else {}),
            "inputs": _inputs(accepted),
            "fingerprints": {
                key: content for run in resolved for key, content in run.fingerprints.items()
            },
            "cache": options.cache and declared.cacheable,
            "versions": version(),
            **({"request_id": caller} if (caller := request_id.get()) else {}),
        }
        return Task(
            operation=declared.name,
            lane=self._lane(resolved),
            priority=max(options.priority, declared.band),
            max_attempts=self._settings.max_attempts,
            hold=Hold.USER if options.hold else Hold.NONE,
            run_id=options.run_id,
            brick_id=options.brick_id,
            project_id=options.project_id,
            labels=dict(options.labels),
            params=params[0],
            snapshot=snapshot,
            warnings=warnings,
            uploads=tuple(upload.asset for upload in uploads),
            auto_run=options.hold is not None,
            idempotency_key=_row_key(options),
        )

    async def revised(self, task_id: str, changes: Mapping[str, Any]) -> Task:
        """A stored task with other parameters, resolved anew; the others stay as they are."""
        task = await self._queue.get(task_id)
        items = [item["params"] for item in task.snapshot.get("items", ())]
        options = Options(cache=bool(task.snapshot.get("cache")), items=items)
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
            lane=new.lane,
            params=new.params,
            snapshot=snapshot,
            warnings=new.warnings,
            cache_key=key,
            uploads=new.uploads,
        )

    def _lane(self, runs: Sequence[Resolved]) -> str:
        """The lane of the first run that needs more than the processor, or of the first."""
        lanes = [self._lane_of(run.operation) for run in runs]
        return "device" if "device" in lanes else lanes[0]

    def _lane_of(self, operation: Operation) -> str:
        lane = operation.runs_in()
        wished = operation.name in self._settings.device_operations
        if lane == "cpu" and (wished or (operation.on_gpu and self._has_gpu())):
            return "device"
        return lane


def _row_key(options: Options) -> str | None:
    """The idempotency key of a task; an empty one names nothing."""
    request_key = options.request_key.key if options.request_key else None
    return options.idempotency_key or request_key or None


@contextmanager
def _errors_at(place: str, index: int) -> Iterator[None]:
    """Errors name their field at a `place` such as `items.{index}.{}`."""
    try:
        yield
    except StudioError as error:
        if place != "{}":
            error.field = place.format(error.field or "", index=index).rstrip(".")
        raise


def _inputs(accepted: Sequence[RequestInputs]) -> dict[str, Any]:
    """The inputs of the first item by field; those of others that differ as `items.3.image`."""
    first, *others = (inputs.records() for inputs in accepted)
    more = {
        f"items.{index}.{name}": records
        for index, own in enumerate(others, start=1)
        for name, records in own.items()
        if first.get(name) != records
    }
    return {**first, **more}


def _warnings(resolved: Sequence[Resolved]) -> list[dict[str, Any]]:
    place = "items.{}." if len(resolved) > 1 else ""
    return [
        {
            "code": warning.code,
            "field": f"{place.format(index)}{warning.field}" if warning.field else None,
            "detail": warning.detail,
        }
        for index, run in enumerate(resolved)
        for warning in run.warnings
    ]


def _refuse_warnings(warnings: Sequence[Mapping[str, Any]]) -> None:
    """Raise `InvalidInput` for the warnings of a request, if it has any."""
    if warnings:
        raise InvalidInput(
            str(warnings[0]["detail"]),
            field=warnings[0]["field"],
            errors=[FieldError(str(item["field"] or ""), str(item["detail"])) for item in warnings],
            fix="Change the request, or turn the setting `strict` off to run it with a warning.",
        )


def _bytes_made(accepted: Sequence[RequestInputs], resolved: Sequence[Resolved]) -> int:
    """The most that the results of a task can take on disk.

    No image is larger than its pixels. One without a size of its own counts as large as the
    largest input.
    """
    return sum(
        _pixels(run.operation, inputs.sizes()) * 4 * (getattr(run.operation, "num_images", 1) or 1)
        for inputs, run in zip(accepted, resolved, strict=True)
    )


def _pixels(operation: Operation, sizes: Mapping[str, Sequence[Size]]) -> int:
    own = (getattr(operation, "width", 0) or 0) * (getattr(operation, "height", 0) or 0)
    return own or max((size[0] * size[1] for of in sizes.values() for size in of), default=0)
