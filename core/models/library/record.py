"""The optional `qpyt.json` of a model folder: settings of one checkpoint, as data.

Strict: an unknown key, a wrong type or a number out of range refuses the model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ModelBroken

RECORD_NAME = "qpyt.json"
RECORD_LIMIT = 1 << 20

Side = Annotated[int, Field(ge=16, le=8192)]
DeviceKind = Annotated[str, Field(pattern="^(cpu|cuda|mps)$")]
Scalar = int | float | str | bool
Colour = tuple[float, float, float]
Words = Annotated[tuple[Annotated[str, Field(max_length=500)], ...], Field(max_length=500)]


class PreviewRecord(BaseModel):
    """Linear factors of a latent's colours, as in `core.models.families.family.Preview`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factors: tuple[Colour, ...] = Field(min_length=1, max_length=1024)
    offset: Colour


class Record(BaseModel):
    """The settings of a checkpoint. All of them are optional."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str | None = Field(None, max_length=100)
    note: str = Field("", max_length=2000)
    licence: str | None = Field(
        None, max_length=200, description="Name of the licence; one of the catalogue brings all."
    )
    commercial: bool | Literal["conditional"] | None = Field(
        None, description="Permission of commercial use and of the sale of outputs."
    )
    licence_terms: str | None = Field(None, max_length=1000, description="Conditions of the use.")
    licence_url: str | None = Field(None, max_length=500, pattern=r"^https?://")
    default: bool = Field(False, description="Chosen when no model is named.")
    call: dict[str, Scalar | list[int]] = Field(
        default_factory=dict, max_length=32, description="Arguments of every pipeline call."
    )
    defaults: dict[str, Scalar] = Field(default_factory=dict, max_length=32)
    mode_defaults: dict[str, dict[str, Scalar]] = Field(default_factory=dict, max_length=32)
    unused: tuple[str, ...] = Field((), description="Parameters this checkpoint has no use for.")
    sizes: tuple[tuple[Side, Side], ...] | None = Field(
        None, min_length=1, max_length=200, description="The only sizes that it draws."
    )
    finisher: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.onnx$",
        max_length=100,
        description="A network of its folder that enlarges what it draws to any other size.",
    )
    reader: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.onnx$",
        max_length=100,
        description="A network of its folder that reads attributes from what it draws.",
    )
    layout: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.onnx$",
        max_length=100,
        description="A network of its folder that finds parts and depth of what it draws.",
    )
    control: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*\.safetensors$",
        max_length=100,
        description="A control adapter of its folder, for control images.",
    )
    batch_sizes: dict[DeviceKind, Annotated[int, Field(ge=1, le=64)]] = Field(
        default_factory=dict,
        description="The number of images to draw in one call, by device, where that is faster.",
    )
    vocabulary: dict[str, Words] = Field(default_factory=dict, max_length=50)
    words: Words = Field((), description="Words of its captions beside those of `vocabulary`.")
    examples: Words = ()
    prompt_template: str | None = Field(
        None,
        pattern=r"\{prompt\}",
        max_length=4000,
        description="The text that the encoder gets, with `{prompt}` in place of the prompt.",
    )
    prompt_lowercase: bool = Field(False, description="The prompt is trimmed and in lower case.")
    preview: PreviewRecord | None = None


def read_record(folder: Path) -> Record:
    """The folder's record, or an empty one. Raises `ModelBroken` naming the fault."""
    path = folder / RECORD_NAME
    if not path.is_file():
        return Record()
    if path.stat().st_size > RECORD_LIMIT:
        raise ModelBroken(f"{folder.name}/{RECORD_NAME} is larger than {RECORD_LIMIT} bytes.")
    try:
        return Record.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ModelBroken(
            f"{folder.name}/{RECORD_NAME}: {place}: {first['msg']}.",
            field="model",
            fix="Correct the file or remove it.",
        ) from error


def plain(value: Any) -> Any:
    """A call argument as pipelines take it: lists become tuples."""
    return tuple(value) if isinstance(value, list) else value
