"""The presets, which are read-only."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.deps import WorkflowsDep

router = APIRouter(prefix="/presets", tags=["presets"])


@router.get("/workflows")
async def list_preset_workflows(workflows: WorkflowsDep) -> dict[str, Any]:
    """The preset workflows."""
    items = await workflows.presets()
    return {"items": items, "next_cursor": None, "total": len(items)}


@router.get("/workflows/{name}")
async def get_preset_workflow(name: str, workflows: WorkflowsDep) -> dict[str, Any]:
    """One preset workflow."""
    return (await workflows.preset(name)).json_data()
