"""The definition of a set: how the rows of a table become prompts, as `set.yaml` holds it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.operations.declaration.fields import SEED_MAX, ui
from core.pictures.cards.names import LAYOUTS
from core.sets.print_settings import PrintSettings

ID_PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
TEXT_MAX = 2_000
OF_MODEL = "The model's own"
MODES = {"generate": "Generate", "img2img": "Image to image"}
Policy = Literal["derived", "shared", "random"]
POLICIES = {
    "derived": "per row, from the deck seed",
    "shared": "one for all rows",
    "random": "random for each row",
}


class SetLora(BaseModel):
    """A LoRA of a set: its name, id or content hash.

    `path` is an older form, of which the file name counts.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    name: str = Field(min_length=1, max_length=300, description="Name, ID or content hash.")
    weight: float = Field(0.5, ge=-4, le=4, description="Weight of the LoRA.")


class SeedPolicy(BaseModel):
    """The seed of each row.

    `derived`: from `value` and the row's key, so that a row redone alone is the same image;
    `shared`: `value` for every row; `random`: a new one for each row.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: Policy = Field(
        "derived",
        title="Seeds of the rows",
        description="The rule for the seeds of rows.",
        json_schema_extra=ui("select", choices=POLICIES),
    )
    value: int | None = Field(
        None,
        ge=0,
        le=SEED_MAX,
        title="Seed",
        description="Null: drawn for each batch.",
        json_schema_extra=ui("seed"),
    )


class SetOverlay(BaseModel):
    """The card drawn over each image: parameters of the operation `overlay`.

    Texts are templates, such as `{value}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    layout: str = Field("poker", max_length=60, description="Name of a layout.")
    value: str = Field("", max_length=200, description="Template of the value.")
    suit: str = Field("", max_length=200, description="Template of the suit.")
    card_title: str = Field("", max_length=400, description="Template of the title.")
    number: str = Field("", max_length=200, description="Template of the number.")
    text: str = Field("", max_length=400, description="Template of the text box.")
    frame: bool = Field(True, description="Draw a frame around the image.")
    index: bool = Field(True, description="Draw value and suit in two corners.")
    pips: bool = Field(True, description="Draw the pips of the value.")
    bleed: bool = Field(False, description="Draw beyond the edge, for cutting.")
    dpi: int = Field(300, ge=72, le=600, description="Dots per inch of the card.")

    @field_validator("layout")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in LAYOUTS:
            raise ValueError(f"there is no layout {value!r}; there are {', '.join(LAYOUTS)}")
        return value


OVERLAY_TEXTS = ("value", "suit", "card_title", "number", "text")


class SetDefinition(BaseModel):
    """Rules by which the rows of a table become prompts.

    A prompt is `base_prompt`, the user's theme, the filled `prompt_template` and `style_suffix`, in
    this order. A column of a row named as one of `ROW_FIELDS` replaces the value here.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(
        min_length=1,
        max_length=80,
        title="Name",
        description="Name of the set, for people.",
        json_schema_extra=ui("text"),
    )
    description: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Description",
        description="Its contents.",
        json_schema_extra=ui("text"),
    )
    csv_path: str = Field(
        min_length=1,
        max_length=300,
        description="The table, beside the file.",
        json_schema_extra=ui("hidden"),
    )
    base_prompt: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Base prompt",
        description="Begins every prompt.",
        json_schema_extra=ui("textarea"),
    )
    prompt_template: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Template",
        description="Columns in braces; guessed when empty.",
        json_schema_extra=ui("textarea"),
    )
    style_suffix: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Style suffix",
        description="Ends every prompt.",
        json_schema_extra=ui("textarea"),
    )
    example_theme: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Example theme",
        description="A theme to start with.",
        json_schema_extra=ui("text"),
    )
    negative_prompt: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Negative prompt",
        description="For every row.",
        json_schema_extra=ui("textarea"),
    )
    width: int | None = Field(
        None,
        ge=64,
        le=2048,
        title="Width",
        description="Pixels; null: the model's own.",
        json_schema_extra=ui("size", step=16, unit="px", placeholder=OF_MODEL),
    )
    height: int | None = Field(
        None,
        ge=64,
        le=2048,
        title="Height",
        description="Pixels; null: the model's own.",
        json_schema_extra=ui("size", step=16, unit="px", placeholder=OF_MODEL),
    )
    mode: Literal["generate", "img2img"] = Field(
        "generate",
        title="Operation",
        description="The operation that draws the rows.",
        json_schema_extra=ui("select", choices=MODES),
    )
    image_column: str = Field(
        "image",
        max_length=80,
        title="Image column",
        description="For `img2img`: the column with the ID of an image.",
        json_schema_extra=ui("text", when={"mode": ["img2img"]}),
    )
    model: str | None = Field(
        None,
        max_length=300,
        title="Model",
        description="Model; null: the default.",
        json_schema_extra=ui("model", mode="generate", placeholder="The default model"),
    )
    loras: tuple[SetLora, ...] = Field(
        (),
        max_length=16,
        title="LoRAs",
        description="LoRAs of every row.",
        json_schema_extra=ui("loras"),
    )
    seed: SeedPolicy = Field(SeedPolicy(), description="The seeds of the rows.")
    overlay: SetOverlay | None = Field(None, description="Card drawn over each image.")
    print: PrintSettings = Field(PrintSettings(), description="The print of a batch.")
    item_name: str = Field(
        "",
        max_length=300,
        title="Name of a row",
        description="Template of a row's name; guessed when empty.",
        json_schema_extra=ui("text"),
    )

    @field_validator("loras", mode="before")
    @classmethod
    def _legacy_paths(cls, value: Any) -> Any:
        """Read `path` as the name of its file without the ending."""
        if not isinstance(value, list | tuple):
            return value
        return [_named(item) if isinstance(item, dict) else item for item in value]

    @field_validator("seed", mode="before")
    @classmethod
    def _plain_seed(cls, value: Any) -> Any:
        """Read a plain number as one seed for every row."""
        if isinstance(value, int) and not isinstance(value, bool):
            return {"policy": "shared", "value": value}
        return value

    @field_validator("csv_path")
    @classmethod
    def _csv(cls, value: str) -> str:
        if not value.lower().endswith(".csv") or "\0" in value:
            raise ValueError("is not the name of a CSV file")
        return value

    @property
    def table_name(self) -> str:
        """The file name of the table: folders of `csv_path` do not count."""
        return last_part(self.csv_path)


def last_part(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _named(item: dict[str, Any]) -> dict[str, Any]:
    path = item.get("path")
    if not isinstance(path, str) or item.get("name"):
        return item
    name = last_part(path)
    stem = name.rpartition(".")[0] if name.lower().endswith(".safetensors") else name
    return {**{key: value for key, value in item.items() if key != "path"}, "name": stem}
