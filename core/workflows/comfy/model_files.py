"""Models and LoRAs by the names of files that other tools write: those of the library, else kept.

A name may have folders with either slash, and an ending.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from core.errors import ModelBroken, ModelMissing
from core.workflows.comfy.report import MissingFile

if TYPE_CHECKING:
    from core.models.families.family import Family
    from core.models.library.library import Library

NAME_MAX = 200
_SLASHES = re.compile(r"[/\\]")
_ENDING = re.compile(r"\.(safetensors|ckpt|pt|pth|bin|gguf|sft)$", re.IGNORECASE)

_DISTILLED = ("flux1", "flux2")  # families whose guidance scale is an input of the network
GuidanceKind = Literal["cfg", "flow", "distilled", ""]
"""Guidance of a model: CFG of a diffusion model, CFG of a flow model, or a distilled scale."""
Kind = Literal["model", "lora", "control"]


_NOUNS: Mapping[Kind, str] = {"model": "model", "lora": "LoRA", "control": "ControlNet"}


class _Entry(Protocol):
    """A model or LoRA of the library."""

    @property
    def id(self) -> str: ...


class ModelFiles(Protocol):
    """A look-up of models, LoRAs and ControlNets."""

    def find(self, kind: Kind, name: str, digest: str = "") -> tuple[str, MissingFile | None]:
        """The ID of a file's model, LoRA or ControlNet, by name, else by the start of its hash.

        For one that is missing: its name without folders and ending, and the message.
        """

    def guidance(self, name: str) -> GuidanceKind:
        """The kind of guidance of a model; empty where it is unknown."""

    def samplers(self, name: str) -> tuple[str, ...]:
        """The samplers of a model by ID; empty where it is unknown."""


class UncheckedFiles:
    """Names as they are: for a conversion without a library."""

    def find(self, kind: Kind, name: str, digest: str = "") -> tuple[str, MissingFile | None]:
        """The name without folders and ending."""
        return plain_name(name), None

    def guidance(self, name: str) -> GuidanceKind:
        """Unknown."""
        return ""

    def samplers(self, name: str) -> tuple[str, ...]:
        """Unknown."""
        return ()


class LibraryFiles:
    """Names looked up in a library, which may read the disk."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._entries: Mapping[Kind, Callable[[str], _Entry]] = {
            "model": library.get,
            "lora": library.lora,
            "control": library.control,
        }

    def find(self, kind: Kind, name: str, digest: str = "") -> tuple[str, MissingFile | None]:
        """As `ModelFiles.find`."""
        plain = plain_name(name)
        references = [name, _SLASHES.split(name)[-1], plain, digest]
        first: ModelMissing | ModelBroken | None = None
        for reference in filter(None, dict.fromkeys(references)):
            try:
                return self._entries[kind](reference).id, None
            except (ModelMissing, ModelBroken) as error:
                first = first or error
        detail = f"There is no {_NOUNS[kind]} {plain!r} on this machine."
        return plain, MissingFile(kind, plain, detail, (first.fix if first else None) or "")

    def guidance(self, name: str) -> GuidanceKind:
        """As `ModelFiles.guidance`, by the model's family."""
        family = self._family(name)
        if family is None:
            return ""
        if "flow_euler" not in family.samplers:
            return "cfg"
        return "distilled" if family.id.startswith(_DISTILLED) else "flow"

    def samplers(self, name: str) -> tuple[str, ...]:
        """As `ModelFiles.samplers`, by the model's family."""
        family = self._family(name)
        return family.samplers if family else ()

    def _family(self, name: str) -> Family | None:
        try:
            return self._library.get(name).family if name else None
        except (ModelMissing, ModelBroken):
            return None


def plain_name(name: str) -> str:
    """The name of a file without its folders and ending."""
    return _ENDING.sub("", _SLASHES.split(name)[-1]).strip()[:NAME_MAX]
