"""Workflows: list, save, wire, import, run."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal, cast

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api import present
from api.bodies import JsonRoute, check_structure
from api.deps import AssetsDep, RegistryDep, TasksDep, WorkflowName
from api.history_deps import ModelFilesDep
from api.repeats import RequestKeyDep
from api.uploads import file_or, read_file
from api.waiting import Prefer, answer_run
from api.workflow_deps import RunnerDep, WorkflowsDep
from core.operations.declaration.registry import Registry
from core.workflows import importing
from core.workflows.comfy.export import export_comfy
from core.workflows.comfy.model_files import ModelFiles
from core.workflows.importing import (
    hides_metadata,
    import_data,
    import_file,
    import_metadata,
    is_json,
)
from core.workflows.wiring import append, wire
from core.workflows.workflow import Workflow, parse

if TYPE_CHECKING:
    from api.document.imports import ExportedWorkflow, ImportedWorkflow, ImportReport
    from api.document.marks import Page
    from api.document.workflows import (
        PutWorkflow,
        SavedWorkflow,
        StartedRun,
        WiredWorkflow,
        WorkflowFile,
        WorkflowProblem,
    )

router = APIRouter(prefix="/workflows", tags=["workflows"], route_class=JsonRoute)
EXAMPLE: dict[str, JsonValue] = {
    "bricks": [{"id": "generate", "type": "generate", "props": {"prompt": "a red house"}}]
}
Search = Annotated[
    str,
    Query(max_length=200, description="Words in the name, description, tags, prompts or bricks."),
]
Tags = Annotated[tuple[str, ...], Query(max_length=20, description="Tags that it must have.")]
Data = Annotated[JsonValue, Body(description="The workflow.", examples=[EXAMPLE])]


IfMatch = Annotated[
    str | None,
    Header(description="`ETag` of the version to replace; without it, any version is replaced."),
]
IfNoneMatch = Annotated[
    Literal["*"] | None, Header(description="`*`: save only where the name is new.")
]


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

    workflow: JsonValue = Field(description="The workflow.", examples=[EXAMPLE])


class WireRequest(BaseModel):
    """A workflow to wire; `only` limits the new wires to these bricks' inputs.

    `append` names a new brick: only it is wired, at the end of its chain.
    """

    model_config = ConfigDict(extra="forbid")

    workflow: JsonValue = Field(description="The workflow.", examples=[EXAMPLE])
    only: list[str] | None = Field(
        None, max_length=500, description="Bricks whose inputs may be wired."
    )
    append: str | None = Field(
        None, description="A new brick, to be wired at the end of its chain."
    )


class ExportRequest(BaseModel):
    """A workflow to export."""

    model_config = ConfigDict(extra="forbid")

    workflow: JsonValue = Field(description="The workflow.", examples=[EXAMPLE])


@router.get("")
async def list_workflows(
    workflows: WorkflowsDep, q: Search = "", tag: Tags = ()
) -> Page[SavedWorkflow]:
    """Saved workflows, newest first."""
    items = [present.workflow(entry) for entry in await workflows.all(q, tag)]
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.post("/run", status_code=202)
async def run_unsaved(
    runner: RunnerDep, tasks: TasksDep, body: RunRequest, key: RequestKeyDep, prefer: Prefer = None
) -> StartedRun:
    """Run a workflow that is not saved."""
    run = await runner.run(parse(body.workflow), body.inputs, body.start, body.until, key)
    return await answer_run(tasks, run, prefer)


@router.post("/wire")
def wire_workflow(registry: RegistryDep, body: WireRequest) -> WiredWorkflow:
    """The workflow with every free input wired by rule, and its problems."""
    workflow = parse(body.workflow)
    if body.append is not None:
        workflow = append(workflow, registry, body.append)
        return _wired(registry, workflow, [])
    return _wired(registry, workflow, body.only)


@router.post("/import", openapi_extra={"requestBody": file_or({"type": ["object", "array"]})})
async def import_workflow(
    registry: RegistryDep, files: ModelFilesDep, assets: AssetsDep, request: Request
) -> ImportedWorkflow:
    """Read a workflow of the studio or of ComfyUI, from JSON, a file of it, or an image's metadata.

    Nothing is saved, run or fetched.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        content = await read_file(request)
        if hides_metadata(content):
            metadata = await assets.metadata_of(content)  # decodes, in a process of its own
            imported = await asyncio.to_thread(import_metadata, metadata, registry, files)
        else:
            imported = await asyncio.to_thread(_read, content, registry, files)
    else:
        data = await request.json() if await request.body() else None
        imported = await asyncio.to_thread(import_data, data, registry, files)
    return _imported(imported)


@router.post("/export")
def export_workflow(
    registry: RegistryDep, files: ModelFilesDep, body: ExportRequest
) -> ExportedWorkflow:
    """The graph of a workflow in ComfyUI's API format, and a report by brick."""
    exported = export_comfy(parse(body.workflow), registry, files.guidance)
    return {
        "prompt": exported.prompt,
        "report": cast("ImportReport", exported.report.public()),
    }


def _read(data: bytes, registry: Registry, files: ModelFiles) -> importing.ImportedWorkflow:
    if is_json(data):
        check_structure(data)
    return import_file(data, registry, files)


def _imported(imported: importing.ImportedWorkflow) -> ImportedWorkflow:
    faults = [asdict(problem) for problem in imported.problems]
    return {
        "workflow": imported.workflow,
        "problems": cast("list[WorkflowProblem]", faults),
        "report": cast("ImportReport", imported.report.public()),
    }


@router.get("/{name}")
async def get_workflow(
    name: WorkflowName, workflows: WorkflowsDep, response: Response
) -> WorkflowFile:
    """One saved workflow; `ETag` names its version."""
    workflow, revision = await workflows.read(name)
    response.headers["ETag"] = f'"{revision}"'
    return workflow


@router.put("/{name}")
async def put_workflow(
    name: WorkflowName,
    workflows: WorkflowsDep,
    data: Data,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> PutWorkflow:
    """Save a workflow; 201 when the name is new, 409 where another version was saved meanwhile."""
    workflow = parse(data)
    saved = await workflows.put(name, workflow, _replaceable(if_match, if_none_match))
    response.status_code = 201 if saved.new else 200
    response.headers["ETag"] = f'"{saved.revision}"'
    return workflow.model_copy(update={"name": name})


@router.delete("/{name}", status_code=204)
async def delete_workflow(name: WorkflowName, workflows: WorkflowsDep) -> None:
    """Remove a saved workflow."""
    await workflows.delete(name)


@router.post("/{name}/run", status_code=202)
async def run_saved(
    name: WorkflowName,
    workflows: WorkflowsDep,
    runner: RunnerDep,
    tasks: TasksDep,
    key: RequestKeyDep,
    body: Annotated[RunOptions | None, Body()] = None,
    prefer: Prefer = None,
) -> StartedRun:
    """Run a saved workflow, or the preset of that name."""
    options = body or RunOptions()
    workflow = await workflows.find(name)
    run = await runner.run(workflow, options.inputs, options.start, options.until, key)
    return await answer_run(tasks, run, prefer)


def _replaceable(if_match: str | None, if_none_match: str | None) -> str | None:
    """The revision that a request may replace, as `Workflows.put` takes it."""
    if if_none_match is not None:
        return ""
    if if_match is None or if_match.strip() == "*":
        return None
    return if_match.strip().removeprefix("W/").strip('"')


def _wired(registry: Registry, workflow: Workflow, only: list[str] | None = None) -> WiredWorkflow:
    wired, problems = wire(workflow, registry, only)
    faults = [asdict(problem) for problem in problems]
    return {"workflow": wired, "problems": cast("list[WorkflowProblem]", faults)}
