"""An evaluation in a worker: draw the grid with one load of the base, measure, report.

Finished cells are kept in the run's folder, so an interrupted evaluation draws only what is
missing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional

from core.engine.canvas.pictures import cover
from core.engine.evaluation.networks import SubjectNetwork, TextNetwork
from core.engine.loaded import Loaded
from core.engine.training.adapters.base import Adapter
from core.engine.training.make import adapter_of
from core.models.recognition import lora_facts
from core.models.weights.file import read_weights
from core.store import atomic
from core.training.context import TrainingContext
from core.training.datasets.folder import Item
from core.training.datasets.pictures import load_image
from core.training.evaluation.health import Health, health
from core.training.evaluation.report import Column, Embeddings, Evaluation, Row, report_of

GRID = 16  # cells a side that larger latents are averaged to
TRAINING_IMAGES = 200
NEAREST = "nearest"
"""The kind of the logged training images; their step is the column."""


class EvaluationContext(TrainingContext, Protocol):
    """See `core.operations.declaration.base.Context`."""

    def add_image(
        self,
        image: Image.Image,
        *,
        port: str = "image",
        seed: int | None = None,
        parameters: Mapping[str, object] = {},
    ) -> None:
        """Deliver an image."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A LoRA file at a weight; without a file the base."""

    label: str
    path: Path | None = None
    lora: str = ""
    step: int = 0
    weight: float = 0.0
    validation_loss: float | None = None


@dataclass
class EvaluationRun:
    """One attempt. `texts` are networks by name, the first of which is scored; `originals` images
    by SHA-256 whose captions are rows."""

    ctx: EvaluationContext
    loaded: Loaded
    candidates: Sequence[Candidate]
    rows: Sequence[Row]
    items: Sequence[Item]
    originals: Mapping[str, Item]
    parameters: Mapping[str, Any]
    texts: Mapping[str, TextNetwork]
    subject: SubjectNetwork | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Draw, measure and return the report. Images are delivered column by column."""
        images = [self._draw(place) for place in range(len(self.candidates))]
        training = [self._fitted(load_image(item.path)) for item in self.items[:TRAINING_IMAGES]]
        adapter = adapter_of(self.loaded)
        latents = self._embedded(
            images, training, lambda chosen: _latents(adapter, chosen), "latents"
        )
        subject = latents
        if self.subject is not None:
            subject = self._embedded(images, training, self.subject.vectors, "subject")
        prompts = [row.prompt for row in self.rows]
        adherence = {}
        for name, network in self.texts.items():
            self.ctx.progress(f"measuring {name}")
            adherence[name] = np.stack([network.adherence(column, prompts) for column in images])
        report = report_of(
            Evaluation(
                [self._column(candidate) for candidate in self.candidates],
                self.rows,
                adherence,
                self._avoidance(images),
                subject,
                latents,
                [item.name for item in self.items[:TRAINING_IMAGES]],
                self._originals(adapter, latents.images.shape[-1]),
                self.facts,
            )
        )
        self._log_nearest(report, training)
        return report

    def _originals(self, adapter: Adapter, size: int) -> NDArray[np.float64]:
        """The latents of the image that each row's caption belongs to, (rows, `size`)."""
        table = np.full((len(self.rows), size), np.nan)
        for digest, item in self.originals.items():
            places = [place for place, row in enumerate(self.rows) if row.original == digest]
            table[places] = _latents(adapter, [self._fitted(load_image(item.path))])[0]
        return table

    def _log_nearest(self, report: Mapping[str, Any], training: Sequence[Image.Image]) -> None:
        """Keep the training image that each column comes nearest to, to be shown beside it."""
        for place, column in enumerate(report["columns"]):
            nearest = column["memorisation"]["nearest"]
            if nearest is not None:
                data = _png(training[nearest])
                self.ctx.run_log.file(NEAREST, place, data, media_type="image/png")
        self.ctx.run_log.flush()

    def _draw(self, place: int) -> list[Image.Image]:
        """The images of one column, in the order of rows."""
        candidate, images = self.candidates[place], []
        total = len(self.candidates) * len(self.rows)
        for index, row in enumerate(self.rows):
            self._step_aside()
            parameters = {**self.parameters, "prompt": row.prompt}
            if row.negative_prompt:
                parameters["negative_prompt"] = row.negative_prompt
            if candidate.path is not None:
                parameters["loras"] = [{"path": candidate.path, "weight": candidate.weight}]
            report = partial(self._progress, candidate.label, place * len(self.rows) + index, total)
            image = self._cell(place, index, parameters, row.seed, report)
            images.append(image)
            delivered = {
                "prompt": row.prompt,
                "negative_prompt": row.negative_prompt,
                "column": candidate.label,
                "row": index,
            }
            self.ctx.add_image(image, seed=row.seed, parameters=delivered)
        return images

    def _cell(
        self,
        place: int,
        index: int,
        parameters: Mapping[str, Any],
        seed: int,
        report: Callable[..., None],
    ) -> Image.Image:
        """The image of a cell: that of an earlier attempt, or a new one."""
        path = self.ctx.run_folder / f"{place}-{index}.png"
        if path.exists():
            with Image.open(path) as stored:
                return stored.convert("RGB")
        image = self.loaded.draw("generate", parameters, seed=seed, report=report)
        image = image.convert("RGB")
        with atomic.replacing(path, durable=False) as partial:
            partial.write_bytes(_png(image))
        return image

    def _progress(self, label: str, place: int, places: int, phase: str, **_: Any) -> None:
        """Report the place in the grid at each step of an image; a cancel acts there."""
        self.ctx.progress(f"drawing {label}", step=place, steps=places)

    def _step_aside(self) -> None:
        """End this attempt where an interactive task waits; finished cells stay."""
        if self.ctx.should_yield():
            marker = self.ctx.folder / "stepped-aside"
            marker.write_text(self.ctx.task_id, encoding="utf-8")
            self.ctx.checkpoint(marker)

    def _fitted(self, image: Image.Image) -> Image.Image:
        return cover(image, self.parameters["width"], self.parameters["height"])

    def _embedded(
        self,
        images: Sequence[Sequence[Image.Image]],
        training: Sequence[Image.Image],
        vectors: Any,
        name: str,
    ) -> Embeddings:
        self.ctx.progress(f"measuring {name}")
        drawn = np.stack([vectors(column) for column in images])
        known = vectors(training) if training else np.empty((0, drawn.shape[-1]))
        return Embeddings(drawn, known)

    def _avoidance(self, images: Sequence[Sequence[Image.Image]]) -> Any:
        """1 minus the adherence to the negative prompt, NaN for rows without one."""
        network = next(iter(self.texts.values()), None)
        places = [place for place, row in enumerate(self.rows) if row.negative_prompt]
        if network is None or not places:
            return None
        table = np.full((len(images), len(self.rows)), np.nan)
        prompts = [self.rows[place].negative_prompt for place in places]
        for number, column in enumerate(images):
            chosen = [column[place] for place in places]
            table[number, places] = 1 - network.adherence(chosen, prompts)
        return table

    def _column(self, candidate: Candidate) -> Column:
        return Column(
            candidate.label,
            candidate.lora,
            candidate.step,
            candidate.weight,
            candidate.validation_loss,
            health_of(candidate.path) if candidate.path else None,
        )


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def health_of(path: Path) -> Health:
    """The health of a LoRA file."""
    tensors = {name: tensor.float().numpy() for name, tensor in load_file(path).items()}
    settings = lora_facts.settings(read_weights(path).header.metadata)
    return health(tensors, _scale(settings))


def _scale(settings: Mapping[str, Any]) -> float:
    """alpha / rank of PEFT's settings, whose keys begin with the component; 1 without them."""
    values = {key.rpartition(".")[2]: value for key, value in settings.items()}
    rank, alpha = values.get("r"), values.get("lora_alpha", values.get("alpha"))
    return float(alpha) / float(rank) if rank and alpha else 1.0


def _latents(adapter: Adapter, images: Sequence[Image.Image]) -> Any:
    """The latents of images as vectors, (n, d); large ones averaged to a small grid."""
    rows = []
    for image in images:
        latents = adapter.encode_image(image)
        size = [min(GRID, side) for side in latents.shape[-2:]]
        with torch.no_grad():
            pooled = functional.adaptive_avg_pool2d(latents[None].float(), size)
        rows.append(pooled.flatten().numpy().astype(np.float64))
    return np.stack(rows)
