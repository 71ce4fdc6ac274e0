"""Captions of a dataset, written by a network into a new version."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.errors import InvalidInput
from core.operations.declaration.base import Context, Operation, Resolved
from core.operations.declaration.fields import AnswerTokens, Port, ui
from core.operations.declaration.resolving import ResolveContext

ImageName = Annotated[str, Field(max_length=1000)]
DescribeTask = Literal["caption", "detailed", "more_detailed"]


class CaptionDataset(Operation):
    """Describe the images of a dataset that have no caption, as its next version."""

    name = "caption_dataset"
    title = "Caption dataset"
    summary = "Describes the images of a dataset and keeps the texts as captions."
    category = "input"
    lane = "cpu"
    cacheable = False
    has_brick = False
    outputs = (Port("captions", "json"),)

    dataset: str = Field(
        min_length=1,
        max_length=1000,
        title="Dataset",
        description="A dataset by its name or id.",
        json_schema_extra=ui("lookup", path="/datasets", value="name", title="name"),
    )
    task: DescribeTask = Field(
        "detailed",
        title="Length",
        description="Length of the captions.",
        json_schema_extra=ui("select"),
    )
    names: tuple[ImageName, ...] = Field(
        (),
        max_length=20_000,
        title="Images",
        description="Names of images; without them, all.",
        json_schema_extra=ui("hidden"),
    )
    overwrite: bool = Field(
        False,
        title="Overwrite",
        description="Replace the captions that are there, too.",
        json_schema_extra=ui("toggle"),
    )
    trigger_word: str | None = Field(
        None,
        max_length=100,
        title="Trigger word",
        description="Word in front; without it, the trigger word of the dataset.",
        json_schema_extra=ui("text"),
    )
    max_new_tokens: AnswerTokens = 256
    model: str = Field(
        "florence-2-base",
        max_length=100,
        title="Model",
        description="The id of an auxiliary model.",
        json_schema_extra=ui("companion", task="describe"),
    )

    def resolve(self, ctx: ResolveContext) -> Resolved:
        """Refuse a missing network, and a dataset in which no image is to be described."""
        from core.training.datasets.captioning import images_to_caption

        store = ctx.training.stored_datasets()
        dataset = store.get(self.dataset)
        entries = store.entries(store.version(dataset))
        chosen = images_to_caption(entries, overwrite=self.overwrite, names=self.names or None)
        if not chosen:
            raise InvalidInput(
                f"No image of {dataset.name!r} lacks a caption.",
                field="overwrite",
                fix="Set `overwrite` to replace the captions, or choose other images.",
            )
        content = ctx.auxiliary.fingerprint(self.model)
        word = dataset.trigger or "" if self.trigger_word is None else self.trigger_word
        resolved = self.model_copy(update={"dataset": dataset.id, "trigger_word": word})
        facts = {"captioning": {"name": dataset.name, "images": len(chosen)}}
        return Resolved(resolved, (), facts, {f"auxiliary/{self.model}": content})

    def run(self, ctx: Context) -> None:
        """Describe image by image; an interrupted run continues where it stopped."""
        from core.engine.auxiliary.describing import Describer
        from core.training.datasets.captioning import Captioning

        store = ctx.resolver.training.stored_datasets()
        captioning = Captioning(store, self.dataset, ctx.run_folder, self.trigger_word or "")
        entries = captioning.images(overwrite=self.overwrite, names=self.names or None)
        ctx.progress("loading")
        describer = ctx.auxiliary_models.get(self.model, Describer.load)
        for number, entry in enumerate(entries):
            ctx.progress("describing", step=number, steps=len(entries))

            def report(_: int, number: int = number) -> None:
                ctx.progress("describing", step=number, steps=len(entries))

            captioning.add(
                entry,
                lambda image: describer.describe(image, self.task, self.max_new_tokens, report),
            )
        ctx.progress("describing", step=len(entries), steps=len(entries))
        dataset = captioning.commit(overwrite=self.overwrite)
        captions = captioning.captions
        ctx.note({"captioned": {"dataset": dataset.id, "version": dataset.latest}})
        value = {"dataset": dataset.id, "version": dataset.latest, "captions": captions}
        ctx.add_value(value, port="captions")
