"""Evaluations of LoRAs: started from a training, listed, shown, and voted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.bodies import JsonRoute
from api.deps import Cursor, IfNoneMatch, Limit, TaskId
from api.files import blob_file
from api.training_deps import EvaluationsDep

if TYPE_CHECKING:
    from api.document.evaluations import (
        EvaluationDetail,
        EvaluationEntry,
        EvaluationTask,
        NearestImage,
        Votes,
    )
    from api.document.marks import Page

router = APIRouter(prefix="/evaluations", tags=["training"], route_class=JsonRoute)


class EvaluationBody(BaseModel):
    """An evaluation of the checkpoints of a training."""

    model_config = ConfigDict(extra="forbid")

    run_id: str = Field(max_length=64, description="ID of the training.")
    steps: list[int] | None = Field(
        None, min_length=1, max_length=100, description="Steps of checkpoints; without them, all."
    )
    params: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Parameters of `evaluate_lora` in place of those of the training.",
        examples=[{"seeds": 4, "categories": "trigger, no_trigger"}],
    )


class VoteBody(BaseModel):
    """A vote for the best image of a row."""

    model_config = ConfigDict(extra="forbid")

    row: int = Field(ge=0, description="Number of the row, from 0.")
    column: int = Field(ge=0, description="Number of the column; 0 is the base model.")


@router.post("", status_code=202)
async def start_evaluation(body: EvaluationBody, evaluations: EvaluationsDep) -> EvaluationTask:
    """Queue an evaluation of a training: its base model, dataset and trigger word are taken."""
    task = await evaluations.start(body.run_id, body.params, body.steps)
    return {"task_id": task.id}


@router.get("")
async def list_evaluations(
    evaluations: EvaluationsDep,
    run_id: Annotated[
        str | None, Query(max_length=64, description="Only of this training.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[EvaluationEntry]:
    """Evaluations, newest first, each with the best column."""
    items, following, total = await evaluations.page(run_id, limit, cursor)
    return cast("Page[EvaluationEntry]", {"items": items, "next_cursor": following, "total": total})


@router.get("/{task_id}")
async def get_evaluation(task_id: TaskId, evaluations: EvaluationsDep) -> EvaluationDetail:
    """An evaluation with its report, the images column by column, and the votes."""
    return cast("EvaluationDetail", await evaluations.get(task_id))


@router.get("/{task_id}/nearest/{column}")
async def get_nearest_image(
    task_id: TaskId,
    column: Annotated[int, Path(ge=0, description="Number of the column.")],
    evaluations: EvaluationsDep,
    if_none_match: IfNoneMatch = None,
) -> NearestImage:
    """The training image that an image of the concept alone in this column comes nearest to."""
    file = await evaluations.nearest(task_id, column)
    name = f"nearest-{column}.png"
    return await blob_file(
        evaluations.blobs, file.key, if_none_match, media_type=file.type, name=name
    )


@router.post("/{task_id}/votes")
async def vote(task_id: TaskId, body: VoteBody, evaluations: EvaluationsDep) -> Votes:
    """Vote for the best column of a row; a later vote of the row replaces it."""
    await evaluations.vote(task_id, body.row, body.column)
    return cast("Votes", {"votes": (await evaluations.get(task_id))["votes"]})
