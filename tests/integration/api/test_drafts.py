"""Drafts over REST: revisions as ETags, the draft of a saved workflow, events."""

from typing import Any

from tests.in_process import InProcess

WALL: dict[str, Any] = {
    "name": "wall",
    "bricks": [{"id": "paint", "type": "painting", "props": {"count": 2}}],
    "wires": [],
}


async def test_a_draft_is_stored_replaced_and_deleted(desk: InProcess) -> None:
    body = {"workflow": WALL, "results": {"paint": ["1"]}, "origin": "tab"}
    first = await desk.http.put("/api/drafts/d1", json=body)
    assert (first.status_code, first.headers["ETag"]) == (200, '"1"')
    again = await desk.http.put("/api/drafts/d1", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "workflow_changed")
    second = await desk.http.put("/api/drafts/d1", json=body, headers={"If-Match": '"1"'})
    assert second.json() == {"id": "d1", "revision": 2}
    read = await desk.http.get("/api/drafts/d1")
    assert (read.headers["ETag"], read.json()["workflow"]) == ('"2"', WALL)
    assert read.json()["results"] == {"paint": ["1"]}
    [entry] = (await desk.get("/api/drafts"))["items"]
    assert (entry["id"], entry["bricks"], entry["saved_name"]) == ("d1", 1, None)
    assert (await desk.http.delete("/api/drafts/d1")).status_code == 204
    assert (await desk.http.get("/api/drafts/d1")).status_code == 404


async def test_a_revision_that_is_no_number_is_refused(desk: InProcess) -> None:
    headers = {"If-Match": '"new"'}
    refused = await desk.http.put("/api/drafts/d2", json={"workflow": WALL}, headers=headers)
    assert (refused.status_code, refused.json()["field"]) == (422, "If-Match")


async def test_pages_that_open_a_saved_workflow_share_its_draft(desk: InProcess) -> None:
    await desk.http.put("/api/workflows/house", json=WALL)
    mine, theirs = [await desk.get("/api/workflows/house/draft") for _ in range(2)]
    assert (mine["id"], mine["revision"]) == (theirs["id"], 0)
    assert mine["saved"]["name"] == mine["workflow"]["name"] == "house"
    file = await desk.http.get("/api/workflows/house")
    assert mine["saved"]["revision"] == file.headers["ETag"]
    body = {"workflow": {**WALL, "name": "edited"}, "saved": {**mine["saved"], "edited": True}}
    await desk.http.put(f"/api/drafts/{mine['id']}", json=body)
    shared = await desk.get("/api/workflows/house/draft")
    assert (shared["revision"], shared["workflow"]["name"]) == (1, "edited")
