"""How the studio is doing: queue, lanes, models, machine. Reads only."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.errors import StudioError
from core.models.lora import refusal
from core.store.blobs import writable
from core.store.clock import timestamp
from core.tasks import listing
from core.tasks.listing import Filter
from core.tasks.states import Status
from core.version import VERSION

if TYPE_CHECKING:
    from core.models.item import Item
    from core.models.model import Model
    from core.models.stock import Stocked
    from core.services import Services

STALE_SECONDS = 120.0
BYTES_PER_WEIGHT = {"cpu": 4, "cuda": 2}
WORKING_SPACE = 1.3  # activations and buffers beside the weights


class State:
    """Answers questions about the running services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def lanes(self) -> list[dict[str, Any]]:
        """The lanes as clients see them."""
        return [
            {
                "name": lane.name,
                "state": lane.state,
                "detail": lane.detail,
                "concurrency": lane.concurrency,
                "pid": lane.pid,
                "restarts": lane.restarts,
            }
            for lane in self._services.executor.lanes().values()
        ]

    async def queue(self) -> dict[str, Any]:
        """Counts, running tasks, lanes, and about how many seconds all of it takes."""
        services = self._services
        running = await services.queue.page(Filter(status=(Status.RUNNING,)), limit=50)
        return {
            "paused": services.dispatcher.paused,
            "counts": await services.queue.counts(),
            "running": [services.present(task) for task in running.items],
            "eta_seconds": await self._eta([task.id for task in running.items]),
            "lanes": self.lanes(),
        }

    async def _eta(self, running: list[str]) -> float | None:
        services = self._services
        waiting = await services.queue.read(listing.waiting_by_operation)
        seconds = 0.0
        for task_id in running:
            seconds += (services.dispatcher.progress(task_id) or {}).get("eta_seconds") or 0.0
        for operation, count in waiting.items():
            typical = services.estimates.typical(operation)
            if typical is None:
                return None
            seconds += typical * count
        return round(seconds, 2)

    def device(self) -> dict[str, Any]:
        """What the device lane computes on."""
        lane = self._services.executor.lanes().get("device")
        return dict(lane.device) if lane and lane.device else {"kind": "cpu", "name": "CPU"}

    def models(self) -> list[dict[str, Any]]:
        """Every model: those on this machine with what each can do and whether it fits, those here
        in part with what they lack, and those of the catalogue with how to get them."""
        return [self._entry(entry) for entry in self._services.stock.all()]

    def loras(self) -> list[dict[str, Any]]:
        """The LoRAs on this machine: what each is, and which of the models here can take it."""
        library = self._services.library
        models = library.models()
        return [self._lora(name, item, models) for name, item in sorted(library.loras().items())]

    def _lora(self, name: str, item: Item, models: Sequence[Model]) -> dict[str, Any]:
        found = item.finding
        return {
            "id": name,
            "label": item.name,
            **found.public(),
            "size_bytes": sum(file.size for file in item.weights),
            "models": [
                model.id for model in models if refusal(found, model.family, model.measures) is None
            ],
        }

    def _entry(self, entry: Stocked) -> dict[str, Any]:
        known = {
            "id": entry.id,
            "label": entry.label,
            "family": entry.family.id,
            "note": "",
            "licence": entry.licence.label if entry.licence else None,
            "fingerprint": None,
            "modes": {},
            "sizes": [],
            "size_multiple": entry.family.sizes.multiple,
            "vocabulary": {},
            "examples": [],
            "memory": None,
            "seconds_per_image": None,
            **entry.public(),
        }
        if entry.model is None or entry.state != "present":
            return known
        own = self._model(entry.model)
        return {**known, **own, "licence": own["licence"] or known["licence"]}

    def _model(self, model: Model) -> dict[str, Any]:
        import psutil

        width = BYTES_PER_WEIGHT.get(self.device()["kind"], 4)
        needed = int(model.parameter_count * width * WORKING_SPACE)
        memory = psutil.virtual_memory()
        seconds = self._services.estimates.seconds(
            "generate", {**model.defaults("generate"), "model": model.id, "num_images": 1}
        )
        return {
            "id": model.id,
            "label": model.label,
            "note": model.note,
            "licence": model.licence,
            "fingerprint": model.fingerprint,
            "modes": {
                mode: {
                    "parameters": list(model.parameters(mode)),
                    "defaults": dict(model.defaults(mode)),
                }
                for mode in model.modes
            },
            "sizes": [list(size) for size in model.sizes or ()],
            "size_multiple": model.size_multiple,
            "vocabulary": {name: list(words) for name, words in model.vocabulary.items()},
            "examples": list(model.examples),
            "memory": {
                "needed_bytes": needed,
                "total_bytes": memory.total,
                "fits": needed <= memory.total,
            },
            "seconds_per_image": round(seconds, 3) if seconds is not None else None,
        }

    async def system(self) -> dict[str, Any]:
        """Device, memory, disk, workers, failures of the last hour, a queue that stands still."""
        import psutil

        services = self._services
        hour_ago = timestamp(datetime.now(UTC) - timedelta(hours=1))
        health = await services.queue.read(lambda c: listing.health(c, hour_ago))
        state = await self.queue()
        memory, disk = psutil.virtual_memory(), shutil.disk_usage(services.settings.data_dir)
        oldest = _age(health["oldest_pending"])
        waiting = state["counts"]["pending"] + state["counts"]["held"]
        stuck = oldest is not None and oldest > STALE_SECONDS
        return {
            "version": VERSION,
            "device": self.device(),
            "memory": {"total_bytes": memory.total, "used_bytes": memory.total - memory.available},
            "disk": {"free_bytes": disk.free, "total_bytes": disk.total},
            "workers": [{"lane": lane.pop("name"), **lane} for lane in self.lanes()],
            "failures_last_hour": health["failures"],
            "queue": {
                "waiting": waiting,
                "oldest_waiting_seconds": oldest,
                "stale": bool(stuck and not state["running"] and not state["paused"]),
                "eta_seconds": state["eta_seconds"],
            },
        }

    async def ready(self) -> dict[str, Any]:
        """Whether a task would start now, check by check."""
        services = self._services
        device = services.executor.lanes().get("device")
        checks: dict[str, Any] = {
            "opened": services.open or services.failure or "still opening",
            "storage": True,
            "worker": device is not None and device.state in ("ready", "busy"),
        }
        try:
            await services.database.check()
            await asyncio.to_thread(writable, services.settings.data_dir)
        except StudioError as error:
            checks["storage"] = error.detail
        return {"ready": all(check is True for check in checks.values()), "checks": checks}


def _age(moment: str | None) -> float | None:
    if moment is None:
        return None
    then = datetime.fromisoformat(moment)
    return round((datetime.now(UTC) - then).total_seconds(), 1)
