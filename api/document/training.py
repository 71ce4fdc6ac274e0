"""Answers about trainings: presets, runs, their values, samples and checkpoints."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from fastapi import Response
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from api.document.marks import File, documented
from api.document.models import MemoryNeed
from api.document.tasks import NO_ERROR
from core.tasks.states import Status

RunFile = Annotated[
    Response, File(("image/png", "application/octet-stream"), "The sample or the LoRA.")
]


@documented
class TrainingPreset(TypedDict):
    """Settings to begin a training with."""

    id: str
    """ID of the preset."""
    title: str
    """Name, for people."""
    description: str
    """Purpose of the preset."""
    config: dict[str, JsonValue]
    """Sections of the configuration."""
    families: list[str]
    """Families that it is made for; `*` stands for all."""


@documented
class TrainingPresets(TypedDict):
    """All presets."""

    items: list[TrainingPreset]
    """The presets by ID."""


@documented
class FormSection(TypedDict):
    """A section of the configuration as a form."""

    name: str
    """Key of the section."""
    title: str
    """Name, for people."""
    summary: str
    """Purpose of the section."""
    schema: dict[str, JsonValue]
    """JSON schema: `properties` by key, with the values of the preset as defaults."""


@documented
class FormSetting(TypedDict):
    """A setting that a field of the operation stands for."""

    field: str
    """Field of `train_lora`."""
    key: str
    """Dotted key of the setting, which errors name."""
    default: JsonValue
    """Value of the preset for the model."""


@documented
class TrainingFields(TypedDict):
    """The form of a new training."""

    preset: str
    """ID of the preset."""
    model: str
    """ID of the base model."""
    trainable: bool
    """False where LoRAs of the model's family cannot be trained."""
    sections: list[FormSection]
    """Sections of the configuration, without what fields of the operation ask for."""
    settings: list[FormSetting]
    """Fields of the operation that are settings."""


@documented
class MemoryPart(TypedDict):
    """Memory of one part of a training."""

    name: str
    """Name of the part: base weights, LoRA, gradients, optimizer, activations and more."""
    bytes: int
    """Bytes on the device."""


@documented
class TrainingEstimate(TypedDict):
    """Memory and time of a training before it starts."""

    sentence: str
    """Memory and time, for people."""
    fit: MemoryNeed
    """The plans to hold the base model, and the memory that is free."""
    model: str
    """ID of the base model."""
    images: int
    """Number of images."""
    steps: int
    """Optimizer steps."""
    step_seconds: float
    """Seconds of a step."""
    seconds: float
    """Seconds of all steps, without samples and validation."""
    speed: Annotated[str, Field(examples=["model"])]
    """Source of the speed: trainings of this `model`, others of the `machine`, or a `guess`."""
    memory: list[MemoryPart]
    """Memory on the device by the chosen plan, else by the smallest."""
    remedies: list[str]
    """Changes that make the training fit, where no plan does."""
    warnings: list[str]
    """Warnings that its submission would have."""


class RunEntry(TypedDict):
    """A training of the list."""

    # `RunDetail` inherits these descriptions; docstrings below fields are not inherited.
    task_id: Annotated[str, Field(description="ID of its task.")]
    name: Annotated[str, Field(description="Name of the LoRA.")]
    status: Annotated[Status, Field(description="State of the task.")]
    created_at: Annotated[str, Field(description="Time of the submission, UTC.")]
    finished_at: Annotated[str | None, Field(description="Time of the end, UTC.")]
    model: Annotated[str, Field(description="ID of the base model.")]
    preset: Annotated[str, Field(description="ID of the preset.")]
    trigger_word: Annotated[str, Field(description="Word that calls what is trained.")]
    steps: Annotated[int, Field(description="Optimizer steps of the plan.")]
    search_id: Annotated[
        str | None, Field(description="ID of the search whose trial it is; null for others.")
    ]
    progress: Annotated[
        dict[str, Any] | None, Field(description="Progress of the task while it runs.", **NO_ERROR)
    ]
    newest: Annotated[
        dict[str, float | None],
        Field(description="Last measured values, by name; null where a value is not finite."),
    ]


@documented
class RunDataset(TypedDict):
    """The dataset of a training."""

    images: int
    """Number of images."""
    digest: str
    """SHA-256 of all images and captions."""
    buckets: list[list[int]]
    """Width, height and number of images of each training size."""
    name: str
    """Its name."""
    reference: str
    """This very version, as requests take it."""
    version: int | None
    """Number of the version; null for a folder."""
    shown: str
    """Name and version, as requests take them."""


@documented
class SamplePrompt(TypedDict):
    """A prompt that samples are drawn of."""

    prompt: str
    """The prompt."""
    trigger: bool
    """False for a prompt that the LoRA should leave alone."""
    control: NotRequired[str]
    """Name of the image of the dataset whose control image is edited."""


@documented
class RunCheckpoint(TypedDict):
    """A stored LoRA of a step."""

    step: int
    """Step of the training."""
    size_bytes: int
    """Size of the file."""
    validation_loss: float | None
    """Loss of held-out images at this step."""
    created_at: str
    """Time, UTC."""
    url: str
    """Address of the file."""


@documented
class RunSample(TypedDict):
    """An image that was drawn while training; a prompt has the same seed at every step."""

    step: int
    """Step of the training; 0 is the base model."""
    index: int
    """Number of the prompt."""
    prompt: str
    """The prompt."""
    trigger: bool
    """False for a prompt that the LoRA should leave alone."""
    seed: int
    """The seed."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    url: str
    """Address of the image."""


@documented
class RunDetail(RunEntry):
    """A training with all that it made."""

    config: dict[str, JsonValue]
    """The whole configuration, by section."""
    dataset: RunDataset
    """The dataset."""
    yaml: str
    """The configuration as a file for `train lora --config`."""
    command: str
    """The command that starts the same training."""
    params: dict[str, JsonValue]
    """Parameters of the request."""
    prompts: list[SamplePrompt]
    """Prompts of the samples."""
    report: Annotated[dict[str, JsonValue] | None, Field(**NO_ERROR)]
    """Result of a completed training: its LoRA, last step, best step and reason of the end."""
    warnings: list[dict[str, JsonValue]]
    """Warnings of the task."""
    error: Annotated[dict[str, JsonValue] | None, Field(**NO_ERROR)]
    """Error of a failed training."""
    checkpoints: list[RunCheckpoint]
    """Stored LoRAs, by step."""
    samples: list[RunSample]
    """Samples, by step and prompt."""


@documented
class RunValues(TypedDict):
    """Measured values of a training."""

    values: dict[str, list[list[float | None]]]
    """Pairs of step and value, by name; null where a value is not finite."""


@documented
class LibraryLora(TypedDict):
    """A LoRA that was put into the library."""

    lora: str
    """Its name there."""
