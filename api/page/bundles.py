"""The page in few requests: one script, one style sheet and the document that names them.

Made from the files of `web/` when they are first needed, and anew when one of them changes. The
sources stay plain modules: `/index.html` is the same page without bundles.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import logging
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.page.linking import LinkError, link
from api.page.names import SCRIPT, SOURCE_MAP, STYLES
from api.page.source_map import source_map

DOCUMENT = "index.html"

_MODULE = re.compile(r'<script type="module" src="(/[^"]+)"></script>')
_SHEET = re.compile(r'[ \t]*<link rel="stylesheet" href="(/[^"]+)" />\n')
_RELATIVE = re.compile(r"""@import|@charset|url\((?!["']?/)""")

log = logging.getLogger(__name__)

Stamp = frozenset[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file of the bundled page, plain and compressed. `tag` identifies its content."""

    body: bytes
    packed: bytes
    media_type: str
    tag: str


@dataclass(frozen=True, slots=True)
class Build:
    """The document and its bundles, by name, from files of one stamp."""

    stamp: Stamp
    document: str
    bundles: Mapping[str, Bundle]


class Bundles:
    """The current build of a folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._build: Build | None = None

    def current(self) -> Build:
        """The build of the files as they are now. Raises `OSError` where there is no document."""
        with self._lock:
            stamp = stamp_of(self._folder)  # first: a file that changes meanwhile is read again
            if self._build is None or self._build.stamp != stamp:
                self._build = build(self._folder, stamp)
            return self._build


def stamp_of(folder: Path) -> Stamp:
    """Path, time of change and size of every file below a folder."""
    stamps = set()
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118  (twice as fast as Path)
            with contextlib.suppress(FileNotFoundError):  # removed by now, or a broken link
                status = os.stat(path)  # noqa: PTH116
                stamps.add((path, status.st_mtime_ns, status.st_size))
    return frozenset(stamps)


def build(folder: Path, stamp: Stamp) -> Build:
    """The bundles of a folder; none, and the document as it is, where its files allow none."""
    document = (folder / DOCUMENT).read_text(encoding="utf-8")
    try:
        return _bundled(folder, stamp, document)
    except (LinkError, OSError, UnicodeDecodeError) as error:
        log.warning("The page is served without bundles: %s", error)
        return Build(stamp, document, {})


def _bundled(folder: Path, stamp: Stamp, document: str) -> Build:
    entries = _MODULE.findall(document)
    if len(entries) != 1:
        raise LinkError(f"{DOCUMENT} has {len(entries)} scripts of type module instead of one.")
    script = link(entries[0], lambda path: _read(folder, path))
    mapped = _bundle(json.dumps(source_map(script), separators=(",", ":")), "application/json")
    text = f"{script.text}//# sourceMappingURL={_address(SOURCE_MAP, mapped)}\n"
    scripts = _bundle(text, "text/javascript")
    sheets = [_sheet(folder, path) for path in _SHEET.findall(document)]
    styles = _bundle("".join(sheets), "text/css")
    document = _MODULE.sub(
        f'<script type="module" src="{_address(SCRIPT, scripts)}"></script>', document
    )
    links = iter([f'    <link rel="stylesheet" href="{_address(STYLES, styles)}" />\n'])
    document = _SHEET.sub(lambda _: next(links, ""), document)
    return Build(stamp, document, {SCRIPT: scripts, STYLES: styles, SOURCE_MAP: mapped})


def _sheet(folder: Path, path: str) -> str:
    """A style sheet, which may lie anywhere: its addresses begin at the root."""
    text = _read(folder, path)
    if relative := _RELATIVE.search(text):
        raise LinkError(f"{path}: {relative[0]!r} depends on the place of the file.")
    return text if text.endswith("\n") else f"{text}\n"


def _read(folder: Path, path: str) -> str:
    """The text at an address of the page."""
    file = folder / path.removeprefix("/")
    if not file.resolve().is_relative_to(folder.resolve()):
        raise LinkError(f"{path} is no file of the page.")
    return file.read_text(encoding="utf-8")


def _bundle(text: str, media_type: str) -> Bundle:
    body = text.encode()
    tag = hashlib.sha256(body).hexdigest()[:16]
    return Bundle(body, gzip.compress(body, 9, mtime=0), media_type, tag)


def _address(name: str, bundle: Bundle) -> str:
    """The address of a bundle, which changes with its content."""
    return f"/{name}?v={bundle.tag}"
