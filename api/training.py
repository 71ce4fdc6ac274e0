"""Trainings: presets, runs with their values, samples and checkpoints."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Literal, cast

from fastapi import APIRouter, Body, Path, Query
from pydantic import JsonValue

from api.bodies import JsonRoute
from api.deps import Cursor, IfNoneMatch, Limit, SettingsDep, TaskId
from api.files import blob_file
from api.training_deps import TrainingEstimatesDep, TrainingFormDep, TrainingRunsDep
from core.operations.train_lora import DEFAULT_PRESET
from core.training.lookup import TrainingLibrary

if TYPE_CHECKING:
    from api.document.marks import Page
    from api.document.training import (
        LibraryLora,
        RunDetail,
        RunEntry,
        RunFile,
        RunValues,
        TrainingEstimate,
        TrainingFields,
        TrainingPresets,
    )

router = APIRouter(prefix="/training", tags=["training"], route_class=JsonRoute)
Kind = Annotated[Literal["sample", "checkpoint"], Path(description="Kind of the file.")]
Step = Annotated[int, Path(ge=0, description="Step of the training.")]


@router.get("/presets")
async def list_presets(settings: SettingsDep) -> TrainingPresets:
    """Presets of trainings, with their values for every family and model that they name."""
    library = TrainingLibrary(settings.presets_dir, settings.data_dir)
    presets = await asyncio.to_thread(library.presets)
    items = [
        {
            "id": preset.id,
            "title": preset.title,
            "description": preset.description,
            "config": dict(preset.config),
            "families": sorted(preset.families),
        }
        for preset in presets
    ]
    return cast("TrainingPresets", {"items": items})


@router.get("/configuration")
async def get_configuration(
    form: TrainingFormDep,
    preset: Annotated[str, Query(max_length=80, description="ID of a preset.")] = DEFAULT_PRESET,
    model: Annotated[
        str | None, Query(max_length=200, description="ID of the base model; the default without.")
    ] = None,
) -> TrainingFields:
    """All settings of a training as fields, with the values of a preset for a model."""
    return cast("TrainingFields", await form.fields(preset, model))


@router.post("/estimate")
async def estimate_training(
    params: Annotated[
        dict[str, JsonValue],
        Body(description="Parameters of `train_lora`.", examples=[{"dataset": "robots"}]),
    ],
    estimates: TrainingEstimatesDep,
) -> TrainingEstimate:
    """Memory, plan and time of a training with these parameters. Nothing is queued."""
    return cast("TrainingEstimate", await estimates.of(params))


@router.get("/runs")
async def list_runs(
    runs: TrainingRunsDep,
    search: Annotated[
        str | None,
        Query(max_length=64, description="ID of a search: its trials; empty: trainings of none."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RunEntry]:
    """Trainings, newest first, each with its newest measurements."""
    items, following, total = await runs.page(limit, cursor, search)
    return cast("Page[RunEntry]", {"items": items, "next_cursor": following, "total": total})


@router.get("/runs/{task_id}")
async def get_run(task_id: TaskId, runs: TrainingRunsDep) -> RunDetail:
    """A training with its configuration, samples and checkpoints."""
    run = await runs.get(task_id)
    for file in (*run["checkpoints"], *run["samples"]):
        file["url"] = f"/api/training/runs/{task_id}/files/{file.pop('file')}"
    return cast("RunDetail", run)


@router.get("/runs/{task_id}/values")
async def get_run_values(
    task_id: TaskId,
    runs: TrainingRunsDep,
    name: Annotated[
        list[str] | None, Query(max_length=64, description="Names of values; without it, all.")
    ] = None,
    after: Annotated[int, Query(ge=-1, description="Only values of later steps.")] = -1,
) -> RunValues:
    """Measured values of a training by name, as pairs of step and value."""
    return cast("RunValues", {"values": await runs.values(task_id, name or (), after)})


@router.get("/runs/{task_id}/files/{kind}/{step}/{index}")
async def get_run_file(
    task_id: TaskId,
    kind: Kind,
    step: Step,
    index: Annotated[int, Path(ge=0, description="Number of the file at the step.")],
    runs: TrainingRunsDep,
    if_none_match: IfNoneMatch = None,
) -> RunFile:
    """A sample or the LoRA of a checkpoint."""
    file = await runs.file(task_id, kind, step, index)
    image = file.type == "image/png"
    return await blob_file(
        runs.blobs,
        file.key,
        if_none_match,
        media_type=file.type,
        name=f"{kind}-{step}-{index}.{'png' if image else 'safetensors'}",
        disposition="inline" if image else "attachment",
    )


@router.post("/runs/{task_id}/checkpoints/{step}/use")
async def use_checkpoint(task_id: TaskId, step: Step, runs: TrainingRunsDep) -> LibraryLora:
    """Put the LoRA of a checkpoint into the library."""
    return {"lora": await runs.use(task_id, step)}
