"""Provenance of results: the digital source type and the signed manifest of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.provenance.signing import Claim, Ingredient, Signer, SigningFailed
from core.provenance.source_types import source_type_of, source_type_of_file
from core.store.blobs import BlobStore
from core.store.chunks import strip_metadata
from core.worker.protocol import Notice

PNG = "image/png"


@dataclass(frozen=True, slots=True)
class InputImage:
    """An input image of a result: the key of its file, its role, its source type if known."""

    key: str
    main: bool
    source_type: str | None

    @property
    def relationship(self) -> Literal["parentOf", "inputTo"]:
        """The role in a manifest."""
        return "parentOf" if self.main else "inputTo"


class Marks:
    """The marks of one job's results. `signer` is None where the settings switch them off."""

    def __init__(self, signer: Signer | None, store: BlobStore) -> None:
        self.notices: list[Notice] = []
        self._signer = signer
        self._store = store
        self._files: dict[str, Ingredient] = {}

    def source_type(self, drawn: bool, inputs: Sequence[InputImage]) -> str | None:
        """The source type of a result; with marks off, that of its main input."""
        known = [entry.source_type for entry in inputs]
        if self._signer is None:
            return next(iter(known), None)
        return source_type_of(drawn, known)

    def kept_type(self, metadata: Mapping[str, Any]) -> str | None:
        """The source type that a copy keeps: the stated one; with marks on, a derived one too."""
        stated: str | None = metadata.get("digital_source_type")
        return stated if self._signer is None else source_type_of_file(metadata)

    def sign(
        self, data: bytes, operation: str, source_type: str | None, inputs: Sequence[InputImage]
    ) -> bytes:
        """A PNG with a manifest; without one where that fails, with a notice."""
        claim = Claim("c2pa.edited", source_type, operation, self._ingredients(inputs))
        return self._sign(data, PNG, claim)

    def sign_copy(self, data: bytes, media_type: str, image: InputImage) -> bytes:
        """As `sign`, a copy of an image for export. A picture without any mark stays without."""
        action = "c2pa.edited.metadata" if media_type == PNG else "c2pa.transcoded"
        claim = Claim(action, image.source_type, "save", self._ingredients([image]))
        if image.source_type is None and not claim.ingredients[0].marked:
            return data
        return self._sign(data, media_type, claim)

    def _sign(self, data: bytes, media_type: str, claim: Claim) -> bytes:
        if self._signer is None:
            if any(part.marked for part in claim.ingredients):
                self._add("The C2PA manifest of an input image is not kept: provenance is off.")
            return data
        try:
            signed, lost = self._signer.sign(data, media_type, claim)
        except SigningFailed as error:
            self._add(f"The result could not be signed: {error.detail}")
            return data
        if lost:
            self._add(lost)
        return signed

    def _ingredients(self, inputs: Sequence[InputImage]) -> list[Ingredient]:
        """The files of a run's inputs, which all results of the run share."""
        self._files = {
            entry.key: self._files.get(entry.key) or self._read(entry) for entry in inputs
        }
        return list(self._files.values())

    def _read(self, entry: InputImage) -> Ingredient:
        with self._store.open(entry.key) as file:
            data = file.read()
        return Ingredient(data, PNG, entry.relationship, strip_metadata(data)[0])

    def _add(self, detail: str) -> None:
        notice = Notice(code="provenance_incomplete", detail=detail)
        if notice not in self.notices:
            self.notices.append(notice)
