"""Training a LoRA: a task like any other, in the band of trainings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved, Warning
from core.operations.declaration.fields import TEXT_MAX, Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.store.clock import timestamp
from core.training.configuration.merging import merged, nested
from core.training.configuration.schema import parse
from core.training.datasets.limits import limits_of_model
from core.training.estimate import check_storage
from core.training.packages import check_packages
from core.training.plan import plan_of

if TYPE_CHECKING:
    pass

BAND = 30
DEFAULT_PRESET = "concept"


# The settings that fields of the form stand for.
SETTINGS: Mapping[str, str] = {
    "max_steps": "training.max_steps",
    "learning_rate": "training.learning_rate",
    "rank": "lora.rank",
    "trigger_word": "data.trigger_word",
    "dataset": "data.dataset_path",
    "lora_name": "output.name",
    "model": "model.path",
}


def _as_text(given: Any) -> Any:
    """Sections of a request as JSON text."""
    return json.dumps(given) if isinstance(given, dict) else given


ConfigText = Annotated[str, BeforeValidator(_as_text)]


class TrainLora(Operation):
    """Train a LoRA on a dataset. It steps aside for images and goes on where it stopped."""

    name = "train_lora"
    title = "Train LoRA"
    summary = "Trains a LoRA on a folder of images with captions."
    category = "generator"
    lane = "device"
    band: ClassVar[int] = BAND
    yields: ClassVar[bool] = True
    cacheable = False
    outputs = (Port("lora", "lora"), Port("report", "json"))

    dataset: str = Field(
        min_length=1,
        max_length=1000,
        title="Dataset",
        description="A dataset by its name, or a folder of images with captions by its path.",
        json_schema_extra=ui("lookup", path="/datasets", value="name", title="name"),
    )
    model: str | None = Field(
        None,
        max_length=200,
        title="Base model",
        description="ID of the base model; without it, the default.",
        json_schema_extra=ui("model", mode="generate"),
    )
    preset: str = Field(
        DEFAULT_PRESET,
        max_length=80,
        title="Preset",
        description="Settings to begin with: character, style, concept or sd15-mini.",
        json_schema_extra=ui(
            "lookup", path="/training/presets", value="id", title="title", closed=True
        ),
    )
    trigger_word: str = Field(
        "",
        max_length=80,
        title="Trigger word",
        description="The word that calls what is trained.",
        json_schema_extra=ui("text"),
    )
    lora_name: str = Field(
        "",
        max_length=80,
        pattern=r"^[\w .()+-]*$",
        title="Name",
        description="Name of the LoRA in the library; without it, that of the dataset.",
        json_schema_extra=ui("text"),
    )
    max_steps: int | None = Field(
        None,
        ge=1,
        le=100_000,
        title="Steps",
        description="Optimizer steps; without it, those of the preset.",
        json_schema_extra=ui("number"),
    )
    rank: int | None = Field(
        None,
        ge=4,
        le=128,
        title="Rank",
        description="Rank of the LoRA; without it, that of the preset.",
        json_schema_extra=ui("number", advanced=True),
    )
    learning_rate: float | None = Field(
        None,
        gt=0,
        le=10,
        title="Learning rate",
        description="Peak learning rate; without it, that of the preset.",
        json_schema_extra=ui("number", advanced=True),
    )
    config: ConfigText = Field(
        "{}",
        max_length=TEXT_MAX,
        title="Configuration",
        description="Sections that replace those of the preset, such as `training`.",
        json_schema_extra=ui("textarea", advanced=True),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The whole configuration: preset, model, sections, then the fields of this form."""
        sections = self._sections()
        reference = self.model or sections.get("model", {}).get("path")
        model = ctx.models.get(reference) if reference else ctx.models.default("generate")
        preset = ctx.training.preset(self.preset)
        values = merged(preset.for_model(model.id, model.family.id), sections, self._fields())
        config = parse(merged(values, {"model": {"path": model.id}}))
        reference = config.data.dataset_path or self.dataset
        dataset = ctx.training.dataset(reference, limits_of_model(model))
        name = config.output.name or dataset.name or "lora"
        config = parse(merged(config.model_dump(), {"output": {"name": name}}))
        plan = plan_of(config, model, dataset.folder)
        check_storage(config, model)
        check_packages(config)
        public = plan.public()
        public["dataset"] |= {"name": dataset.name, "reference": dataset.reference}
        facts = {
            "model": {"id": model.id, "label": model.label},
            "training": {**public, "created_at": timestamp()},
        }
        warnings = tuple(Warning(code, detail, "model") for code, detail in plan.warnings)
        return Resolved(
            self.model_copy(update={"model": model.id, "dataset": dataset.reference}),
            warnings,
            facts,
            {f"model/{model.id}": model.fingerprint, f"dataset/{name}": dataset.folder.digest},
        )

    def run(self, ctx: Context) -> None:
        """Train on a copy of the model that no image is drawn with, and deliver the LoRA."""
        from core.engine.training.attempts import Attempts

        facts = ctx.facts["training"]
        config = parse(facts["config"])
        ctx.progress("reading images")
        model = ctx.resolver.models.get(config.model.path)
        folder = ctx.resolver.training.dataset(self.dataset, limits_of_model(model)).folder
        if folder.digest != facts["dataset"]["digest"]:
            raise InvalidInput(
                "The dataset has changed since the training was queued.",
                field="dataset",
                fix="Start a new training.",
            )
        ctx.progress("loading")
        attempts = Attempts(
            ctx, ctx.models, config, folder, facts, lambda base: ctx.note({"base": base})
        )
        result = attempts.train()
        name = config.output.name
        names = [
            ctx.add_lora(name if place == 0 else f"{name}-{layout}", data, result.thumbnail)
            for place, (layout, data) in enumerate(result.files.items())
            if config.output.library
        ]
        data = next(iter(result.files.values()))
        ctx.add_file(data, media_type="application/octet-stream", port="lora")
        report = {"lora": names[0] if names else name, "files": names, **result.report}
        ctx.note({"trained": report})
        ctx.add_value(report, port="report")

    def _sections(self) -> dict[str, Any]:
        try:
            sections = json.loads(self.config or "{}")
        except ValueError:
            sections = None
        if not isinstance(sections, dict):
            raise InvalidInput(
                f"`config` is {self.config[:60]}, not sections.",
                field="config",
                fix='Write it as {"training": {"max_steps": 200}}.',
            )
        return sections

    def _fields(self) -> Mapping[str, Any]:
        """The fields of the form that were filled in, as sections."""
        given = {key: getattr(self, name) for name, key in SETTINGS.items() if name != "model"}
        return nested({key: value for key, value in given.items() if value not in (None, "")})
