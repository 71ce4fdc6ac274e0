"""Answers about models and LoRAs."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import documented


@documented
class Licence(TypedDict):
    """The licence of a model."""

    label: str
    """Name of the licence."""
    commercial: Literal["yes", "no", "conditional", "unknown"]
    """Permission of commercial use."""
    outputs: Literal["yes", "no", "conditional", "unknown"]
    """Permission to sell the outputs."""
    terms: str | None
    """Terms in a sentence."""
    url: str | None
    """Address of the licence; null where no record names one."""
    sentence: str
    """Permissions and terms, for people."""


@documented
class MissingPart(TypedDict):
    """A part that a model lacks, and the way to get it."""

    id: str | None
    """ID of the part in the catalogue; null if it has no download."""
    label: str
    """Name of the part, for people."""
    command: str | None
    """Command that downloads it; null if there is none."""
    path: str
    """Folder that it belongs to."""
    bytes: int | None
    """Approximate bytes of the download."""
    gated: bool
    """True if the download needs an account that accepted the licence."""


@documented
class Mode(TypedDict):
    """An operation that a model can do."""

    parameters: list[str]
    """Parameters that have an effect."""
    defaults: dict[str, JsonValue]
    """Default values of the model."""


@documented
class Choice(TypedDict):
    """A choice of a list."""

    id: str
    """Value to send."""
    label: str
    """Name, for people."""


@documented
class Plan(TypedDict):
    """A memory plan: the placement of a model's parts."""

    id: str
    """ID of the plan."""
    label: str
    """Name of the plan, for people."""


@documented
class PlanNeed(TypedDict):
    """A memory plan and its need."""

    id: str
    """ID of the plan."""
    label: str
    """Name of the plan, for people."""
    device_bytes: int
    """Bytes on the device."""
    ram_bytes: int
    """Bytes of main memory."""
    fits: bool
    """True if the memory is free."""


@documented
class MemoryNeed(TypedDict):
    """The memory that a model needs for an image, and the memory that is free."""

    fits: bool
    """True if a plan fits."""
    sentence: str
    """The answer as a sentence."""
    plan: Plan | None
    """The fastest plan that fits."""
    needed_bytes: int
    """Bytes that the plan needs on the device."""
    free_bytes: int
    """Free bytes of the device."""
    total_bytes: int
    """All bytes of the device."""
    ram_free_bytes: int
    """Free bytes of main memory."""
    plans: list[PlanNeed]
    """All plans, the fastest first."""


@documented
class Fit(TypedDict):
    """The memory and the time of an image of this size on this machine."""

    model: str
    """ID of the model."""
    width: int
    """Width in pixels, as the model draws it."""
    height: int
    """Height in pixels."""
    num_images: int
    """Number of images."""
    seconds: float | None
    """Estimated seconds for all images; null before the first image of the model."""
    fits: bool
    """True if a plan fits."""
    sentence: str
    """The answer as a sentence."""
    plan: Plan | None
    """The fastest plan that fits."""
    needed_bytes: int
    """Bytes that the plan needs on the device."""
    free_bytes: int
    """Free bytes of the device."""
    total_bytes: int
    """All bytes of the device."""
    ram_free_bytes: int
    """Free bytes of main memory."""
    plans: list[PlanNeed]
    """All plans, the fastest first."""


@documented
class Model(TypedDict):
    """A model: present, incomplete or available for download."""

    id: str
    """ID of the model."""
    label: str
    """Name, for people."""
    family: str
    """ID of the family."""
    family_label: str
    """Name of the family."""
    variant: str | None
    """Variant of the family."""
    state: Literal["present", "incomplete", "missing"]
    """State on this machine."""
    present: bool
    """True if the model can be used."""
    note: str
    """Remarks about the model."""
    licence: str | None
    """Name of the licence."""
    licence_details: Licence | None
    """The licence."""
    gated: bool
    """True if the download needs an account that accepted the licence."""
    repository: str | None
    """Repository of the download."""
    size_bytes: int | None
    """Bytes on disk, or approximate bytes of the download."""
    lacks: list[MissingPart]
    """Parts that are missing."""
    problem: str | None
    """Reason why an incomplete model cannot be used."""
    fingerprint: str | None
    """Hash of the content of the files."""
    modes: dict[str, Mode]
    """Operations that it can do, with their parameters."""
    sizes: Annotated[list[list[int]], Field(examples=[[[128, 128]]])]
    """Sizes that it draws well, as width and height."""
    size_multiple: int
    """Number that width and height are multiples of."""
    samplers: list[Choice]
    """Samplers that it can use."""
    vaes: list[Choice]
    """Other VAEs that fit."""
    vocabulary: dict[str, list[str]]
    """Words of a model with a small vocabulary, by category; empty for others."""
    examples: list[str]
    """Prompts to begin with."""
    memory: MemoryNeed | None
    """Memory for an image of the default size."""
    seconds_per_image: float | None
    """Estimated seconds for an image; null if unknown."""


@documented
class AuxiliaryModel(TypedDict):
    """A model that describes, translates, writes, upscales or removes a background."""

    id: str
    """ID of the model."""
    label: str
    """Name, for people."""
    task: str
    """Its purpose."""
    state: Literal["present", "missing"]
    """State on this machine."""
    present: bool
    """True if the model can be used."""
    repository: str | None
    """Repository of the download."""
    size_bytes: int
    """Bytes on disk, or approximate bytes of the download."""
    licence_details: Licence | None
    """The licence."""
    lacks: list[MissingPart]
    """Parts that are missing."""


@documented
class RefusedFile(TypedDict):
    """A file or folder that cannot be used as a model."""

    name: str
    """Name of the file or folder."""
    detail: str
    """The reason."""
    fix: str | None
    """The next action."""


@documented
class ModelList(TypedDict):
    """All models."""

    items: list[Model]
    """The models: usable first, then incomplete, then missing."""
    refused: Annotated[list[RefusedFile], Field(examples=[[]])]
    """Files and folders that cannot be used."""
    companions: list[AuxiliaryModel]
    """Auxiliary models."""
    next_cursor: None
    """Always null: the list has one page."""
    total: int
    """Number of models."""


@documented
class KeyCount(TypedDict):
    """The tensors of a file."""

    matched: int
    """Number of tensors that were recognised."""
    total: int
    """Number of all tensors."""
    unknown: list[str]
    """Names of tensors that were not."""


@documented
class LoraDetails(TypedDict):
    """The content of a LoRA file."""

    layout: str
    """Naming of its tensors."""
    algorithm: str
    """Kind of the adapter."""
    rank: int | None
    """Rank of its matrices."""
    alpha: float | None
    """Scale that the file names."""
    text_encoders: bool
    """True if it changes text encoders."""
    base: str | None
    """Model that the file names as its base."""
    words: list[str]
    """Trigger words."""


@documented
class ControlNet(TypedDict):
    """A ControlNet on this machine."""

    id: str
    """ID of the ControlNet."""
    label: str
    """Name, for people."""
    file: str
    """Name of the file or folder."""
    kind: str
    """Kind of ControlNet, such as `controlnet-sdxl-union`."""
    kind_label: str
    """Name of the kind."""
    families: list[str]
    """Families that it fits."""
    modes: list[str]
    """Modes that it can be used in."""
    types: list[str]
    """Control types of a union model; empty for one that has a single type."""
    takes: list[str]
    """Control types that an adapter was trained on; empty where the file does not say."""
    precision: str
    """Number format of its tensors."""
    size_bytes: int
    """Bytes on disk."""
    models: list[str]
    """Models on this machine that it fits."""


@documented
class ReferenceAdapter(TypedDict):
    """A reference adapter (IP-Adapter) on this machine."""

    id: str
    """ID of the adapter."""
    label: str
    """Name, for people."""
    file: str
    """Name of the file."""
    kind: str
    """Kind of adapter, such as `ip-adapter-plus`."""
    kind_label: str
    """Name of the kind."""
    families: list[str]
    """Families that it fits."""
    roles: list[str]
    """Roles that a picture may have: `subject`, `style`, `composition`, `face`."""
    encoder: str
    """Image encoder that it needs."""
    precision: str
    """Number format of its tensors."""
    size_bytes: int
    """Bytes on disk."""
    models: list[str]
    """Models on this machine that it fits."""


@documented
class Lora(TypedDict):
    """A LoRA on this machine."""

    id: str
    """ID of the LoRA, its path in the folder."""
    label: str
    """Name, for people."""
    file: str
    """Name of the file."""
    folder: str
    """Folder of the file."""
    role: str
    """Role that the header shows."""
    family: str | None
    """Family, if it is one."""
    families: list[str]
    """Families that it fits."""
    family_label: str
    """Names of the families."""
    variant: str | None
    """Variant of the family."""
    variants: list[str]
    """Variants that it fits."""
    part: str | None
    """Part of a model that it is; null for a LoRA."""
    parts: list[str]
    """Parts that it changes."""
    layout: str | None
    """Naming of its tensors."""
    precision: str | None
    """Number format of its tensors."""
    contains: list[str]
    """Parts of a model in the file."""
    measures: dict[str, JsonValue]
    """Sizes that the family was recognised by."""
    keys: KeyCount
    """Tensors of the file."""
    problem: str | None
    """Reason why it cannot be used."""
    refusal: str | None
    """Reason why it cannot be used."""
    lora: NotRequired[LoraDetails]
    """Content of the file."""
    models: list[str]
    """Models on this machine that it fits."""
    trigger_words: list[str]
    """Words that its training used."""
    size_bytes: int
    """Bytes on disk."""
    thumbnail_url: str | None
    """Address of the thumbnail, a WebP."""
