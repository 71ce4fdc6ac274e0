"""The comparison of two tasks or two images, with their pixels."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from core.errors import NotFound
from core.history.comparison import compare, snapshot_of_image, snapshot_of_task
from core.kinds import find
from core.operations.declaration.registry import Registry
from core.store.asset_rows import Asset
from core.store.assets import Assets
from core.tasks.queue import Queue
from core.tasks.task import Task


class Snapshots:
    """Compare what was stored with tasks and images."""

    def __init__(self, registry: Registry, queue: Queue, assets: Assets) -> None:
        self._registry = registry
        self._queue = queue
        self._assets = assets

    async def compare_tasks(self, first_id: str, second_id: str) -> dict[str, Any]:
        """Two tasks: `fields`, the images compared, and the difference of their `pixels`.

        Raises `NotFound`.
        """
        first, second = await self._queue.get(first_id), await self._queue.get(second_id)
        images = (await self._image_of(first), await self._image_of(second))
        return await self._compare(snapshot_of_task(first), snapshot_of_task(second), *images)

    async def compare_images(self, first_id: str, second_id: str) -> dict[str, Any]:
        """Two images, by their metadata; otherwise as `compare_tasks`."""
        first, second = [
            await self._assets.with_metadata(await self._assets.get(asset_id))
            for asset_id in (first_id, second_id)
        ]
        snapshots = (snapshot_of_image(first.metadata), snapshot_of_image(second.metadata))
        return await self._compare(*snapshots, first, second)

    async def _compare(
        self,
        first: Mapping[str, Any],
        second: Mapping[str, Any],
        image: Asset | None,
        other: Asset | None,
    ) -> dict[str, Any]:
        pixels = None
        if image and other and image.raster and other.raster:
            pixels = await self._assets.pixel_difference(image, other)
        return {
            "a": image.id if image else None,
            "b": other.id if other else None,
            "pixels": pixels,
            "fields": [field.public() for field in compare(first, second, self._registry)],
        }

    async def _image_of(self, task: Task) -> Asset | None:
        """The first image of a task that is still stored."""
        for output in task.outputs:
            kind = find(output["kind"])
            if kind and kind.raster and output.get("asset_id"):
                with suppress(NotFound):
                    return await self._assets.get(output["asset_id"])
        return None
