"""Drafts: open canvases with their edits, shared by the pages that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.bodies import JsonRoute
from api.deps import WorkflowName
from api.workflow_deps import DraftsDep, WorkflowsDep
from core.errors import InvalidInput
from core.store.clock import timestamp
from core.workflows.drafts import Draft, draft_id_of

if TYPE_CHECKING:
    from api.document.drafts import DraftEntry, DraftRevision, StoredDraft
    from api.document.marks import Page

router = APIRouter(tags=["workflows"], route_class=JsonRoute)
DraftId = Annotated[str, Path(description="ID of a draft.")]
TaskIds = Annotated[list[str], Field(max_length=50)]
IfMatch = Annotated[
    str | None,
    Header(description="`ETag` of the revision to replace; without it, only a new draft is made."),
]


class SavedState(BaseModel):
    """The saved workflow that a draft edits."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200, description="Name of the workflow.")
    revision: str = Field("", max_length=64, description="`ETag` of its file when it was opened.")
    at: float | None = Field(None, description="Time of the last save, milliseconds since 1970.")
    edited: bool = Field(False, description="True if the draft differs from the file.")


class DraftContent(BaseModel):
    """A draft to store."""

    model_config = ConfigDict(extra="forbid")

    workflow: dict[str, JsonValue] = Field(description="The workflow.")
    results: dict[str, TaskIds] = Field(
        default_factory=dict, max_length=1000, description="IDs of tasks by brick, newest first."
    )
    saved: SavedState | None = Field(None, description="The saved workflow that it edits.")
    origin: str = Field("", max_length=64, description="Name of the page, repeated in the event.")


@router.get("/drafts")
async def list_drafts(drafts: DraftsDep) -> Page[DraftEntry]:
    """Open canvases with edits, newest first."""
    items = await drafts.all()
    return {"items": cast("list[DraftEntry]", items), "next_cursor": None, "total": len(items)}


@router.get("/drafts/{id}")
async def get_draft(id: DraftId, drafts: DraftsDep, response: Response) -> StoredDraft:
    """One draft; `ETag` names its revision."""
    return _answer(await drafts.get(id), response)


@router.put("/drafts/{id}")
async def put_draft(
    id: DraftId,
    drafts: DraftsDep,
    body: DraftContent,
    response: Response,
    if_match: IfMatch = None,
) -> DraftRevision:
    """Store a draft; 409 where another page stored a revision meanwhile."""
    content = body.model_dump(mode="json", exclude={"origin"})
    revision = await drafts.put(id, content, _expected(if_match), body.origin)
    response.headers["ETag"] = f'"{revision}"'
    return {"id": id, "revision": revision}


@router.delete("/drafts/{id}", status_code=204)
async def delete_draft(id: DraftId, drafts: DraftsDep) -> None:
    """Delete a draft. Pages that show it keep their canvas."""
    await drafts.delete(id)


@router.get("/workflows/{name}/draft")
async def get_draft_of_workflow(
    name: WorkflowName, workflows: WorkflowsDep, drafts: DraftsDep, response: Response
) -> StoredDraft:
    """The newest draft of a saved workflow; its file as revision 0 where it has none."""
    workflow, revision = await workflows.read(name)
    draft = await drafts.of_workflow(name)
    if draft is None:
        saved = {"name": name, "revision": f'"{revision}"', "at": None, "edited": False}
        content = {"workflow": workflow.json_data(), "results": {}, "saved": saved}
        draft = Draft(draft_id_of(name), 0, timestamp(), content)
    return _answer(draft, response)


def _answer(draft: Draft, response: Response) -> StoredDraft:
    response.headers["ETag"] = f'"{draft.revision}"'
    return cast("StoredDraft", draft.public())


def _expected(if_match: str | None) -> int:
    """The revision that a request may replace; 0 for a new draft."""
    if if_match is None:
        return 0
    text = if_match.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidInput(
            f"If-Match is {if_match[:40]!r}, no revision of a draft.",
            field="If-Match",
            fix='Send the `ETag` of the draft, such as "3".',
        )
    return int(text)
