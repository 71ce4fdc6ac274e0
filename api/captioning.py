"""Captions that a network writes, as a task of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.datasets import DatasetId
from api.deps import TasksDep
from api.image_deps import DatasetsDep
from core.operations.caption_dataset import CaptionDataset, DescribeTask, ImageName
from core.tasks.submission import Options

if TYPE_CHECKING:
    from api.document.datasets import CaptioningTask

router = APIRouter(prefix="/datasets", tags=["datasets"], route_class=JsonRoute)


class DescribeChoice(BaseModel):
    """The images to describe, and the form of their captions."""

    model_config = ConfigDict(extra="forbid")

    task: DescribeTask = Field("detailed", description="Length of the captions.")
    names: Annotated[list[ImageName], Field(max_length=20_000)] | None = Field(
        None, description="Images; null for all."
    )
    overwrite: bool = Field(False, description="Replace the captions that are there, too.")
    trigger_word: str | None = Field(
        None, max_length=100, description="Word in front; null for that of the dataset."
    )
    model: str | None = Field(
        None, max_length=100, description="ID of the network; null for the default one."
    )


@router.post("/{dataset}/captions/describe", status_code=202)
async def describe_dataset_images(
    dataset: DatasetId, body: DescribeChoice, datasets: DatasetsDep, tasks: TasksDep
) -> CaptioningTask:
    """Describe the images without a caption. The task makes a new version when it is done."""
    record, _ = await datasets.get(dataset)
    params = {"dataset": record.id, **body.model_dump(exclude_none=True)}
    return {"task_id": (await tasks.submit(CaptionDataset.name, params, Options())).id}
