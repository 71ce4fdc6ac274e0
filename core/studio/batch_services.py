"""Sets, batches of sets and matrices, and what is made of them."""

from __future__ import annotations

from core.operations.declaration.registry import Registry
from core.sets.archive import BatchArchives
from core.sets.batches import Batches
from core.sets.catalogue import SetCatalogue
from core.sets.harmony import Harmony
from core.sets.matrix import Matrices
from core.sets.printing import BatchPrints
from core.settings import Settings
from core.store.database import Database
from core.studio.gallery_services import GalleryServices
from core.tasks.queue import Queue
from core.tasks.submission import Submission


class BatchServices:
    """Build and connect the parts that act on batches."""

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        submission: Submission,
        queue: Queue,
        database: Database,
        images: GalleryServices,
    ) -> None:
        self.sets = SetCatalogue(settings.presets_dir / "sets", settings.own_sets)
        self.batches = Batches(self.sets, submission, queue, database)
        self.matrices = Matrices(registry, self.batches)
        self.archives = BatchArchives(self.batches, images.gallery, images.assets)
        self.prints = BatchPrints(self.batches, submission, queue)
        self.harmony = Harmony(self.batches, images.assets, submission, queue)
