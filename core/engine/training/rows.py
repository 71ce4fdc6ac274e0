"""The rows of a training: encoded images with their captions, cut into batches of one size."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image, ImageOps

from core.engine.canvas.pictures import opaque
from core.engine.training.adapters.base import REFERENCE, Adapter, Texts, stacked
from core.engine.training.cache import TensorCache
from core.engine.training.session import Batch
from core.training.buckets import Crop, crops
from core.training.captions import chosen, wordings
from core.training.configuration.schema import TrainingConfig
from core.training.configuration.sections import DataSection
from core.training.datasets.entries import file_sha256
from core.training.datasets.folder import Item
from core.training.datasets.pictures import load_image, load_mask
from core.training.order import BatchOrder
from core.training.plan import training_of

CPU = torch.device("cpu")


class Report(Protocol):
    """Progress of a phase: `n` of `m`."""

    def __call__(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        """Report; may raise to stop the training."""


@dataclass(frozen=True, slots=True)
class Row:
    """One image in one bucket. `latents` are those of the image, and of its mirror if allowed;
    `controls` those of the image before the edit."""

    name: str
    latents: tuple[torch.Tensor, ...]
    captions: tuple[str, ...]
    masks: tuple[torch.Tensor, ...] = ()
    controls: tuple[torch.Tensor, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, h, w) of its latents."""
        return tuple(self.latents[0].shape)


@dataclass
class Rows:
    """The rows of a dataset, with the encodings of all their captions and the prior's."""

    section: DataSection
    rows: Sequence[Row]
    texts: Mapping[str, Texts]
    seed: int
    size: int
    prior: Sequence[Row] = ()
    _order: BatchOrder = field(init=False)
    _priors: dict[tuple[int, ...], list[Row]] = field(init=False)

    def __post_init__(self) -> None:
        self._priors = {}
        for row in self.prior:
            self._priors.setdefault(row.shape, []).append(row)
        self.prior_size = round(self.size * self.section.prior_share) if self.prior else 0
        self.prior_size = min(self.prior_size, self.size - 1)
        shapes = [row.shape for row in self.rows]
        self._order = BatchOrder(shapes, self.size - self.prior_size, self.seed)

    def batch(self, number: int) -> Batch:
        """The batch of a number, the same in every run: dataset rows, then prior rows."""
        rng = random.Random(f"{self.seed} batch {number}")
        rows = [self.rows[index] for index in self._order.batch(number)]
        prior = self._priors.get(rows[0].shape, [])
        count = self.prior_size if prior else 0
        extra = [prior[rng.randrange(len(prior))] for _ in range(count)]
        return self.joined([*rows, *extra], rng, dropped=len(rows))

    def joined(self, rows: Sequence[Row], rng: random.Random, dropped: int = 0) -> Batch:
        """Rows as a batch; the captions of the first `dropped` ones may be left out."""
        latents, texts, masks = [], [], []
        for place, row in enumerate(rows):
            mirrored = rng.randrange(len(row.latents))
            latents.append(row.latents[mirrored])
            masks.append(row.masks[mirrored] if row.masks else torch.ones(1, *row.shape[-2:]))
            index = chosen(len(row.captions), self.section, rng) if place < dropped else 0
            text = self.texts["" if index is None else row.captions[index]]
            controls = {REFERENCE: row.controls[mirrored]} if row.controls else {}
            texts.append({**text, **controls})
        masked = torch.stack(masks) if any(row.masks for row in rows) else None
        return Batch(
            torch.stack(latents), stacked(texts, CPU), masked, tuple(row.name for row in rows)
        )


def encode_rows(
    adapter: Adapter,
    items: Sequence[Item],
    config: TrainingConfig,
    cache: TensorCache,
    report: Report,
) -> list[Row]:
    """The rows of images, encoded once per image, bucket and mirror. Never stretched."""
    section, rows = config.data, []
    training = training_of(adapter.loaded.model.family)
    for number, item in enumerate(items):
        report("encoding images", step=number, steps=len(items))
        size = (item.width, item.height)
        for cut in crops(
            size, section.resolution, training.multiple, aspects=section.aspect_buckets
        ):
            row = _encode(adapter, item, cut, section, cache)
            rows.append(replace(row, captions=tuple(wordings(item.caption or "", section))))
    report("encoding images", step=len(items), steps=len(items))
    return rows


def encode_texts(
    adapter: Adapter, captions: Sequence[str], cache: TensorCache, report: Report
) -> dict[str, Texts]:
    """The encodings of captions and of the empty one."""
    texts: dict[str, Texts] = {}
    captions = list(dict.fromkeys(["", *captions]))
    for number, caption in enumerate(captions):
        report("encoding texts", step=number, steps=len(captions))

        def encode(text: str = caption) -> dict[str, torch.Tensor]:
            return adapter.encode_text(text)

        texts[caption] = cache.get("text", {"text": caption}, encode)
    report("encoding texts", step=len(captions), steps=len(captions))
    return texts


def _encode(
    adapter: Adapter, item: Item, cut: Crop, section: DataSection, cache: TensorCache
) -> Row:
    """One image in one bucket; mask and mirror as the section says."""
    mirrors = (False, True) if section.horizontal_flip else (False,)
    latents = []
    for mirrored in mirrors:
        key = {"image": item.sha256, "cut": cut, "mirrored": mirrored}

        def encode(mirrored: bool = mirrored) -> dict[str, torch.Tensor]:
            image = cropped(opaque(load_image(item.path)), cut, mirrored=mirrored)
            return {"latents": adapter.encode_image(image)}

        latents.append(cache.get("image", key, encode)["latents"])
    masks: tuple[torch.Tensor, ...] = ()
    if section.masked_loss and (mask := _mask(item)) is not None:
        grid = (int(latents[0].shape[-1]), int(latents[0].shape[-2]))
        masks = tuple(_cells(cropped(mask, cut, mirrored=mirrored), grid) for mirrored in mirrors)
    controls: tuple[torch.Tensor, ...] = ()
    if section.edit_pairs and item.control_path is not None:
        controls = tuple(
            _encode_control(adapter, item, item.control_path, cut, cache, mirrored=mirrored)
            for mirrored in mirrors
        )
    return Row(item.name, tuple(latents), (), masks, controls)


def _encode_control(
    adapter: Adapter, item: Item, path: Path, cut: Crop, cache: TensorCache, *, mirrored: bool
) -> torch.Tensor:
    """The latents of a control image, cut as its image; one of another size covers the bucket."""
    key = {"control": file_sha256(path), "of": item.sha256, "cut": cut, "mirrored": mirrored}

    def encode() -> dict[str, torch.Tensor]:
        image = opaque(load_image(path))
        if image.size == (item.width, item.height):
            image = cropped(image, cut)
        else:
            image = ImageOps.fit(image, cut.bucket, Image.Resampling.LANCZOS)
        return {"latents": adapter.encode_image(ImageOps.mirror(image) if mirrored else image)}

    return cache.get("control", key, encode)["latents"]


def cropped(image: Image.Image, cut: Crop, *, mirrored: bool = False) -> Image.Image:
    """The image as its bucket has it."""
    scaled = image.resize(cut.scaled, Image.Resampling.LANCZOS)
    width, height = cut.bucket
    result = scaled.crop((cut.left, cut.top, cut.left + width, cut.top + height))
    return result.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else result


def _mask(item: Item) -> Image.Image | None:
    """The mask file, else the transparency of the image; None where it has neither."""
    if item.mask_path is not None:
        return load_mask(item.mask_path, (item.width, item.height))
    image = load_image(item.path)
    return image.getchannel("A") if image.mode == "RGBA" else None


def _cells(mask: Image.Image, grid: tuple[int, int]) -> torch.Tensor:
    """The mean of the mask in every latent cell, (1, h, w), 0 … 1."""
    small = mask.resize(grid, Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(small, np.float32) / 255)[None]
