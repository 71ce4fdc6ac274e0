"""The list of licences in a zip of images: a row for each image, by the record of its model."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from core.gallery.items import GalleryItem
from core.store.zip_stream import inert_cell

LICENCES = "licences.csv"
_KEYS = ("label", "commercial", "outputs", "terms", "url")
_COLUMNS = ("file", "asset", "model", "licence", *_KEYS[1:])
_UNKNOWN = {"label": "unknown", "commercial": "unknown", "outputs": "unknown"}


class LicenceList:
    """The licences of the images of a zip, in the order in which they are added."""

    def __init__(self) -> None:
        self._rows: list[Sequence[str]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, name: str, item: GalleryItem) -> None:
        """Add the image that has this name in the zip."""
        licence = item.licence or _UNKNOWN
        model = item.description.model_label or item.description.model or ""
        row = [name, item.asset.id, model, *(str(licence.get(key) or "") for key in _KEYS)]
        # A spreadsheet must not compute the name of a model.
        self._rows.append([inert_cell(cell) for cell in row])

    def csv(self) -> str:
        """The list as CSV, with a heading."""
        table = io.StringIO()
        csv.writer(table).writerows([_COLUMNS, *self._rows])
        return table.getvalue()
