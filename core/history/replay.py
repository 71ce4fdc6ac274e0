"""Replays: an image runs again from its snapshot, and is compared with the first one.

A replay is two tasks: the operation with the parameters of that one image, and `compare_images`,
which waits for its result. Nothing is served from the cache, and no prompt is expanded again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from core.errors import InvalidInput, ModelMissing, NotFound, StudioError
from core.history.image_record import ImageRecord, image_record
from core.history.labels import REPLAY, REPLAY_OF
from core.identifiers import new_id
from core.operations.compare_images import CompareImages
from core.operations.declaration.registry import Registry
from core.operations.declaration.resolving import ResolveContext
from core.store.asset_rows import Asset
from core.store.assets import Assets
from core.tasks.inputs import asset_record
from core.tasks.queue import Queue
from core.tasks.request_key import RequestKey
from core.tasks.submission import Options, Submission
from core.tasks.task import Task

T = TypeVar("T")


class Replays:
    """Start replays, and keep the report of the last one with its image."""

    def __init__(
        self, registry: Registry, submission: Submission, queue: Queue, assets: Assets
    ) -> None:
        self._registry = registry
        self._submission = submission
        self._queue = queue
        self._assets = assets
        self._stores: set[asyncio.Task[None]] = set()

    async def start(self, asset_id: str, key: RequestKey | None = None) -> Task:
        """Queue the replay of an image and return the task whose output is the report.

        Raises `NotFound`, `ModelMissing`, `KeyReused`, and `InvalidInput` for an image without a
        snapshot or without one of its inputs.
        """
        asset = await self._assets.with_metadata(await self._assets.get(asset_id))
        record = await self._with_inputs(image_record(asset.metadata, self._registry))
        record = await asyncio.to_thread(self._with_files, record)
        run_id = new_id()
        again = await self._again(record, asset, run_id, key)
        output = {"task": again.id, "port": record.port, "index": 0}
        options = Options(
            labels={REPLAY: asset.id}, run_id=run_id, idempotency_key=_row_key(key, REPLAY)
        )
        params = {"image": asset.id, "other": output}
        comparison = await self._submission.prepare(CompareImages.name, params, options)
        return (await self._queue.add([again, comparison], key))[1]

    def task_completed(self, task: Task) -> None:
        """Keep the report of a replay. Called on the event loop, after the commit."""
        asset_id = task.labels.get(REPLAY)
        if asset_id and task.operation == CompareImages.name and task.outputs:
            store = asyncio.ensure_future(self._keep(asset_id, task))
            self._stores.add(store)
            store.add_done_callback(self._stores.discard)

    async def stop(self) -> None:
        """Wait for the reports that are being stored."""
        await asyncio.gather(*self._stores, return_exceptions=True)

    async def _keep(self, asset_id: str, task: Task) -> None:
        report = {
            "task_id": task.id,
            "asset_id": task.params["other"],
            "finished_at": task.finished_at,
            **task.outputs[0]["value"],
        }
        try:
            await self._assets.set_replay(asset_id, report)
        except NotFound:
            return  # the image was deleted while it ran again

    async def _again(
        self, record: ImageRecord, asset: Asset, run_id: str, key: RequestKey | None
    ) -> Task:
        """The task that makes the image once more."""
        params = {**record.params, **dict.fromkeys(record.texts, "")}
        options = Options(
            labels={REPLAY_OF: asset.id},
            project_id=asset.project_id,
            run_id=run_id,
            idempotency_key=_row_key(key, REPLAY_OF),
        )
        task = await self._submission.prepare(record.operation.name, params, options)
        snapshot = {name: fact for name, fact in task.snapshot.items() if name != "plans"}
        if record.texts:
            snapshot["prompts"] = [dict(record.texts)]
        if "seed" in record.snapshot and "seed" in snapshot:
            snapshot["seed"] = {**snapshot["seed"], "policy": _policy(record.snapshot)}
        inputs = {**snapshot["inputs"], REPLAY_OF: [asset_record(asset)]}
        return replace(
            task,
            params={**task.params, **record.texts},
            snapshot={**snapshot, "inputs": inputs, "cache": False},
        )

    async def _with_inputs(self, record: ImageRecord) -> ImageRecord:
        """The record with the ids of its input files as they are stored now."""
        ids: dict[str, str] = {}
        for field, asset_id in record.inputs():
            ids[asset_id] = await self._input(record, field, asset_id)

        def renamed(value: Any) -> Any:
            if isinstance(value, list | tuple):
                return [renamed(item) for item in value]
            return ids.get(value, value) if isinstance(value, str) else value

        fields = {field for field, _ in record.inputs()}
        changes = {field: renamed(record.params[field]) for field in fields}
        return replace(record, params={**record.params, **changes})

    async def _input(self, record: ImageRecord, field: str, asset_id: str) -> str:
        """The id of an input: its own, or that of another asset with the same file."""
        try:
            return (await self._assets.get(asset_id)).id
        except NotFound:
            key = record.input_key(asset_id)
            same = await self._assets.with_key(key) if key else None
        if same is None:
            raise InvalidInput(
                f"The input {field!r} of this image ({asset_id}) is not stored any more.",
                field=field,
                fix="Restore it from the trash, or upload the same file again.",
            )
        return same.id

    def _with_files(self, record: ImageRecord) -> ImageRecord:
        """The record with models and LoRAs named as they are now. Reads files: in a thread."""
        context = self._submission.resolve_context()
        params = dict(record.params)
        if isinstance(name := params.get("model"), str) and "model" in record.snapshot:
            content = record.fingerprint("model", name)
            params["model"] = _find(context.models.get, content, name, "model").id
        if isinstance(name := params.get("vae"), str) and (content := _vae(record)):
            params["vae"] = self._vae_name(context, params, content, name)
        loras = params.get("loras")
        if isinstance(loras, Sequence) and not isinstance(loras, str):
            params["loras"] = [_lora(context, record, lora) for lora in loras]
        return replace(record, params=params)

    def _vae_name(
        self, context: ResolveContext, params: Mapping[str, Any], content: str, name: str
    ) -> str:
        """The content hash of the VAE if it is here, else its name."""
        model = context.models.get(params["model"])
        try:
            context.models.vae(model, content)
        except StudioError:
            return name
        return content


def _lora(context: ResolveContext, record: ImageRecord, lora: Mapping[str, Any]) -> dict[str, Any]:
    name = str(lora["name"])
    file = _find(context.loras.find, record.fingerprint("lora", name), name, "loras")
    return {**lora, "name": file.id}


def _find(look_up: Callable[[str], T], content: str | None, name: str, field: str) -> T:
    """The file with this content; else that of the name, whose change the report names."""
    if content is not None:
        try:
            return look_up(content)
        except ModelMissing:
            pass  # renamed files are found by content, replaced ones by name
    try:
        return look_up(name)
    except ModelMissing as missing:
        missing.field = field
        raise


def _vae(record: ImageRecord) -> str | None:
    vae = record.snapshot.get("vae")
    content = vae.get("fingerprint") if isinstance(vae, Mapping) else None
    return content if isinstance(content, str) else None


def _policy(snapshot: Mapping[str, Any]) -> str:
    seed = snapshot.get("seed")
    return str(seed.get("policy", "manual")) if isinstance(seed, Mapping) else "manual"


def _row_key(key: RequestKey | None, part: str) -> str | None:
    return f"{key.key}:{part}" if key else None
