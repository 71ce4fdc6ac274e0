"""The analysis of a dataset on the canvas: a summary, a page and the figures."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import Port, ui
from core.operations.declaration.resolving import ResolveContext
from core.training.datasets.limits import limits_of_model

HTML = "text/html"


class AnalyzeDataset(Operation):
    """Measure sizes, buckets, duplicates, blur, exposure and captions of a dataset, and estimate
    memory and time of its training."""

    name = "analyze_dataset"
    title = "Analyze dataset"
    summary = "Measures the images and captions of a dataset."
    category = "input"
    lane = "cpu"
    cacheable = False  # the estimate depends on the memory that is free
    outputs = (Port("summary", "summary"), Port("report", "report"), Port("analysis", "json"))

    dataset: str = Field(
        min_length=1,
        max_length=1000,
        title="Dataset",
        description="A dataset by its name or id.",
        examples=["robots"],
        json_schema_extra=ui("lookup", path="/datasets", value="name", title="name"),
    )
    model: str | None = Field(
        None,
        max_length=200,
        title="Base model",
        description="Model whose sizes count; the default one without it.",
        json_schema_extra=ui("model", mode="generate", advanced=True),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """The ids of the dataset and the model. Refuses a dataset without images."""
        store = ctx.training.stored_datasets()
        dataset = store.get(self.dataset)
        version = store.version(dataset)
        if not version.images:
            raise InvalidInput(
                f"{dataset.name!r} has no images.", field="dataset", fix="Import images first."
            )
        model = ctx.models.get(self.model) if self.model else ctx.models.default("generate")
        resolved = self.model_copy(update={"dataset": dataset.id, "model": model.id})
        facts = {"dataset": {"name": dataset.name, "version": version.number}}
        return Resolved(resolved, (), facts, {f"model/{model.id}": model.fingerprint})

    def run(self, ctx: Context) -> None:
        """Measure every image, and write the reports."""
        from core.training.datasets.analysis import analyze
        from core.training.datasets.measuring import estimate_of, measure_entries, thumbnail_of
        from core.training.datasets.report import html_report, text_report

        store = ctx.resolver.training.stored_datasets()
        facts = ctx.facts["dataset"]
        version = store.version(store.get(self.dataset), facts["version"])
        entries = store.entries(version)
        measures: dict[str, dict[str, Any]] = {}
        for number, entry in enumerate(entries):
            ctx.progress("measuring", step=number, steps=len(entries))
            measures |= measure_entries([entry])
        model = ctx.resolver.models.get(str(self.model))
        limits = limits_of_model(model)
        estimate = estimate_of(model, len(entries), limits.native)
        analysis = analyze(entries, measures, limits, estimate=estimate)
        paths = {entry.sha256: entry.path for entry in entries}
        page = html_report(facts["name"], analysis, lambda image: thumbnail_of(paths[image.key]))
        ctx.add_value(text_report(analysis), port="summary")
        ctx.add_file(page.encode(), media_type=HTML, port="report")
        ctx.add_value(analysis.public(), port="analysis")
