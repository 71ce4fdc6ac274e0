"""Saved workflows as a library: tags, names, copies, versions, the trash, forms."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api import present
from api.bodies import JsonRoute
from api.deps import RegistryDep, WorkflowName
from api.workflow_deps import ValidatorDep, WorkflowsDep
from core.workflows.form import form_of
from core.workflows.workflow import parse

if TYPE_CHECKING:
    from api.document.marks import Page
    from api.document.workflows import (
        DeletedWorkflow,
        NamedWorkflow,
        SavedWorkflow,
        ValidatedWorkflow,
        WorkflowFile,
        WorkflowForm,
        WorkflowVersion,
    )

router = APIRouter(tags=["workflows"], route_class=JsonRoute)
VersionId = Annotated[str, Path(description="ID of a version.")]


class WorkflowChanges(BaseModel):
    """Changes of a saved workflow. What is absent stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, max_length=200, description="New name.")
    tags: list[str] | None = Field(None, max_length=100, description="Tags in place of its own.")


class CopyRequest(BaseModel):
    """A copy of a workflow."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(
        None, max_length=200, description="Name of the copy; without one, the next free name."
    )


class RestoreRequest(BaseModel):
    """A deleted workflow to restore."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(
        None, max_length=64, description="ID in the trash; without one, the newest of the name."
    )


class ValidateRequest(BaseModel):
    """A workflow to validate."""

    model_config = ConfigDict(extra="forbid")

    workflow: JsonValue = Field(description="The workflow.")
    inputs: dict[str, JsonValue] = Field(
        default_factory=dict,
        max_length=200,
        description='Props to replace: `{"brick.field": value}`.',
    )


@router.post("/workflows/validate")
async def validate_workflow(body: ValidateRequest, validator: ValidatorDep) -> ValidatedWorkflow:
    """All faults of a workflow, by brick. Nothing is saved or run."""
    validation = await validator.validate(parse(body.workflow), body.inputs)
    return cast("ValidatedWorkflow", {"valid": validation.valid, **asdict(validation)})


@router.patch("/workflows/{name}")
async def change_workflow(
    name: WorkflowName, body: WorkflowChanges, workflows: WorkflowsDep
) -> SavedWorkflow:
    """Rename or tag a saved workflow; the answer has its new name."""
    if body.name is not None and body.name != name:
        await workflows.rename(name, body.name, body.tags)
    elif body.tags is not None:
        await workflows.tag(name, body.tags)
    return present.workflow(await workflows.entry(name if body.name is None else body.name))


@router.post("/workflows/{name}/duplicate", status_code=201)
async def duplicate_workflow(
    name: WorkflowName,
    workflows: WorkflowsDep,
    body: Annotated[CopyRequest | None, Body()] = None,
) -> SavedWorkflow:
    """Save a copy of a workflow or preset."""
    copy = await workflows.duplicate(name, body.name if body else None)
    return present.workflow(await workflows.entry(copy))


@router.post("/workflows/{name}/restore")
async def restore_workflow(
    name: WorkflowName,
    workflows: WorkflowsDep,
    body: Annotated[RestoreRequest | None, Body()] = None,
) -> NamedWorkflow:
    """Restore a deleted workflow, with its versions; under another name where it is taken."""
    restored = await workflows.restore_deleted(name, body.id if body else None)
    return {"name": restored}


@router.get("/trash/workflows")
async def list_deleted_workflows(workflows: WorkflowsDep) -> Page[DeletedWorkflow]:
    """Deleted workflows that can be restored, newest first."""
    return cast("Page[DeletedWorkflow]", _page(await workflows.deleted()))


@router.get("/workflows/{name}/versions")
async def list_versions(name: WorkflowName, workflows: WorkflowsDep) -> Page[WorkflowVersion]:
    """Earlier versions of a saved workflow, newest first: each save keeps the one it replaces."""
    return cast("Page[WorkflowVersion]", _page(await workflows.versions(name)))


@router.get("/workflows/{name}/versions/{version}")
async def get_version(
    name: WorkflowName, version: VersionId, workflows: WorkflowsDep
) -> WorkflowFile:
    """One earlier version of a saved workflow."""
    return await workflows.version(name, version)


@router.post("/workflows/{name}/versions/{version}/restore")
async def restore_version(
    name: WorkflowName, version: VersionId, workflows: WorkflowsDep
) -> WorkflowFile:
    """Save an earlier version anew; the present one is kept as a version."""
    return await workflows.restore_version(name, version)


@router.get("/workflows/{name}/form")
async def get_form(
    name: WorkflowName, workflows: WorkflowsDep, registry: RegistryDep
) -> WorkflowForm:
    """The exposed fields of a saved workflow or preset, as one form."""
    workflow = await workflows.find(name)
    form = form_of(workflow, registry)
    about = {"name": name, "title": workflow.name, "description": workflow.description}
    return cast("WorkflowForm", {**about, **asdict(form)})


def _page(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"items": items, "next_cursor": None, "total": len(items)}
