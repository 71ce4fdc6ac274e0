"""Decoder processes that tests share: each start takes as long as many decodes."""

import atexit
import tempfile
from functools import cache
from pathlib import Path

from core.store.decoding.decoders import Decoders


class BorrowedDecoders(Decoders):
    """Decoders with a folder and an identity of their own, in the processes that tests share."""

    def __init__(self, folder: Path, identity_dir: Path | None = None) -> None:
        super().__init__(folder, identity_dir)
        shared = shared_decoders()
        self._uploads, self._thumbnails = shared._uploads, shared._thumbnails

    def close(self) -> None:
        """Leave the processes to the next studio: no test kills them by its end."""


@cache
def shared_decoders() -> Decoders:
    folder = tempfile.TemporaryDirectory()
    decoders = Decoders(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(decoders.close)
    return decoders
