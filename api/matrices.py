"""Matrix runs: every combination of the values of some parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.batch_deps import MatricesDep
from api.bodies import JsonRoute
from api.repeats import RequestKeyDep
from core.sets.matrix import AXES_MAX, CELLS_MAX, Axis, MatrixRequest

if TYPE_CHECKING:
    from api.document.sets import StartedBatch

router = APIRouter(tags=["sets"], route_class=JsonRoute)


class AxisBody(BaseModel):
    """A parameter and the values that it takes."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        max_length=400,
        description="A parameter of the operation, or `loras.NAME.weight`.",
        examples=["guidance_scale"],
    )
    values: list[JsonValue] = Field(
        min_length=1, max_length=CELLS_MAX, description="Its values.", examples=[[1, 3.5, 7]]
    )


class MatrixBody(BaseModel):
    """A matrix to run: a task for every combination of values."""

    model_config = ConfigDict(extra="forbid")

    operation: str = Field("generate", max_length=100, description="Name of the operation.")
    params: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Parameters of every cell.",
        examples=[{"prompt": "a lighthouse"}],
    )
    axes: list[AxisBody] = Field(
        min_length=1, max_length=AXES_MAX, description="Parameters that change, the fastest last."
    )
    name: str = Field("", max_length=80, description="Name of the batch.")


@router.post("/generate/matrix", status_code=202)
async def run_matrix(body: MatrixBody, matrices: MatricesDep, key: RequestKeyDep) -> StartedBatch:
    """Run a matrix as a batch: every cell becomes a task, all or none."""
    axes = [Axis(axis.name, axis.values) for axis in body.axes]
    started = await matrices.start(MatrixRequest(axes, body.params, body.operation, body.name), key)
    return {
        "batch_id": started.batch.id,
        "task_ids": started.task_ids,
        "status_url": f"/api/batches/{started.batch.id}",
    }
