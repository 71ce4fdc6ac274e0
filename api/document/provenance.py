"""Answers about the provenance of images."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from api.document.marks import documented


@documented
class ProvenanceIngredient(TypedDict):
    """An image that a signed image was made from."""

    title: str | None
    """Title in the manifest."""
    relationship: str | None
    """`parentOf`: the image that this is a version of; `inputTo`, `componentOf`: it took part."""
    signed: bool
    """True if its own manifest is kept."""
    signer: str | None
    """Name in the certificate of its manifest."""
    tool: str | None
    """Tool that its manifest names."""
    source_type: str | None
    """Digital source type that its manifest states."""
    problems: list[str]
    """Codes of C2PA of what was wrong with it when it was used."""


@documented
class Manifests(TypedDict):
    """The C2PA manifests of an image."""

    state: Literal["own", "valid", "tampered", "invalid", "unreadable"]
    """`own`: signed by this installation; `valid`: by a signer that is on no list here."""
    signer: str | None
    """Name in the certificate of the newest manifest."""
    issuer: str | None
    """Organization of the certificate."""
    tool: str | None
    """Tool that the manifest names."""
    source_type: str | None
    """Digital source type that the manifest states."""
    actions: list[str]
    """Actions of the newest manifest, in order."""
    ingredients: list[ProvenanceIngredient]
    """Images that it was made from."""
    problems: list[str]
    """Codes of C2PA of what is wrong."""
    manifests: int
    """Number of manifests, those of ingredients included."""


@documented
class Verification(TypedDict):
    """The claims of an image about its origin, checked."""

    type: str
    """Media type of the file."""
    width: int
    """Width in pixels."""
    height: int
    """Height in pixels."""
    sentences: list[str]
    """The claims in plain words."""
    contradicted: bool
    """True if a signature does not hold."""
    digital_source_type: str | None
    """Address of the IPTC, from XMP."""
    source: str | None
    """Tool whose metadata is in the file."""
    prompt: str | None
    """Prompt in the metadata."""
    steps: list[str]
    """Operations that the metadata lists, the oldest first."""
    watermark: str | None
    """Digital source type that the watermark in the pixels states."""
    c2pa: Manifests | None
    """C2PA manifests; null without any."""
