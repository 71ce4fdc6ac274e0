"""The presets, which are read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import APIRouter

from api.deps import WorkflowName, WorkflowsDep
from api.routing import DocumentedRoute

if TYPE_CHECKING:
    from api.document.marks import Page
    from api.document.workflows import PresetWorkflow, WorkflowFile

router = APIRouter(prefix="/presets", tags=["presets"], route_class=DocumentedRoute)


@router.get("/workflows")
async def list_preset_workflows(workflows: WorkflowsDep) -> Page[PresetWorkflow]:
    """The preset workflows."""
    items = cast("list[PresetWorkflow]", await workflows.presets())
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/workflows/{name}")
async def get_preset_workflow(name: WorkflowName, workflows: WorkflowsDep) -> WorkflowFile:
    """One preset workflow."""
    return await workflows.preset(name)
