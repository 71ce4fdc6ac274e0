"""The record type of shared parts: text encoders, VAEs and tokenizers with files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.models.families.signature import Signature

PartRole = Literal["text_encoder", "vae", "tokenizer"]


@dataclass(frozen=True, slots=True)
class Part:
    """A component with its own file or folder.

    `traits` are measures of its signatures; `config` are entries of a folder's `config.json` that
    must agree where they are there. `hints` are words in a file's name that decide between parts
    of equal shape; `files` are names that need no word. A tokenizer has no weights: `classes` are
    the class names in its `tokenizer_config.json`, `vocabulary` the least bytes of its files (tiny
    models use the same class with fewer words). `build` configures the component's class where a
    single file has no config. `wide` counts the parameters that keep their width in a smaller
    format (format → count): embeddings and heads. `held` are entries of the configuration that are
    tensors of a checkpoint (entry → tensor); a file of the part alone lacks them.
    """

    id: str
    label: str
    role: PartRole
    signatures: tuple[Signature, ...] = ()
    traits: Mapping[str, int] = field(default_factory=dict)
    parameters: int = 0
    config: Mapping[str, int | float | str] = field(default_factory=dict)
    hints: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    vocabulary: int = 0
    build: Mapping[str, Any] = field(default_factory=dict)
    wide: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
