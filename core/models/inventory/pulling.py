"""Download entries of the catalogue with their dependencies, one entry at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from core.errors import DownloadFailed
from core.models.library.library import Library

# The hub's library takes half a second to import: workers that download nothing do without.
if TYPE_CHECKING:
    from core.models.inventory.download import ByteProgress, RemoteFile
    from core.models.library.catalogue import Offer

LOCK_NAME = ".downloads.lock"
LOCK_POLL = 0.2  # seconds


class ModelDownloads:
    """Downloads into a models folder, and hashes of its files."""

    def __init__(self, library: Library, root: Path) -> None:
        self._library = library
        self._root = root

    def hash(self, file: str, kind: str, on_progress: ByteProgress) -> dict[str, str]:
        """`fingerprint` and full `sha256` of the file of a model or a LoRA."""
        from core.models.inventory.download import sha256

        path, fingerprint = self._library.single_file(file, kind)
        return {"fingerprint": fingerprint, "sha256": sha256(path, on_progress)}

    def pull(self, offer_id: str, on_progress: ByteProgress) -> list[str]:
        """Download a model or part of the catalogue with its dependencies, or the missing parts of
        a model that is here; return the paths below the models folder.

        Waits while another process downloads, because both could write the same parts. Raises
        `NotFound`, `DownloadFailed`, `StorageFull` and whatever `on_progress` raises.
        """
        from core.models.inventory.download import download

        offers = self._library.offers(offer_id)
        self._root.mkdir(parents=True, exist_ok=True)
        with self._locked(on_progress):
            files = self._files(offers)
            download(files, on_progress)
        return [file.target.relative_to(self._root).as_posix() for file in files]

    @contextmanager
    def _locked(self, on_progress: ByteProgress) -> Iterator[None]:
        lock = FileLock(self._root / LOCK_NAME)
        while not lock.is_locked:
            try:
                lock.acquire(timeout=LOCK_POLL)
            except Timeout:
                on_progress(0, 0)
        try:
            yield
        finally:
            lock.release()

    def _files(self, offers: Sequence[Offer]) -> list[RemoteFile]:
        from core.models.inventory.download import RemoteFile, list_files

        paths: dict[str, list[str]] = {}
        files: list[RemoteFile] = []
        for offer in offers:
            if offer.repository not in paths:
                paths[offer.repository] = list_files(offer.repository)
            wanted = [path for path in paths[offer.repository] if offer.takes(path)]
            if not wanted:
                raise DownloadFailed(
                    f"{offer.repository} has none of the files of {offer.id}.",
                    fix=f"See https://huggingface.co/{offer.repository} and put its files into "
                    f"{offer.target(self._root)} by hand.",
                )
            target = offer.target(self._root)
            files += [RemoteFile(offer.repository, path, target / path) for path in wanted]
        return files
