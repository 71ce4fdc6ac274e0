"""Datasets of the studio: the store, called off the event loop, with gallery, decoders, events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

from core.errors import BadUpload, InvalidInput, NotFound
from core.gallery.curation import Choice, Curation
from core.gallery.gallery import Gallery
from core.models.library.library import Library
from core.operations.caption_dataset import CaptionDataset
from core.store import atomic
from core.store.assets import MAX_PER_PAGE, Assets
from core.store.blobs import check_key
from core.store.thumbnails import Thumbnails
from core.tasks.task import Task
from core.training.datasets import editing, importing
from core.training.datasets.analysis import Analysis, analyze
from core.training.datasets.augment import Augmentation, augmented, rewritten, write_samples
from core.training.datasets.editing import CaptionEdit
from core.training.datasets.importing import GalleryImage, Imported
from core.training.datasets.limits import DatasetLimits, limits_of_model
from core.training.datasets.repairs import Repair, Rewrite, plan_repairs
from core.training.datasets.report import html_report
from core.training.datasets.rules import Fault, check_entries
from core.training.datasets.sources import find_source
from core.training.datasets.versions import Dataset, DatasetStore, Version

T = TypeVar("T")
OnChange = Callable[[str, int, str], None]
MAX_FROM_GALLERY = 2_000


class DatasetService:
    """The datasets of one studio."""

    def __init__(
        self,
        root: Path,
        assets: Assets,
        gallery: tuple[Gallery, Curation],
        library: Library,
        on_change: OnChange,
    ) -> None:
        """`root`: the folder of the datasets. Call `on_change` after each change with the id, the
        newest version, and `created`, `changed` or `deleted`."""
        self.store = DatasetStore(root)
        self._assets = assets
        self._gallery, self._curation = gallery
        self._library = library
        self._thumbnails = Thumbnails(root / ".thumbnails", assets.decoders)
        self._measures = root / ".measures"
        self._on_change = on_change

    async def all(self, *, deleted: bool = False) -> list[tuple[Dataset, Version]]:
        """The datasets, or those in the trash, each with its newest version."""

        def read() -> list[tuple[Dataset, Version]]:
            datasets = self.store.all(deleted=deleted)
            return [(dataset, self.store.version(dataset)) for dataset in datasets]

        return await asyncio.to_thread(read)

    async def get(self, name: str, number: int | None = None) -> tuple[Dataset, Version]:
        """A dataset by its id or name, with a version of it. Raises `NotFound`."""

        def read() -> tuple[Dataset, Version]:
            dataset = self.store.get(name)
            return dataset, self.store.version(dataset, number)

        return await asyncio.to_thread(read)

    async def faults(self, version: Version, model: str | None = None) -> list[Fault]:
        """The broken rules of a version, by the limits of a model. Raises `ModelMissing`."""

        def check() -> list[Fault]:
            return check_entries(self.store.entries(version), self.limits(model))

        return await asyncio.to_thread(check)

    def limits(self, model: str | None = None) -> DatasetLimits:
        """The limits for a model, or for the default one. Raises `ModelMissing`."""
        return limits_of_model(
            self._library.get(model) if model else self._library.default("generate")
        )

    async def versions(self, name: str) -> list[Version]:
        """The versions of a dataset, the newest first. Raises `NotFound`."""
        return await asyncio.to_thread(lambda: self.store.versions(self.store.get(name)))

    async def create(self, name: str, trigger: str | None = None) -> Dataset:
        """A new dataset. Raises `InvalidInput`, `Conflict`."""
        dataset = await asyncio.to_thread(self.store.create, name, trigger)
        self._on_change(dataset.id, dataset.latest, "created")
        return dataset

    async def update(self, name: str, changes: Mapping[str, Any]) -> Dataset:
        """Change name or trigger word. Raises `NotFound`, `InvalidInput`, `Conflict`."""
        return await self._change(name, lambda dataset: self.store.update(dataset, **changes))

    async def trash(self, name: str) -> Dataset:
        """Move a dataset to the trash. Raises `NotFound`."""
        return await self._change(name, self.store.trash, "deleted")

    async def recover(self, name: str) -> Dataset:
        """Bring a dataset back from the trash. Raises `NotFound`."""
        return await self._change(name, self.store.recover, "created")

    async def discard(self, dataset: Dataset) -> None:
        """Remove a dataset for good that was just created."""
        await asyncio.to_thread(lambda: self.store.purge(self.store.trash(dataset)))
        self._on_change(dataset.id, dataset.latest, "deleted")

    async def purge(self, name: str) -> None:
        """Remove a dataset of the trash for good. Raises `NotFound`, `Conflict`."""
        dataset, _ = await self.get(name)
        await asyncio.to_thread(self.store.purge, dataset)

    async def import_files(
        self, dataset: Dataset, files: Sequence[tuple[str, IO[bytes]]]
    ) -> Imported:
        """Add uploaded images, captions, masks and zips; folders in their names are kept.

        Raises `BadUpload`, `TooLarge`, `InvalidDataset`.
        """

        def work() -> Imported:
            with importing.staging(self.store) as folder:
                for name, content in files:
                    importing.receive(folder, name, content, self._assets.limits.max_bytes)
                label = files[0][0] if len(files) == 1 else "an upload"
                return importing.import_folder(self.store, dataset, folder, label)

        return await self._imported(work)

    async def import_gallery(self, dataset: Dataset, choice: Choice) -> Imported:
        """Add images of the gallery with their prompts. Raises `InvalidInput` where none is one."""
        ids, _ = await self._curation.sized(choice)
        if len(ids) > MAX_FROM_GALLERY:
            raise InvalidInput(
                f"{len(ids)} images are more than {MAX_FROM_GALLERY}.",
                field="ids",
                fix="Select fewer.",
            )
        images = []
        for start in range(0, len(ids), MAX_PER_PAGE):
            for item in await self._gallery.items(ids[start : start + MAX_PER_PAGE]):
                path = self._assets.blobs.local_path(item.asset.key)
                if item.asset.raster and path is not None and path.is_file():
                    images.append(GalleryImage(item.asset.id, path, item.description.prompt))
        if not images:
            raise InvalidInput(
                "None of these assets is an image.", field="ids", fix="Select images."
            )
        return await self._imported(lambda: importing.import_gallery(self.store, dataset, images))

    async def set_captions(
        self, name: str, captions: Mapping[str, str], after: int | None = None
    ) -> Dataset:
        """Set captions by image name. Raises `NotFound`, `Conflict`."""
        return await self._change(
            name, lambda dataset: editing.set_captions(self.store, dataset, captions, after)
        )

    async def edit_captions(
        self, name: str, edit: CaptionEdit, names: Iterable[str] | None, after: int | None = None
    ) -> Dataset:
        """Edit many captions at once. Raises `NotFound`, `Conflict`."""
        return await self._change(
            name, lambda dataset: editing.edit_captions(self.store, dataset, edit, names, after)
        )

    def task_completed(self, task: Task) -> None:
        """Publish the version that a task of `caption_dataset` made."""
        made = task.snapshot.get("captioned")
        if task.operation == CaptionDataset.name and made:
            self._on_change(made["dataset"], made["version"], "changed")

    async def remove_images(
        self, name: str, names: Iterable[str], after: int | None = None
    ) -> Dataset:
        """Remove images. Raises `NotFound`, `Conflict`."""
        return await self._change(
            name, lambda dataset: editing.remove_images(self.store, dataset, names, after)
        )

    async def repair(
        self, name: str, *, dry_run: bool = False, caption: str | None = None
    ) -> tuple[Dataset, list[Repair]]:
        """Repair broken rules as a new version; a dry run changes nothing. Raises `NotFound`."""
        write = self._rewriter()

        def work() -> tuple[Dataset, list[Repair]]:
            limits = self.limits()
            source = find_source(self.store.get(name).id, self.store, limits)
            faults = check_entries(source.entries, limits)
            repairs = plan_repairs(source.entries, faults, limits, caption)
            if repairs and not dry_run:
                source.repair(repairs, limits, None, write)
            return self.store.get(name), repairs

        dataset, repairs = await asyncio.to_thread(work)
        if repairs and not dry_run:
            self._on_change(dataset.id, dataset.latest, "changed")
        return dataset, repairs

    async def augment(self, name: str, samples: int, seed: int, copy: str) -> Imported:
        """A new dataset of the images of another and changed ones; see `augment.py`.

        Raises `NotFound`, `InvalidInput`, `Conflict` for a taken name.
        """
        source, version = await self.get(name)
        augmentation = Augmentation(seed=seed, keep=source.trigger or "")
        entries = [entry for entry in self.store.entries(version) if entry.width][:samples]
        write = self._rewriter()
        target = await self.create(copy, source.trigger)

        def work() -> Imported:
            label = f"{source.name}, version {version.number}"
            dataset = self.store.commit(target, version.images, f"Copied {label}")
            with importing.staging(self.store) as decoded, importing.staging(self.store) as folder:
                safe = [rewritten(entry, decoded, write) for entry in entries]
                write_samples(augmented(safe, samples, augmentation), folder)
                noun = "sample" if samples == 1 else "samples"
                return importing.import_folder(self.store, dataset, folder, f"{samples} {noun}")

        try:
            return await self._imported(work)
        except Exception:  # a copy without samples is not kept, whatever went wrong
            await self.discard(target)
            raise

    async def analysis(self, name: str, number: int | None = None) -> tuple[Dataset, Analysis]:
        """The analysis of a version, by the limits of the default model. Raises `NotFound`."""
        dataset, version = await self.get(name, number)
        measures = await self.measures(image.key for image in version.images if image.width)

        def work() -> Analysis:
            from core.training.datasets.measuring import estimate_of

            limits = self.limits()
            entries = self.store.entries(version)
            model = self._library.default("generate")
            estimate = estimate_of(model, len(entries), limits.native)
            return analyze(entries, measures, limits, estimate=estimate)

        return dataset, await asyncio.to_thread(work)

    async def report(self, name: str, number: int | None = None) -> str:
        """The analysis as an HTML page. Raises `NotFound`."""
        dataset, analysis = await self.analysis(name, number)
        thumbnails: dict[str, bytes] = {}
        for image in analysis.images:
            with suppress(BadUpload, NotFound):
                path = await self.thumbnail(image.key)
                thumbnails[image.key] = await asyncio.to_thread(path.read_bytes)

        def work() -> str:
            return html_report(dataset.name, analysis, lambda image: thumbnails.get(image.key))

        return await asyncio.to_thread(work)

    async def restore(self, name: str, number: int) -> Dataset:
        """Undo: make the images of an older version the newest one. Raises `NotFound`."""
        return await self._change(name, lambda dataset: self.store.restore(dataset, number))

    async def thumbnail(self, key: str) -> Path:
        """A WebP file of an image by its hash. Raises `NotFound`, `BadUpload`."""
        check_key(key)
        return await self._thumbnails.make(key, partial(self.store.blobs.open, key))

    async def measures(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Measures of images by their hashes; damaged ones are left out. They are kept on disk."""
        return {key: measured for key in keys if (measured := await self._measure(key))}

    def _rewriter(self) -> Rewrite:
        """A function for a thread that decodes an image in a process of its own."""
        loop, decoders = asyncio.get_running_loop(), self._assets.decoders

        def write(source: Path, target: Path, side: int | None) -> None:
            job = decoders.rewrite(source, target, side)
            asyncio.run_coroutine_threadsafe(job, loop).result()

        return write

    async def _measure(self, key: str) -> dict[str, Any] | None:
        target = self._measures / key[:2] / f"{key}.json"
        with suppress(OSError, ValueError):
            return dict(json.loads(await asyncio.to_thread(target.read_text, "utf-8")))
        try:
            measured = await self._assets.decoders.measure_file(partial(self.store.blobs.open, key))
        except (BadUpload, NotFound):
            return None
        text = json.dumps(measured)
        await asyncio.to_thread(atomic.write_text, target, text, durable=False)
        return measured

    async def _change(
        self, name: str, work: Callable[[Dataset], Dataset], change: str = "changed"
    ) -> Dataset:
        dataset = await asyncio.to_thread(lambda: work(self.store.get(name)))
        self._on_change(dataset.id, dataset.latest, change)
        return dataset

    async def _imported(self, work: Callable[[], Imported]) -> Imported:
        imported = await asyncio.to_thread(work)
        self._on_change(imported.dataset.id, imported.dataset.latest, "changed")
        return imported
