"""Workflows: saved ones, unsaved ones, wiring, import and runs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.deps import Studio
from api.uploads import file_or, read_file
from core.errors import InvalidWorkflow
from core.studio.services import Services
from core.workflows.wiring import wire
from core.workflows.workflow import Workflow, parse

router = APIRouter(prefix="/workflows", tags=["workflows"])
IdempotencyKey = Annotated[str | None, Header(max_length=100)]
Data = Annotated[JsonValue, Body()]


class RunOptions(BaseModel):
    """How to run a workflow."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    inputs: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=200,
        description='Props to replace: `{"brick.field": value}`.',
    )
    start: str | None = Field(
        None,
        alias="from",
        description="Run this brick and all after it anew; before it, earlier results may serve.",
    )


class RunRequest(RunOptions):
    """An unsaved workflow to run."""

    workflow: JsonValue


class WireRequest(BaseModel):
    """A workflow to wire; `only` limits the new wires to these bricks' inputs."""

    model_config = ConfigDict(extra="forbid")

    workflow: JsonValue
    only: list[str] | None = Field(None, max_length=500)


@router.get("")
async def list_workflows(studio: Studio) -> dict[str, Any]:
    """What is saved, newest first."""
    items = await asyncio.to_thread(studio.workflows.all)
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.post("/run", status_code=202)
async def run_unsaved(
    studio: Studio, body: RunRequest, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Run a workflow as it is on the canvas."""
    return await _run(studio, parse(body.workflow), body, idempotency_key)


@router.post("/wire")
def wire_workflow(studio: Studio, body: WireRequest) -> dict[str, Any]:
    """The workflow with every free input wired by rule, and what is wrong with it."""
    return _wired(studio, parse(body.workflow), body.only)


@router.post("/import", openapi_extra={"requestBody": file_or({"type": ["object", "array"]})})
async def import_workflow(studio: Studio, request: Request) -> dict[str, Any]:
    """Read a workflow from JSON or from a picture that carries one. Nothing is saved or run."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        carried = await asyncio.to_thread(studio.workflow_of_picture, await read_file(request))
        return _wired(studio, carried)
    try:
        data = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise InvalidWorkflow(f"The body is not JSON: {error}") from error
    return _wired(studio, parse(data))


@router.get("/{name}")
async def get_workflow(name: str, studio: Studio) -> dict[str, Any]:
    """One saved workflow."""
    return (await asyncio.to_thread(studio.workflows.get, name)).json_data()


@router.put("/{name}")
async def put_workflow(name: str, studio: Studio, data: Data, response: Response) -> dict[str, Any]:
    """Save a workflow under a name; 201 when the name is new."""
    workflow = parse(data)
    new = await asyncio.to_thread(studio.workflows.put, name, workflow)
    studio.bus.publish("workflow", {"name": name, "change": "saved"})
    response.status_code = 201 if new else 200
    return workflow.model_copy(update={"name": name}).json_data()


@router.delete("/{name}", status_code=204)
async def delete_workflow(name: str, studio: Studio) -> None:
    """Remove a saved workflow."""
    await asyncio.to_thread(studio.workflows.delete, name)
    studio.bus.publish("workflow", {"name": name, "change": "deleted"})


@router.post("/{name}/run", status_code=202)
async def run_saved(
    name: str,
    studio: Studio,
    body: Annotated[RunOptions | None, Body()] = None,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Run a saved workflow."""
    workflow = await asyncio.to_thread(studio.workflows.get, name)
    return await _run(studio, workflow, body or RunOptions(), idempotency_key)


async def _run(
    studio: Services, workflow: Workflow, options: RunOptions, key: str | None
) -> dict[str, Any]:
    run = await studio.run_workflow(workflow, options.inputs, options.start, key)
    return {**asdict(run), "status_url": f"/api/tasks?run_id={run.run_id}"}


def _wired(studio: Services, workflow: Workflow, only: list[str] | None = None) -> dict[str, Any]:
    wired, problems = wire(workflow, studio.registry, only)
    return {
        "workflow": wired.json_data(),
        "problems": [asdict(problem) for problem in problems],
    }
