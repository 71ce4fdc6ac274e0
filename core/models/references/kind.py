"""The record type of reference adapters (IP-Adapter, Redux): files, encoders and roles, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.models.families.signature import Signature

Role = Literal["subject", "style", "composition", "face"]
ROLES: tuple[Role, ...] = ("subject", "style", "composition", "face")
# Of `ReferenceKind.roles`: prefixes of the attention layers that a role acts in; empty: all layers.
Layers = Mapping[Role, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ReferenceKind:
    """A kind of reference adapter.

    Models of the `roles`' architectures use it; each has the roles of a reference with the layers
    that they act in. `encoders` are the image encoders of the catalogue by the width that a file
    was trained with, the usual one first; with `hidden` the adapter reads their last hidden states
    but one instead of the pooled vector. `black`: the counterpart for the negative
    prompt is a black picture, not zeros. With `as_tokens` the pictures become further tokens of
    the prompt, and no layer is added to the network. Files whose name has one of `face_hints` are
    trained on faces alone.
    """

    id: str
    label: str
    roles: Mapping[str, Layers]
    signatures: tuple[Signature, ...]
    encoders: Mapping[int, str]
    hidden: bool = False
    black: bool = False
    as_tokens: bool = False
    face_hints: tuple[str, ...] = ("face",)

    def encoder(self, width: int | None) -> str:
        """The id of the image encoder for a file of this width."""
        usual = next(iter(self.encoders.values()))
        return self.encoders.get(width or 0, usual)
