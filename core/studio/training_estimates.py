"""Estimates of trainings before they start, by the speed of earlier ones on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from statistics import median
from typing import Any

from core.errors import StudioError
from core.models.library.library import Library
from core.models.library.model import Model
from core.operations.train_lora import TrainLora
from core.studio.model_status import ModelStatus, fit_data
from core.tasks import run_log
from core.tasks.listing import TaskFilter
from core.tasks.queue import Queue
from core.tasks.submission import Submission
from core.tasks.validation import validate
from core.training.configuration.schema import parse
from core.training.estimate import Speed, estimate, first_guess, work_of

RUNS = 20  # newest trainings whose speed counts
SPEED = "steps_per_second"


class TrainingEstimates:
    """Memory, plan and time of trainings that were not queued."""

    def __init__(
        self, submission: Submission, queue: Queue, library: Library, models: ModelStatus
    ) -> None:
        self._submission = submission
        self._queue = queue
        self._library = library
        self._models = models

    async def of(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The estimate for parameters of `train_lora`. Raises what their submission raises."""
        operation = validate(TrainLora, params)
        context = self._submission.resolve_context()
        resolved = await asyncio.to_thread(operation.resolve, context)
        facts = resolved.facts["training"]
        config = parse(facts["config"])
        model = self._library.get(config.model.path)
        speed = await self.speed(model)

        def work() -> dict[str, Any]:
            images = int(facts["dataset"]["images"])
            result = estimate(config, model, self._models.free_memory(), images, speed)
            return {
                "fit": fit_data(result.fit),
                **result.public(),
                "model": model.id,
                "images": images,
                "warnings": [warning.detail for warning in resolved.warnings],
            }

        return await asyncio.to_thread(work)

    async def speed(self, model: Model) -> Speed:
        """The measured speed of trainings of this model, else of others, else a first guess."""
        page = await self._queue.page(TaskFilter(operation=TrainLora.name), RUNS, None)
        ids = [task.id for task in page.items]
        newest = await self._queue.read(lambda connection: run_log.newest(connection, ids))
        own: list[float] = []
        others: list[float] = []
        for task in page.items:
            measured = newest.get(task.id, {}).get(SPEED)
            facts = task.snapshot.get("training")
            if not measured or not facts:
                continue
            try:
                config = parse(facts["config"])
                trained = self._library.get(config.model.path)
                rate = measured * await asyncio.to_thread(work_of, config, trained)
            except StudioError:  # its model is gone, or its configuration is of an older version
                continue
            (own if trained.id == model.id else others).append(rate)
        if own:
            return Speed(median(own), "model")
        if others:
            return Speed(median(others), "machine")
        return first_guess(self._models.free_memory().kind)
