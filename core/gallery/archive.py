"""Archives: many images as one zip that is made while it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.errors import InvalidInput
from core.gallery.items import GalleryItem
from core.gallery.licences import LICENCES, LicenceList
from core.kinds import find
from core.operations.save import DEFAULT_NAME, FACTS
from core.pictures.names import BadName, check_template, fields, render
from core.store.zip_stream import ZipStream

NAMES = (*FACTS, "prompt", "negative_prompt", "name", "rating")
MISSING = "missing.txt"


def check_names(template: str | None) -> str:
    """The template of the names in an archive. Raises `InvalidInput`."""
    try:
        checked = check_template(template or DEFAULT_NAME)
    except BadName as error:
        raise InvalidInput(f"The file name is not valid: {error}.", field="file_name") from None
    for name in fields(checked):
        if name not in NAMES:
            raise InvalidInput(
                f"Unknown field {{{name}}} in the file name.",
                field="file_name",
                fix=f"Use {', '.join(NAMES)}.",
            )
    return checked


class Archive:
    """A zip that grows at its end only. Add the images, then `finish`; both return the new bytes.

    Images are stored as they are: they are compressed already.
    """

    def __init__(self, template: str, *, licences: bool = True) -> None:
        self._template = template
        self._zip = ZipStream()
        self._licences = LicenceList() if licences else None
        self._missing: list[str] = []

    def add(self, item: GalleryItem, data: bytes | None) -> bytes:
        """Add an image; one without `data` is named in a list at the end."""
        asset = item.asset
        if data is None:
            self._missing.append(asset.id)
            return b""
        name = self._name(item)
        moment = datetime.fromisoformat(asset.created_at).astimezone()
        self._zip.add(name, data, moment)
        if self._licences is not None:
            self._licences.add(name, item)
        return self._zip.take()

    def finish(self) -> bytes:
        """Add the lists, and the directory of the zip."""
        if self._licences:
            self._zip.add(LICENCES, self._licences.csv())
        if self._missing:
            self._zip.add(MISSING, "\n".join(self._missing) + "\n")
        return self._zip.finish()

    def _name(self, item: GalleryItem) -> str:
        kind = find(item.asset.kind)
        ending = kind.ending if kind and kind.ending else "bin"
        path = "/".join(render(self._template, _values(item))).removesuffix(f".{ending}")
        return self._zip.free_name(path, ending)


def _values(item: GalleryItem) -> Mapping[str, Any]:
    asset, description = item.asset, item.description
    moment = datetime.fromisoformat(asset.created_at).astimezone()
    return {
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H%M%S}",
        "model": description.model,
        "seed": description.seed,
        "width": asset.width,
        "height": asset.height,
        "operation": description.operation,
        "task": asset.task_id,
        "uuid": asset.id,
        "prompt": description.prompt,
        "negative_prompt": description.negative_prompt,
        "name": (asset.name or "").rpartition(".")[0] or asset.name,
        "rating": asset.rating,
    }
