"""Drafts of open canvases: revisions, limits, age, files that others wrote."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput, InvalidWorkflow, NotFound, TooLarge, WorkflowChanged
from core.workflows import drafts as drafts_module
from core.workflows.drafts import Drafts, draft_id_of

DAYS = 30


@pytest.fixture
def changes() -> list[tuple[str, int, str]]:
    return []


@pytest.fixture
def drafts(tmp_path: Path, changes: list[tuple[str, int, str]]) -> Drafts:
    return Drafts(tmp_path, DAYS, on_change=lambda *change: changes.append(change))


def content(text: str, saved: str | None = None) -> dict[str, Any]:
    bricks = [{"id": "p", "type": "prompt", "props": {"prompt": text}, "colour": "unknown"}]
    state = {"name": saved, "revision": '"1"', "at": None, "edited": True} if saved else None
    return {"workflow": {"name": "wall", "bricks": bricks}, "results": {}, "saved": state}


async def test_a_draft_comes_back_as_it_was_sent(tmp_path: Path, drafts: Drafts) -> None:
    assert await drafts.put("a", content("one"), 0) == 1
    assert await drafts.put("a", content("two"), 1) == 2
    again = await Drafts(tmp_path, DAYS).get("a")
    assert (again.revision, again.content) == (2, content("two"))
    assert [entry["name"] for entry in await drafts.all()] == ["wall"]


async def test_of_two_pages_only_the_first_replaces_a_revision(
    drafts: Drafts, changes: list[tuple[str, int, str]]
) -> None:
    await drafts.put("a", content("one"), 0, "mine")
    sent = [drafts.put("a", content(str(number)), 1, str(number)) for number in range(5)]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, WorkflowChanged)]
    assert len(refusals) == 4
    [winner] = [number for number, answer in enumerate(answers) if answer == 2]
    assert (await drafts.get("a")).content == content(str(winner))
    assert changes == [("a", 1, "mine"), ("a", 2, str(winner))]


@pytest.mark.parametrize("draft_id", ["", "../a", "a/b", "a.json", "ä", "a" * 65])
async def test_an_id_that_could_be_a_path_is_refused(drafts: Drafts, draft_id: str) -> None:
    for work in (drafts.get(draft_id), drafts.put(draft_id, content("x"), 0)):
        with pytest.raises(InvalidInput):
            await work


async def test_what_is_no_workflow_is_refused(drafts: Drafts) -> None:
    with pytest.raises(InvalidWorkflow):
        await drafts.put("a", {"workflow": {"bricks": [{"id": "p"}]}}, 0)
    assert await drafts.all() == []


async def test_a_draft_over_the_limit_leaves_the_revision_before(
    drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drafts.put("a", content("one"), 0)
    monkeypatch.setattr(drafts_module, "FILE_MAX", 1000)
    with pytest.raises(TooLarge):
        await drafts.put("a", content("x" * 1000), 1)
    assert (await drafts.get("a")).content == content("one")


async def test_drafts_that_are_old_or_too_many_are_swept(
    tmp_path: Path, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts_module, "KEPT", 3)
    for age, draft_id in enumerate(("old", "c", "b", "a")):
        await drafts.put(draft_id, content(draft_id), 0)
        days = DAYS + 1 if draft_id == "old" else 10 - age
        seconds = time.time() - days * 86_400
        os.utime(tmp_path / f"{draft_id}.json", (seconds, seconds))
    await drafts.put("new", content("new"), 0)
    assert [entry["id"] for entry in await drafts.all()] == ["new", "a", "b"]


async def test_the_newest_draft_of_a_saved_workflow_is_found(drafts: Drafts) -> None:
    await drafts.put("a", content("one", saved="house"), 0)
    await drafts.put("b", content("two", saved="tower"), 0)
    draft = await drafts.of_workflow("tower")
    assert draft
    assert draft.id == "b"
    assert await drafts.of_workflow("castle") is None
    assert draft_id_of("tower") == draft_id_of("tower") != draft_id_of("house")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}'])
async def test_files_of_other_programs_are_no_drafts(
    tmp_path: Path, drafts: Drafts, text: str
) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert await drafts.all() == []
    with pytest.raises(NotFound):
        await drafts.get("a")
    assert await drafts.put("a", content("one"), 0) == 1


async def test_a_deleted_draft_is_gone(drafts: Drafts, changes: list[tuple[str, int, str]]) -> None:
    await drafts.put("a", content("one"), 0)
    await drafts.delete("a")
    assert changes[-1] == ("a", 0, "")
    with pytest.raises(NotFound):
        await drafts.delete("a")
    assert await drafts.put("a", content("again"), 0) == 1
