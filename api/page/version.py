"""The version of the page's own files, which an open page compares with the one that it loaded."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from api.page.bundles import stamp_of
from core.settings import ROOT

WEB = ROOT / "web"


async def page_version(folder: Path = WEB) -> str:
    """A text that changes with a file below `folder`. Files are looked up in a thread."""
    return await asyncio.to_thread(_version, folder)


def _version(folder: Path) -> str:
    stamps = sorted(stamp_of(folder))
    return hashlib.sha256(repr(stamps).encode()).hexdigest()[:16]
