"""The configuration of a LoRA training: eight sections, and the sentences for its mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from core.errors import FieldError, InvalidInput
from core.suggestion import suggest
from core.training.configuration.sections import (
    CallbacksSection,
    DataSection,
    LoggingSection,
    LoraSection,
    ModelSection,
    OutputSection,
    Section,
    TrainingSection,
    ValidationSection,
)

VALUE_SHOWN = 80
AUTO_STEPS = (500, 1500)
STEPS_PER_IMAGE = 30


class TrainingConfig(Section):
    """A whole configuration. Every section has defaults."""

    model: ModelSection = Field(ModelSection(), description="The frozen base model.")
    lora: LoraSection = Field(LoraSection(), description="The trained layers.")
    training: TrainingSection = Field(TrainingSection(), description="Optimizer and length.")
    data: DataSection = Field(DataSection(), description="Images and captions.")
    validation: ValidationSection = Field(ValidationSection(), description="Loss and samples.")
    output: OutputSection = Field(OutputSection(), description="Name and checkpoints.")
    logging: LoggingSection = Field(LoggingSection(), description="Files for other tools.")
    callbacks: CallbacksSection = Field(CallbacksSection(), description="Limits and conditions.")

    @property
    def alpha(self) -> int:
        """The numerator of the LoRA's scale."""
        return self.lora.rank if self.lora.alpha is None else self.lora.alpha

    def steps(self, images: int) -> int:
        """The number of optimizer steps for a dataset of so many images."""
        if self.training.max_steps is not None:
            return self.training.max_steps
        return min(max(STEPS_PER_IMAGE * images, AUTO_STEPS[0]), AUTO_STEPS[1])


def parse(values: Mapping[str, Any]) -> TrainingConfig:
    """The configuration of nested values.

    Raises `InvalidInput` with a sentence for every mistake: the key, its value, what is allowed.
    """
    try:
        return TrainingConfig.model_validate(dict(values))
    except ValidationError as error:
        faults = [_fault(details) for details in error.errors(include_url=False)]
    raise InvalidInput(faults[0].detail, field=faults[0].field, errors=faults)


def keys(model: type[BaseModel] = TrainingConfig, prefix: str = "") -> Iterator[str]:
    """The dotted keys of all settings."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            yield from keys(section, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def field_of(key: str) -> FieldInfo | None:
    """The declaration of a dotted key; None for an unknown one."""
    model: Any = TrainingConfig
    field: FieldInfo | None = None
    for part in key.split("."):
        fields = getattr(model, "model_fields", {})
        field = fields.get(part)
        model = field.annotation if field else None
    return field


def _fault(details: ErrorDetails) -> FieldError:
    key = ".".join(str(part) for part in details["loc"] if _is_name(part))
    if details["type"] == "extra_forbidden":
        return FieldError(key, unknown_key(key))
    value = repr(details["input"])[:VALUE_SHOWN]
    message = details["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return FieldError(key, f"`{key}` is {value}: it {message}.")


def _is_name(part: int | str) -> bool:
    return isinstance(part, str) and part.isidentifier() and part not in ("str", "tuple")


def unknown_key(key: str) -> str:
    """The sentence for a key that does not exist, with the nearest one."""
    known = list(keys())
    near = next((k for k in known if k.rpartition(".")[2] == key.rpartition(".")[2]), None)
    offer = f"Did you mean '{near}'?" if near else suggest(key, known)
    section = key.partition(".")[0]
    inside = [k for k in known if k.startswith(f"{section}.")]
    allowed = inside if inside else list(TrainingConfig.model_fields)
    return f"`{key}` is no setting. {offer or ''} Allowed: {', '.join(allowed)}.".replace("  ", " ")
