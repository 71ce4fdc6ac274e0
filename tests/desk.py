"""Submissions without a server: a queue and assets in a folder, a library, no worker."""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from core.models.library.library import Library
from core.models.library.string_map import StringMap
from core.operations.declaration.library_context import LibraryContext
from core.operations.declaration.registry import load
from core.prompts.presets import PromptPresets
from core.settings import ROOT, Settings
from core.store.asset_rows import Asset, insert_asset
from core.store.assets import Assets
from core.store.blobs import LocalBlobs
from core.store.database import Database
from core.store.limits import UploadLimits
from core.store.png import encode_png
from core.tasks.notifier import LocalNotifier
from core.tasks.queue import Queue
from core.tasks.submission import Options, Submission
from core.tasks.task import Task
from tests.decoding import shared_decoders


class Desk:
    """Prepares and stores tasks. `models` and `presets` are the folders that they read."""

    def __init__(self, folder: Path, models: Path | None = None, presets: Path | None = None):
        self.models, self.presets = models or ROOT / "models", presets or ROOT / "presets"
        self.settings = Settings(data_dir=folder / "data")
        self.settings.data_dir.mkdir(parents=True)
        self.database = Database(self.settings.database)
        self.database.migrate()
        self.ids = folder / "data" / "models.json"
        blobs = LocalBlobs(folder / "data" / "assets")
        limits = UploadLimits(1 << 20, 1 << 20)
        self.assets = Assets(self.database, blobs, folder / "thumbnails", shared_decoders(), limits)
        self.queue = Queue(self.database, lambda _task: None, LocalNotifier())

    def submission(self) -> Submission:
        """The door to the queue, with a library read anew as after a restart."""
        library = Library([self.models], StringMap(self.ids), presets_dir=self.presets)
        context = partial(LibraryContext, library, PromptPresets(self.presets))
        return Submission(self.settings, load(), context, self.assets, self.queue)

    async def step(self, name: str, **params: Any) -> Task:
        """A workflow's step as it was stored: already completed where an equal one was done."""
        return await self.submission().submit(name, params, Options(cache=True))

    async def image(self, colour: str = "teal") -> Asset:
        """A stored image."""
        data = b64encode(encode_png(Image.new("RGB", (16, 16), colour))).decode()
        upload = await self.assets.decode_upload(f"data:image/png;base64,{data}", field="image")
        await self.assets.put([upload])
        await self.database.write(lambda connection: insert_asset(connection, upload.asset))
        return upload.asset

    def close(self) -> None:
        self.database.close()
