"""Bringing what the catalogue names: an entry and all that it needs, one download at a time."""

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
    from core.models.inventory.download import RemoteFile, Told
    from core.models.library.catalogue import Offer

LOCK_NAME = ".downloads.lock"
LOOK_AGAIN = 0.2  # seconds


class Downloads:
    """Puts files of the catalogue's entries below a models folder, and reads files through."""

    def __init__(self, library: Library, root: Path) -> None:
        self._library = library
        self._root = root

    def hash(self, file: str, kind: str, told: Told) -> dict[str, str]:
        """`fingerprint` and full `sha256` of the file of a model or a LoRA."""
        from core.models.inventory.download import sha256

        path, fingerprint = self._library.single_file(file, kind)
        return {"fingerprint": fingerprint, "sha256": sha256(path, told)}

    def pull(self, offer_id: str, told: Told) -> list[str]:
        """Bring a model or a part with its needs; all its files, below the models folder.

        Two downloads would write the same parts, so another one is waited for. Raises `NotFound`,
        `DownloadFailed`, `StorageFull` and whatever `told` raises.
        """
        from core.models.inventory.download import download

        offers = self._library.catalogue.offers(offer_id)
        self._root.mkdir(parents=True, exist_ok=True)
        with self._alone(told):
            files = self._files(offers)
            download(files, told)
        return [file.target.relative_to(self._root).as_posix() for file in files]

    @contextmanager
    def _alone(self, told: Told) -> Iterator[None]:
        lock = FileLock(self._root / LOCK_NAME)
        while not lock.is_locked:
            try:
                lock.acquire(timeout=LOOK_AGAIN)
            except Timeout:
                told(0, 0)
        try:
            yield
        finally:
            lock.release()

    def _files(self, offers: Sequence[Offer]) -> list[RemoteFile]:
        from core.models.inventory.download import RemoteFile, list_files

        lists: dict[str, list[str]] = {}
        files: list[RemoteFile] = []
        for offer in offers:
            if offer.repository not in lists:
                lists[offer.repository] = list_files(offer.repository)
            wanted = [path for path in lists[offer.repository] if offer.takes(path)]
            if not wanted:
                raise DownloadFailed(
                    f"{offer.repository} has none of the files of {offer.id}.",
                    fix=f"Look at https://huggingface.co/{offer.repository} and put its files into "
                    f"{offer.target(self._root)} by hand.",
                )
            target = offer.target(self._root)
            files += [RemoteFile(offer.repository, path, target / path) for path in wanted]
        return files
