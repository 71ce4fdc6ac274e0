"""The context of `resolve`: what an operation may read in the server before its task is stored.

Narrow on purpose, as `base.Context` is for `run`: no database, no event loop, no write.
`library_context` implements it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.configuration.declaration import SEED_MAX

if TYPE_CHECKING:
    from core.models.library.catalogue import Offer
    from core.models.library.control_file import ControlFile
    from core.models.library.lora_file import LoraFile
    from core.models.library.model import Model, WeightsSource
    from core.models.library.reference_file import ReferenceFile
    from core.prompts.styles import Style
    from core.training.datasets.limits import DatasetLimits
    from core.training.datasets.versions import DatasetStore
    from core.training.evaluation.suites import Suite
    from core.training.lookup import NamedDataset
    from core.training.presets import Preset


@dataclass(frozen=True, slots=True)
class ResolveSettings:
    """The settings that may change what a request becomes.

    `parameters` are the names of all operations' parameters. `fixed_seed` is the seed of requests
    without one; None draws it.
    """

    offline: bool = False
    parameters: frozenset[str] = frozenset()
    fixed_seed: int | None = None

    def seed(self, requested: int | None) -> tuple[int, str]:
        """The seed of a request, and its policy: `manual`, `fixed` or `random`."""
        if requested is not None:
            return requested, "manual"
        if self.fixed_seed is not None:
            return self.fixed_seed, "fixed"
        return secrets.randbelow(SEED_MAX + 1), "random"


@dataclass(frozen=True, slots=True)
class InputAsset:
    """An input of the request that is stored already; sizes are in pixels."""

    id: str
    key: str
    type: str
    width: int | None = None
    height: int | None = None


class ModelLookup(Protocol):
    """Diffusion models on this machine and in the catalogue."""

    def get(self, reference: str) -> Model:
        """The model of an id, name or content hash. Raises `ModelMissing` or `ModelBroken`."""

    def default(self, mode: str) -> Model:
        """The model used in `mode` when none is named. Raises `ModelMissing`."""

    def vae(self, model: Model, reference: str) -> WeightsSource:
        """Another VAE for a model, by id or content hash. Raises `InvalidInput`."""

    def sha256(self, fingerprint: str) -> str | None:
        """The hash of the whole file with this fingerprint, once it was computed."""

    def file_fingerprint(self, reference: str, kind: str) -> str:
        """The fingerprint of a model's or LoRA's single file. Raises `InvalidInput` for a folder,
        `ModelMissing`."""

    def offer(self, entry_id: str) -> Offer:
        """The download of an id of the catalogue, or of a model that lacks parts; the last where
        there are several. Raises `NotFound`."""


class LoraLookup(Protocol):
    """LoRA files on this machine."""

    def find(self, reference: str) -> LoraFile:
        """The LoRA of an id, name or content hash. Raises `ModelMissing`."""

    def all(self) -> Sequence[LoraFile]:
        """Every LoRA, by folder and name."""


class ControlLookup(Protocol):
    """ControlNets on this machine."""

    def find(self, reference: str) -> ControlFile:
        """The ControlNet of an id, name or content hash. Raises `ModelMissing`."""

    def all(self) -> Sequence[ControlFile]:
        """Every ControlNet, by label."""


class ReferenceLookup(Protocol):
    """Reference adapters (IP-Adapter) on this machine."""

    def find(self, reference: str) -> ReferenceFile:
        """The adapter of an id, name or content hash. Raises `ModelMissing`."""

    def all(self) -> Sequence[ReferenceFile]:
        """Every adapter, by label."""


class TrainingLookup(Protocol):
    """Presets of trainings, suites of test prompts, and datasets."""

    def preset(self, name: str) -> Preset:
        """A preset by its id. Raises `InvalidInput`."""

    def suite(self, name: str, model_id: str) -> Suite:
        """A suite by its id; without a name that of the model. Raises `InvalidInput`."""

    def dataset(self, reference: str, limits: DatasetLimits) -> NamedDataset:
        """The images of a dataset by path, id or name. Raises `NotFound` or `InvalidDataset`."""

    def stored_datasets(self) -> DatasetStore:
        """The datasets of the data directory. Raises `NotFound` without one."""


class PromptLookup(Protocol):
    """Styles, wildcards and instructions for prompts."""

    def style(self, reference: str) -> Style:
        """The style of an id or name. Raises `InvalidInput`."""

    def wildcards(self, name: str) -> Sequence[str]:
        """The lines of a wildcard list. Raises `InvalidInput`."""

    def instruction(self, name: str) -> str:
        """An instruction for the model that writes prompts out. Raises `StudioError`."""


class AuxiliaryLookup(Protocol):
    """Auxiliary models: upscalers, background removers, models that read and write text."""

    def path(self, model_id: str) -> Path:
        """The folder or file of an auxiliary model. Raises `ModelMissing` or `InvalidInput`."""

    def choose(self, task: str) -> str:
        """The id of a model for an operation where none is named; it may be missing."""

    def fingerprint(self, model_id: str, file: str = "") -> str:
        """The content of an auxiliary model, or of one `file` of it. Raises as `path` does."""

    def offered(self, task: str) -> Sequence[str]:
        """Ids of the catalogue's auxiliary models for an operation."""

    def is_own_upscaler(self, name: str) -> bool:
        """True for an upscaler file that the user put into a models folder."""


class ResolveContext(Protocol):
    """All that `resolve` may read. One context serves one request, or many of one operation:
    whatever it has read once stays the same for all of them."""

    @property
    def models(self) -> ModelLookup:
        """Diffusion models."""

    @property
    def loras(self) -> LoraLookup:
        """LoRA files."""

    @property
    def controls(self) -> ControlLookup:
        """ControlNets."""

    @property
    def references(self) -> ReferenceLookup:
        """Reference adapters."""

    @property
    def prompts(self) -> PromptLookup:
        """Styles, wildcards, instructions."""

    @property
    def auxiliary(self) -> AuxiliaryLookup:
        """Auxiliary models."""

    @property
    def training(self) -> TrainingLookup:
        """Presets of trainings, and datasets."""

    @property
    def settings(self) -> ResolveSettings:
        """The settings that matter here."""

    @property
    def assets(self) -> Mapping[str, Sequence[InputAsset]]:
        """The stored inputs by field; those that another task will make are not among them."""
