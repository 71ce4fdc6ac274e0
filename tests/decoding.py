"""Decoder processes that tests share: each start takes as long as many decodes."""

import atexit
import tempfile
from functools import cache
from pathlib import Path

from core.store.decoding.decoders import Decoders


@cache
def shared_decoders() -> Decoders:
    folder = tempfile.TemporaryDirectory()
    decoders = Decoders(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(decoders.close)
    return decoders
