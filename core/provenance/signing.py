"""C2PA manifests: signed into files of PNG, JPEG, WebP and AVIF, without thumbnails or network.

Imports c2pa on first use. Used in worker and decoder processes only. A manifest holds no prompt,
no parameter and no name of a file: an export without metadata keeps it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from core.errors import StudioError
from core.provenance.identity import load_identity
from core.version import VERSION

MOST_KEPT = 2 << 20  # bytes of manifests that an ingredient may bring
TYPES = ("image/png", "image/jpeg", "image/webp", "image/avif")
_MARKS = (b"c2pa", b"jumb")
_LABEL = re.compile(rb"urn:(?:c2pa|uuid):[\w-]{36}")
_NOT_KEPT = "The C2PA manifest of an input image {}; it is not kept."
# No thumbnails, which are most of the bytes and of the time, and nothing from the network.
SETTINGS: dict[str, Any] = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {
        "verify_after_sign": False,
        "verify_trust": False,
        "remote_manifest_fetch": False,
        "ocsp_fetch": False,
    },
}


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An image that took part: its file, its media type, and its role.

    Of several, one is the `parentOf`: the image that the result is a version of. `plain` is a PNG
    of it without manifests, which stands in where those cannot be kept.
    """

    data: bytes
    media_type: str
    relationship: Literal["parentOf", "inputTo"]
    plain: bytes

    @property
    def marked(self) -> bool:
        """True where the file seems to carry a manifest."""
        return carries_manifest(self.data)


@dataclass(frozen=True, slots=True)
class Claim:
    """The record of one step: the action (`c2pa.edited`, say) and the source type of the result.

    A result without a parent is `c2pa.created`, whatever the action. `description` names the
    operation.
    """

    action: str
    source_type: str | None
    description: str = ""
    ingredients: Sequence[Ingredient] = ()


class SigningFailed(StudioError):
    """A file could not be signed; the file itself is whole."""


class Signer:
    """Sign with the identity of a data folder. Threads take turns."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._turn = threading.Lock()

    def prepare(self) -> None:
        """Import the library and read the key: the first signature needs no time for it."""
        with self._turn, suppress(Exception):  # the first signature fails again, and reports it
            _ = self._parts

    def sign(self, data: bytes, media_type: str, claim: Claim) -> tuple[bytes, str | None]:
        """The file with a manifest, and a sentence where those of its inputs could not be kept.

        Raises `SigningFailed`.
        """
        with self._turn:
            try:
                return self._sign(data, media_type, claim)
            except Exception as error:
                # Protects the image: a library of another language fails in many ways.
                raise SigningFailed(f"C2PA: {type(error).__name__}: {error}"[:300]) from error

    def _sign(self, data: bytes, media_type: str, claim: Claim) -> tuple[bytes, str | None]:
        marked = [part.data for part in claim.ingredients if part.marked]
        try:
            signed = self._attempt(data, media_type, claim)
            if not all(_keeps(signed, file) for file in marked):
                return signed, _NOT_KEPT.format("cannot be read")
            if not marked or len(signed) - len(data) <= MOST_KEPT:
                return signed, None
            reason = f"is larger than {MOST_KEPT >> 20} MB"
        except Exception as error:  # as in `sign`; the manifest of an ingredient may be anything
            if not marked:
                raise
            reason = f"cannot be read ({type(error).__name__.removeprefix('_C2pa')})"
        plain = [
            replace(part, data=part.plain, media_type="image/png") for part in claim.ingredients
        ]
        signed = self._attempt(data, media_type, replace(claim, ingredients=plain))
        return signed, _NOT_KEPT.format(reason)

    def _attempt(self, data: bytes, media_type: str, claim: Claim) -> bytes:
        from c2pa import Builder

        signer, context = self._parts
        with Builder(manifest_of(claim), context) as builder:
            for number, part in enumerate(claim.ingredients):
                record = {
                    "title": f"input {number + 1}",
                    "format": part.media_type,
                    "relationship": part.relationship,
                    "label": f"input{number}",
                }
                builder.add_ingredient(record, part.media_type, BytesIO(part.data))
            signed = BytesIO()
            builder.sign(signer, media_type, BytesIO(data), signed)
        return signed.getvalue()

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        from c2pa import C2paSignerInfo, C2paSigningAlg, Context
        from c2pa import Signer as Signature

        identity = load_identity(self._data_dir)
        info = C2paSignerInfo(C2paSigningAlg.ES256, identity.chain, identity.key, None)
        return Signature.from_info(info), Context.from_dict(SETTINGS)


def manifest_of(claim: Claim) -> dict[str, Any]:
    """The definition of a manifest: the actions, in order, and the tool."""
    roles = [part.relationship for part in claim.ingredients]
    parents, inputs = (
        [f"input{number}" for number, role in enumerate(roles) if role == wanted]
        for wanted in ("parentOf", "inputTo")
    )
    action: dict[str, Any] = {"action": claim.action if parents else "c2pa.created"}
    if claim.source_type:
        action["digitalSourceType"] = claim.source_type
    if claim.description:
        action["description"] = claim.description
    if inputs:
        action["parameters"] = {"ingredientIds": inputs}
    opened = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": [parent]}} for parent in parents
    ]
    return {
        "claim_generator_info": [{"name": "Qpyt Studio", "version": VERSION}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [*opened, action]}}],
    }


def carries_manifest(data: bytes) -> bool:
    """True where a file seems to carry a C2PA manifest."""
    return all(mark in data for mark in _MARKS)


def _keeps(signed: bytes, marked: bytes) -> bool:
    """True where a signed file holds the newest manifest of an ingredient's file, by its label.

    The library leaves out what it cannot read, without an error.
    """
    labels = _LABEL.findall(marked)
    return bool(labels) and labels[-1] in signed
