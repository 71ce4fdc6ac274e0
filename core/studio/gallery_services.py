"""The services of gallery and datasets, built from those that it needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from core.gallery.analysis import ImageAnalysis
from core.gallery.archives import Archives
from core.gallery.curation import Curation
from core.gallery.gallery import Gallery
from core.gallery.imports import Imports
from core.models.library.library import Library
from core.settings import Settings
from core.store.assets import Assets
from core.store.database import Database
from core.studio.dataset_service import DatasetService
from core.studio.image_licences import ImageLicences
from core.studio.publisher import EventPublisher

log = logging.getLogger(__name__)


class GalleryServices:
    """Gallery, imports, archives, analysis and datasets, and what they do by themselves."""

    def __init__(
        self,
        database: Database,
        assets: Assets,
        library: Library,
        settings: Settings,
        publisher: Callable[[], EventPublisher],
    ) -> None:
        """`publisher` is called at each change."""
        self.assets = assets
        self.gallery = Gallery(database, ImageLicences(library).of)
        self.curation = Curation(
            database,
            self.gallery,
            assets,
            lambda changed, count, change: publisher().assets(changed, count, change),
            lambda collection, change: publisher().collection(collection, change),
        )
        self.imports = Imports(
            assets,
            self.curation,
            settings.max_upload_bytes,
            lambda record: publisher().image_import(record),
        )
        self.datasets = DatasetService(
            settings.data_dir / "datasets",
            assets,
            (self.gallery, self.curation),
            library,
            lambda *change: publisher().dataset(*change),
        )
        self.archives = Archives(self.gallery, self.curation, assets)
        self.analysis = ImageAnalysis(database, assets, self.gallery.describe_all)
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Read the index in the background; describe and analyse the assets that are not yet."""
        self._work = asyncio.create_task(self._run(), name="gallery")

    async def stop(self) -> None:
        """Cancel imports, and the work in the background, which the next start continues."""
        await self.imports.stop()
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def _run(self) -> None:
        try:
            await self.gallery.warm()
            await self.gallery.describe_all()
        except Exception:  # whatever it is: new images must be analysed all the same
            log.exception("the gallery could not read or describe all assets")
        await self.analysis.run()
