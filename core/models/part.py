"""The record type of what several families share: a text encoder or a VAE that can be a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.models.signature import Signature

PartRole = Literal["text_encoder", "vae"]


@dataclass(frozen=True, slots=True)
class Part:
    """A component with its own file or folder.

    `traits` are measures of its signatures; `config` are entries of a folder's `config.json` that
    must agree where they are there. `hints` are words in a file's name that decide between parts
    of equal shape; `files` are names that need no word.
    """

    id: str
    label: str
    role: PartRole
    signatures: tuple[Signature, ...]
    traits: Mapping[str, int]
    parameters: int
    config: Mapping[str, int | float | str] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
