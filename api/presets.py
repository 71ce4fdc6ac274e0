"""The presets, which are read-only."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from fastapi import APIRouter

from api.deps import WorkflowName
from api.routing import DocumentedRoute
from api.workflow_deps import ValidatorDep, WorkflowsDep

if TYPE_CHECKING:
    from api.document.marks import Page
    from api.document.workflows import PresetWorkflow, WorkflowFile

router = APIRouter(prefix="/presets", tags=["presets"], route_class=DocumentedRoute)


@router.get("/workflows")
async def list_preset_workflows(
    workflows: WorkflowsDep, validator: ValidatorDep
) -> Page[PresetWorkflow]:
    """The preset workflows, each with the models that it needs and this machine lacks."""
    presets = await workflows.presets()
    missing = await validator.missing_models_of(presets)
    items = [
        {
            "name": name,
            "title": workflow.name,
            "description": workflow.description,
            "tags": workflow.tags,
            "exposed": sum(len(brick.exposed) for brick in workflow.bricks),
            "missing": [asdict(model) for model in missing[name]],
        }
        for name, workflow in presets.items()
    ]
    return {
        "items": cast("list[PresetWorkflow]", items),
        "next_cursor": None,
        "total": len(items),
    }


@router.get("/workflows/{name}")
async def get_preset_workflow(name: WorkflowName, workflows: WorkflowsDep) -> WorkflowFile:
    """One preset workflow."""
    return await workflows.preset(name)
