"""Evaluating LoRAs: checkpoints of a training, or files of the library, against their base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pydantic import BaseModel, ConfigDict, Field

from core.configuration.declaration import SEED_MAX
from core.errors import InvalidInput, ModelMissing
from core.models.weights.file import read_weights
from core.operations.declaration.base import Context, Operation, Resolved, Warning
from core.operations.declaration.fields import TEXT_MAX, Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.training.datasets.limits import limits_of_model
from core.training.split import Split

if TYPE_CHECKING:
    from core.engine.evaluation.run import Candidate
    from core.models.library.model import Model
    from core.training.datasets.folder import Folder
    from core.training.evaluation.pairs import Pairs

BAND = 30  # as a training
READER = "reader"
TEXT_NETWORKS = ("clip-vit-large-patch14", "siglip2-base-patch16-224")
SUBJECT_NETWORK = "dinov2-base"
NONE_HELD_OUT = (
    "The training held no images out, so its distance to unseen images is not measured. Name a "
    "dataset of other images of the concept as `held_out`."
)


class CheckpointFile(BaseModel):
    """A checkpoint of a training: its step and the SHA-256 of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: int = Field(ge=1, description="Step of the training.")
    key: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the LoRA file.")
    validation_loss: float | None = Field(None, description="Loss of held-out images.")


class EvaluateLora(Operation):
    """Draw test prompts with the base and every LoRA, score the images and choose the best."""

    name = "evaluate_lora"
    title = "Evaluate LoRA"
    summary = "Scores LoRAs against their base model and finds the best checkpoint."
    category = "generator"
    lane = "device"
    band: ClassVar[int] = BAND
    cacheable = False
    outputs = (Port("image", "image", many=True), Port("report", "json"))

    loras: str = Field(
        "",
        max_length=TEXT_MAX,
        title="LoRAs",
        description="Names of LoRAs in the library, one on each line.",
        examples=["robot"],
        json_schema_extra=ui("textarea"),
    )
    concept: str = Field(
        "",
        max_length=80,
        title="Concept",
        description="The trigger word, or what the LoRA shows; it is put into the test prompts.",
        examples=["robot"],
        json_schema_extra=ui("text"),
    )
    dataset: str = Field(
        "",
        max_length=1000,
        title="Training data",
        description="The dataset of the training, for fidelity and memorisation.",
        json_schema_extra=ui("text"),
    )
    model: str | None = Field(
        None,
        max_length=200,
        title="Base model",
        description="ID of the base model; without it, the default.",
        json_schema_extra=ui("model", mode="generate"),
    )
    suite: str = Field(
        "",
        max_length=80,
        title="Suite",
        description="Suite of test prompts; without it, that of the model.",
        json_schema_extra=ui("text", advanced=True),
    )
    categories: str = Field(
        "",
        max_length=400,
        title="Categories",
        description="Categories of the suite, separated by commas; without them, all.",
        json_schema_extra=ui("text", advanced=True),
    )
    prompts: str = Field(
        "",
        max_length=TEXT_MAX,
        title="Prompts",
        description="Prompts in place of the suite, one on each line.",
        json_schema_extra=ui("textarea", advanced=True),
    )
    weights: str = Field(
        "1",
        max_length=200,
        title="Weights",
        description="Weights of each LoRA, separated by commas.",
        json_schema_extra=ui("text", advanced=True),
    )
    seeds: int = Field(
        2,
        ge=1,
        le=64,
        title="Seeds",
        description="Images of each prompt; leakage and diversity need two.",
        json_schema_extra=ui("number"),
    )
    seed: int = Field(
        42,
        ge=0,
        le=SEED_MAX,
        title="First seed",
        description="Every column is drawn with the same seeds.",
        json_schema_extra=ui("number", advanced=True),
    )
    inference_steps: int | None = Field(
        None,
        ge=1,
        le=150,
        title="Steps",
        description="Inference steps; without it, the model's default.",
        json_schema_extra=ui("number", advanced=True),
    )
    run_id: str = Field(
        "",
        max_length=64,
        title="Training",
        description="ID of the training whose checkpoints are evaluated.",
        json_schema_extra=ui("hidden"),
    )
    held_out: str = Field(
        "",
        max_length=1000,
        title="Held-out data",
        description="A dataset of images that were not trained, for memorisation; without it, those"
        " that the training held out.",
        json_schema_extra=ui("text", advanced=True),
    )
    split: Split | None = Field(
        None,
        title="Split",
        description="The images that the training held out; without it, read in the LoRA file.",
        json_schema_extra={"type": "object", **ui("hidden")},
    )
    checkpoints: tuple[CheckpointFile, ...] = Field(
        (),
        max_length=100,
        title="Checkpoints",
        description="Checkpoints of the training.",
        json_schema_extra=ui("hidden"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The rows and columns of the grid, and the metric networks that are here."""
        from core.training.evaluation.plan import check_size, lines, weights_of

        model = ctx.models.get(self.model) if self.model else ctx.models.default("generate")
        reference, folder = self._dataset(ctx, model, self.dataset)
        unseen, others = self._dataset(ctx, model, self.held_out)
        pairs = self._pairs(ctx, folder, others)
        rows = self._rows(ctx, model, pairs)
        loras = {name: ctx.loras.find(name) for name in lines(self.loras)}
        columns = len(weights_of(self.weights)) * (len(loras) + len(self.checkpoints))
        check_size(columns, len(rows))
        fingerprints = {f"model/{model.id}": model.fingerprint}
        fingerprints |= {f"lora/{name}": lora.fingerprint for name, lora in loras.items()}
        for name, images in ((reference, folder), (unseen, others)):
            if images is not None:
                fingerprints[f"dataset/{name}"] = images.digest
        networks, missing = _networks(ctx, model)
        if folder is not None and self._whole_suite and not pairs.held:
            missing.append(Warning("none_held_out", NONE_HELD_OUT, "held_out"))
        facts = {
            "model": {"id": model.id, "label": model.label},
            "evaluation": {
                "run_id": self.run_id,
                "columns": columns + 1,
                "rows": [asdict(row) for row in rows],
                "networks": networks,
                "missing": [warning.detail for warning in missing],
            },
        }
        resolved = self.model_copy(
            update={"model": model.id, "dataset": reference, "held_out": unseen}
        )
        return Resolved(resolved, tuple(missing), facts, fingerprints)

    def run(self, ctx: Context) -> None:
        """Draw the grid and deliver the report."""
        from core.engine.evaluation.run import EvaluationRun
        from core.training.evaluation.report import Row

        facts = ctx.facts["evaluation"]
        ctx.progress("loading")
        model = ctx.resolver.models.get(str(self.model))
        networks = facts["networks"]
        texts = {name: load_network(ctx, model, name) for name in networks["texts"]}
        subject = networks["subject"]
        width, height = _canvas(model)
        parameters = {**model.defaults("generate"), "width": width, "height": height}
        if self.inference_steps:
            parameters["num_inference_steps"] = self.inference_steps
        _, folder = self._dataset(ctx.resolver, model, self.dataset)
        _, others = self._dataset(ctx.resolver, model, self.held_out)
        run = EvaluationRun(
            cast("Any", ctx),
            cast("Any", ctx.models.get(model.id)),
            list(self._candidates(ctx)),
            [Row(**row) for row in facts["rows"]],
            folder.items if folder else (),
            self._pairs(ctx.resolver, folder, others).items(),
            parameters,
            texts,
            load_network(ctx, model, subject) if subject else None,
            {
                "model": ctx.facts["model"],
                "run_id": self.run_id,
                "concept": self.concept,
                "networks": networks,
                "missing": facts["missing"],
                "dataset": self.dataset,
            },
        )
        report = run.report()
        ctx.note({"evaluated": {"best": report["best"], "explanation": report["explanation"]}})
        ctx.add_value(report, port="report")

    @property
    def _whole_suite(self) -> bool:
        """True where the suite is drawn as it is."""
        return not self.prompts.strip() and not self.categories.strip()

    def _rows(self, ctx: ResolveContext, model: Model, pairs: Pairs) -> list[Any]:
        from core.training.evaluation.plan import lines, rows_of
        from core.training.evaluation.suites import SuitePrompt

        own = tuple(SuitePrompt("prompts", text) for text in lines(self.prompts))
        if not own and not self.concept:
            raise InvalidInput(
                "The test prompts need a concept.",
                field="concept",
                fix="Name the trigger word, or write prompts of your own.",
            )
        categories = [part.strip() for part in self.categories.split(",") if part.strip()]
        suite = ctx.training.suite(self.suite, model.id)
        prompts = own or suite.of(self.concept, categories)
        return [
            *rows_of(prompts, self.seeds, self.seed),
            *pairs.rows(self.seeds, self.seed, len(prompts)),
        ]

    def _pairs(self, ctx: ResolveContext, folder: Folder | None, others: Folder | None) -> Pairs:
        """The captions that are drawn beside the suite, of trained and of held-out images."""
        from core.training.evaluation.pairs import Pairs
        from core.training.split import split

        if folder is None or not self._whole_suite:
            return Pairs()
        chosen = self.split or self._split_of_files(ctx, folder.digest)
        trained, held = split(folder.items, chosen.share, chosen.seed)
        return Pairs.of(trained, others.items if others else held, chosen.trigger_word)

    def _split_of_files(self, ctx: ResolveContext, digest: str) -> Split:
        """The split of the first LoRA that was trained on the dataset."""
        from core.training.evaluation.plan import lines

        paths = (ctx.loras.find(name).path for name in lines(self.loras))
        known = (Split.of_file(read_weights(path).header.metadata, digest) for path in paths)
        return next(filter(None, known), Split())

    def _dataset(self, ctx: ResolveContext, model: Model, name: str) -> tuple[str, Folder | None]:
        """The reference and the images of a dataset, if one is named."""
        if not name:
            return "", None
        dataset = ctx.training.dataset(name, limits_of_model(model))
        return dataset.reference, dataset.folder

    def _candidates(self, ctx: Context) -> Iterator[Candidate]:
        """The base, then each LoRA at each weight: one after the other is loaded once."""
        from core.engine.evaluation.run import Candidate
        from core.training.evaluation.plan import lines, weights_of

        weights = weights_of(self.weights)
        yield Candidate("Base model")
        files: list[tuple[str, str, int, float | None, Path]] = [
            (name, name, 0, None, ctx.resolver.loras.find(name).path) for name in lines(self.loras)
        ]
        for checkpoint in sorted(self.checkpoints, key=lambda file: file.step):
            path = ctx.folder / f"step-{checkpoint.step}.safetensors"
            path.write_bytes(ctx.stored(checkpoint.key))
            label, loss = f"Step {checkpoint.step}", checkpoint.validation_loss
            files.append((label, str(checkpoint.step), checkpoint.step, loss, path))
        for label, lora, step, loss, path in files:
            for weight in weights:
                text = f"{label} × {weight:g}" if len(weights) > 1 else label
                yield Candidate(text, path, lora, step, weight, loss)


def _canvas(model: Model) -> tuple[int, int]:
    """The size of the model's default images, in pixels, before any finisher."""
    defaults = model.defaults("generate")
    return model.drawn_size(int(defaults["width"]), int(defaults["height"]))


def _networks(ctx: ResolveContext, model: Model) -> tuple[dict[str, Any], list[Warning]]:
    """The metric networks for a model, and a warning for each that is missing."""
    if model.reader is not None:
        return {"texts": [READER], "subject": READER}, []
    missing, here = [], []
    for name in (*TEXT_NETWORKS, SUBJECT_NETWORK):
        try:
            ctx.auxiliary.path(name)
            here.append(name)
        except ModelMissing as error:
            missing.append(Warning("metric_missing", f"{error.detail} {error.fix}"))
    subject = SUBJECT_NETWORK if SUBJECT_NETWORK in here else None
    return {"texts": [name for name in TEXT_NETWORKS if name in here], "subject": subject}, missing


def load_network(ctx: Context, model: Model | None, name: str) -> Any:
    """A metric network by its name; `READER` is that of the model."""
    from core.engine.evaluation.networks import ImageNetwork, TextImageNetwork
    from core.engine.evaluation.reader import Reader

    if name == READER:
        assert model is not None
        assert model.reader is not None
        return Reader.load(model.reader, "cpu")
    kind: Any = ImageNetwork if name == SUBJECT_NETWORK else TextImageNetwork
    return ctx.auxiliary_models.get(name, kind.load)
