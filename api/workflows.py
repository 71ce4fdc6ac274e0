"""Workflows: list, save, wire, import, run."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.bodies import JsonRoute
from api.deps import RegistryDep, RunnerDep, TasksDep, WorkflowsDep
from api.repeats import RequestKeyDep
from api.uploads import file_or, read_file
from api.waiting import Prefer, answer_run
from core.operations.declaration.registry import Registry
from core.workflows.restoration import workflow_of_image
from core.workflows.wiring import wire
from core.workflows.workflow import Workflow, parse

router = APIRouter(prefix="/workflows", tags=["workflows"], route_class=JsonRoute)
Data = Annotated[JsonValue, Body()]


class RunOptions(BaseModel):
    """Options of a run."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    inputs: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=200,
        description='Props to replace: `{"brick.field": value}`.',
    )
    start: str | None = Field(
        None,
        alias="from",
        description="Run this brick and all after it again; bricks before it may be cached.",
    )
    until: str | None = Field(None, description="Run only this brick and those before it.")


class RunRequest(RunOptions):
    """An unsaved workflow to run."""

    workflow: JsonValue


class WireRequest(BaseModel):
    """A workflow to wire; `only` limits the new wires to these bricks' inputs."""

    model_config = ConfigDict(extra="forbid")

    workflow: JsonValue
    only: list[str] | None = Field(None, max_length=500)


@router.get("")
async def list_workflows(workflows: WorkflowsDep) -> dict[str, Any]:
    """Saved workflows, newest first."""
    items = await workflows.all()
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.post("/run", status_code=202)
async def run_unsaved(
    runner: RunnerDep, tasks: TasksDep, body: RunRequest, key: RequestKeyDep, prefer: Prefer = None
) -> Response:
    """Run a workflow that is not saved."""
    run = await runner.run(parse(body.workflow), body.inputs, body.start, body.until, key)
    return await answer_run(tasks, run, prefer)


@router.post("/wire")
def wire_workflow(registry: RegistryDep, body: WireRequest) -> dict[str, Any]:
    """The workflow with every free input wired by rule, and its problems."""
    return _wired(registry, parse(body.workflow), body.only)


@router.post("/import", openapi_extra={"requestBody": file_or({"type": ["object", "array"]})})
async def import_workflow(registry: RegistryDep, request: Request) -> dict[str, Any]:
    """Read a workflow from JSON or from the metadata of an image. Nothing is saved or run."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        restored = await asyncio.to_thread(workflow_of_image, await read_file(request), registry)
        return _wired(registry, restored)
    return _wired(registry, parse(await request.json() if await request.body() else None))


@router.get("/{name}")
async def get_workflow(name: str, workflows: WorkflowsDep) -> dict[str, Any]:
    """One saved workflow."""
    return (await workflows.get(name)).json_data()


@router.put("/{name}", responses={201: {"description": "Saved under a new name."}})
async def put_workflow(
    name: str, workflows: WorkflowsDep, data: Data, response: Response
) -> dict[str, Any]:
    """Save a workflow; 201 when the name is new."""
    workflow = parse(data)
    new = await workflows.put(name, workflow)
    response.status_code = 201 if new else 200
    return workflow.model_copy(update={"name": name}).json_data()


@router.delete("/{name}", status_code=204)
async def delete_workflow(name: str, workflows: WorkflowsDep) -> None:
    """Remove a saved workflow."""
    await workflows.delete(name)


@router.post("/{name}/run", status_code=202)
async def run_saved(
    name: str,
    workflows: WorkflowsDep,
    runner: RunnerDep,
    tasks: TasksDep,
    key: RequestKeyDep,
    body: Annotated[RunOptions | None, Body()] = None,
    prefer: Prefer = None,
) -> Response:
    """Run a saved workflow, or the preset of that name."""
    options = body or RunOptions()
    workflow = await workflows.find(name)
    run = await runner.run(workflow, options.inputs, options.start, options.until, key)
    return await answer_run(tasks, run, prefer)


def _wired(registry: Registry, workflow: Workflow, only: list[str] | None = None) -> dict[str, Any]:
    wired, problems = wire(workflow, registry, only)
    return {
        "workflow": wired.json_data(),
        "problems": [asdict(problem) for problem in problems],
    }
