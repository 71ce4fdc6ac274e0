"""Augmentation of datasets: copies with changed images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.bodies import JsonRoute
from api.datasets import DatasetId
from api.image_deps import DatasetsDep
from api.present_datasets import dataset_import
from core.training.datasets.augment import SAMPLES_MAX
from core.training.datasets.versions import MAX_NAME

if TYPE_CHECKING:
    from api.document.datasets import DatasetImport

router = APIRouter(prefix="/datasets", tags=["datasets"], route_class=JsonRoute)


class AugmentChoice(BaseModel):
    """Number and seed of changed images, and the name of the copy."""

    model_config = ConfigDict(extra="forbid")

    samples: int = Field(ge=1, le=SAMPLES_MAX, description="Number of changed images.")
    seed: int = Field(0, ge=0, le=2**32 - 1, description="The same seed gives the same images.")
    name: str = Field(max_length=4 * MAX_NAME, description="Name of the copy.", examples=["more"])


@router.post("/{dataset}/augment", status_code=201)
async def augment_dataset(
    dataset: DatasetId, body: AugmentChoice, datasets: DatasetsDep
) -> DatasetImport:
    """Copy a dataset with changed images added: flips, crops, tones, other words in captions."""
    imported = await datasets.augment(dataset, body.samples, body.seed, body.name)
    version = (await datasets.get(imported.dataset.id))[1]
    return dataset_import(imported, version)
