"""Saved workflows over time: versions, names, copies, tags, the trash, other programs."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Conflict, InvalidWorkflow, NotFound
from core.operations.declaration import registry
from core.settings import ROOT
from core.workflows import trash, versions
from core.workflows.library import Workflows
from core.workflows.wiring import wire
from core.workflows.workflow import Workflow, parse
from tests.unit.workflows.test_random_workflows import walls

REGISTRY = registry.load()


@pytest.fixture
def changes() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def library(tmp_path: Path, changes: list[tuple[str, str]]) -> Workflows:
    return Workflows(
        tmp_path, ROOT / "presets", on_change=lambda name, change: changes.append((name, change))
    )


def prompting(text: str, **more: object) -> Workflow:
    bricks = [{"id": "p", "type": "prompt", "props": {"prompt": text}}]
    return parse({"bricks": bricks, **more})


async def prompt_of(library: Workflows, name: str) -> object:
    return (await library.get(name)).bricks[0].props["prompt"]


async def test_each_save_keeps_the_version_before_up_to_twenty(library: Workflows) -> None:
    for number in range(versions.KEPT + 5):
        await library.put("house", prompting(str(number)))
    kept = await library.versions("house")
    assert len(kept) == versions.KEPT
    prompts = [
        (await library.version("house", entry["id"])).bricks[0].props["prompt"] for entry in kept
    ]
    assert prompts == [str(number) for number in range(versions.KEPT + 3, 3, -1)]
    assert [entry["saved_at"] for entry in kept] == sorted(
        (entry["saved_at"] for entry in kept), reverse=True
    )


async def test_saving_the_same_again_keeps_no_version(library: Workflows) -> None:
    for _ in range(3):
        await library.put("house", prompting("same"))
    assert await library.versions("house") == []


async def test_a_restored_version_is_saved_and_the_present_one_is_kept(library: Workflows) -> None:
    await library.put("house", prompting("first"))
    await library.put("house", prompting("second"))
    [first] = await library.versions("house")
    await library.restore_version("house", first["id"])
    assert await prompt_of(library, "house") == "first"
    newest = (await library.versions("house"))[0]["id"]
    assert (await library.version("house", newest)).bricks[0].props["prompt"] == "second"


async def test_what_another_program_wrote_is_a_version_too(
    library: Workflows, tmp_path: Path
) -> None:
    await library.put("house", prompting("mine"))
    edited = json.dumps(prompting("edited by hand").json_data())
    (tmp_path / "house.json").write_text(edited, encoding="utf-8")
    await library.put("house", prompting("mine again"))
    [version] = await library.versions("house")
    assert (await library.version("house", version["id"])).bricks[0].props["prompt"] == (
        "edited by hand"
    )


@pytest.mark.parametrize("version", ["none", "../../house", "..", "*", ""])
async def test_a_version_that_is_not_there_is_not_found(library: Workflows, version: str) -> None:
    await library.put("house", prompting("first"))
    with pytest.raises(NotFound):
        await library.version("house", version)


async def test_a_renamed_workflow_keeps_its_versions(
    library: Workflows, changes: list[tuple[str, str]]
) -> None:
    await library.put("house", prompting("first"))
    await library.put("house", prompting("second"))
    changes.clear()
    await library.rename("house", "Château")
    assert [entry["name"] for entry in await library.all()] == ["Château"]
    assert (await library.get("Château")).name == "Château"
    assert len(await library.versions("Château")) == 1
    assert changes == [("house", "deleted"), ("Château", "saved")]
    with pytest.raises(NotFound):
        await library.versions("house")


async def test_new_tags_with_a_new_name_keep_the_version_before(library: Workflows) -> None:
    await library.put("house", prompting("first", tags=["red"]))
    await library.rename("house", "home", ["green"])
    [version] = await library.versions("home")
    assert (await library.version("home", version["id"])).tags == ["red"]


async def test_a_name_that_is_taken_is_refused_and_nothing_changes(library: Workflows) -> None:
    await library.put("house", prompting("house"))
    await library.put("tree", prompting("tree"))
    with pytest.raises(Conflict, match="tree"):
        await library.rename("house", "tree")
    with pytest.raises(Conflict, match="tree"):
        await library.duplicate("house", "tree")
    assert await prompt_of(library, "house") == "house"
    assert await prompt_of(library, "tree") == "tree"


async def test_copies_take_the_next_free_name(library: Workflows) -> None:
    await library.put("house", prompting("first"))
    assert [await library.duplicate("house") for _ in range(2)] == ["house 2", "house 3"]
    assert await library.duplicate("house", "copy") == "copy"
    assert await prompt_of(library, "copy") == "first"


async def test_a_preset_can_be_copied_and_stays_as_it_is(library: Workflows) -> None:
    before = await library.preset("first-picture")
    name = await library.duplicate("first-picture", "mine")
    assert (await library.get(name)).bricks == before.bricks
    assert await library.preset("first-picture") == before


async def test_a_deleted_workflow_comes_back_with_its_versions(library: Workflows) -> None:
    await library.put("house", prompting("first"))
    await library.put("house", prompting("second"))
    await library.delete("house")
    assert await library.all() == []
    assert [entry["name"] for entry in await library.deleted()] == ["house"]
    assert await library.restore_deleted("house") == "house"
    assert await prompt_of(library, "house") == "second"
    assert len(await library.versions("house")) == 1
    assert await library.deleted() == []


async def test_a_new_workflow_has_no_versions_of_a_deleted_one_of_its_name(
    library: Workflows,
) -> None:
    await library.put("house", prompting("first"))
    await library.put("house", prompting("second"))
    await library.delete("house")
    await library.put("house", prompting("new"))
    assert await library.versions("house") == []
    assert await library.restore_deleted("house") == "house 2"
    assert await prompt_of(library, "house") == "new"
    assert await prompt_of(library, "house 2") == "second"


async def test_the_trash_is_restored_by_id_and_limited(
    library: Workflows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "KEPT", 3)
    for number in range(5):
        await library.put("house", prompting(str(number)))
        await library.delete("house")
    deleted = await library.deleted()
    assert len(deleted) == 3
    await library.restore_deleted("house", deleted[-1]["id"])
    assert await prompt_of(library, "house") == "2"
    with pytest.raises(NotFound):
        await library.restore_deleted("house", "none")


async def test_one_entry_is_found_by_either_spelling_of_its_name(library: Workflows) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    await library.put(decomposed, prompting("first"))
    for name in (composed, decomposed):
        assert (await library.entry(name))["name"] == composed
    with pytest.raises(NotFound):
        await library.entry("nothing")


async def test_tags_and_words_find_a_workflow(library: Workflows) -> None:
    await library.put("Night", prompting("a red house", tags=["home", "night"]))
    await library.put("Day", prompting("a green tree", description="For the garden"))
    await library.tag("Day", ["home", "home", "outside"])
    matches = {
        query: [entry["name"] for entry in await library.all(query)]
        for query in ("RED house", "garden", "home", "night tree", "prompt", "")
    }
    assert matches == {
        "RED house": ["Night"],
        "garden": ["Day"],
        "home": ["Day", "Night"],
        "night tree": [],
        "prompt": ["Day", "Night"],
        "": ["Day", "Night"],
    }
    assert [entry["name"] for entry in await library.all(tags=["home", "outside"])] == ["Day"]
    assert (await library.all())[0]["tags"] == ["home", "outside"]
    with pytest.raises(InvalidWorkflow):
        await library.tag("Day", ["x" * 41])


async def test_a_thumbnail_belongs_to_a_saved_workflow_and_moves_along(library: Workflows) -> None:
    await library.set_thumbnail("house", "A1")  # nothing has this name
    await library.put("house", prompting("first"))
    assert (await library.all())[0]["thumbnail"] is None
    await library.set_thumbnail("house", "A2")
    await library.rename("house", "home")
    assert (await library.all())[0]["thumbnail"] == "A2"


async def test_a_file_that_another_program_changed_is_listed_and_published_at_once(
    library: Workflows, tmp_path: Path, changes: list[tuple[str, str]]
) -> None:
    await library.put("house", prompting("mine"))
    await library.publish_changes()
    changes.clear()
    edited = json.dumps(prompting("theirs", description="edited").json_data())
    (tmp_path / "house.json").write_text(edited, encoding="utf-8")
    (tmp_path / "new.json").write_text(edited, encoding="utf-8")
    assert {entry["description"] for entry in await library.all()} == {"edited"}
    await library.publish_changes()
    assert sorted(changes) == [("house", "saved"), ("new", "saved")]
    (tmp_path / "new.json").unlink()
    await library.publish_changes()
    assert changes[2:] == [("new", "deleted")]


async def test_own_changes_are_published_once(
    library: Workflows, changes: list[tuple[str, str]]
) -> None:
    await library.publish_changes()
    await library.put("house", prompting("first"))
    await library.tag("house", ["home"])
    await library.rename("house", "home")
    await library.duplicate("home")
    await library.delete("home")
    await library.restore_deleted("home")
    before = list(changes)
    await library.publish_changes()
    assert changes == before


async def test_only_changed_files_are_read_again(library: Workflows, tmp_path: Path) -> None:
    await library.put("house", prompting("first"))
    before = await library.all()
    path = tmp_path / "house.json"
    stat = path.stat()
    same_size = path.read_bytes().replace(b"first", b"other")
    path.write_bytes(same_size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert await library.all() == before  # equal by stat: the file was not read
    os.utime(path)
    assert [entry["name"] for entry in await library.all("other")] == ["house"]


@given(walls(), st.lists(st.sampled_from(["a", "b", "é"]), max_size=3))
def test_a_saved_random_workflow_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, wall: Workflow, tags: list[str]
) -> None:
    wired = wire(wall, REGISTRY)[0].model_copy(update={"tags": tags})
    library = Workflows(tmp_path_factory.mktemp("saved"), ROOT / "presets")

    async def saved() -> Workflow:
        await library.put("w", wired)
        await library.delete("w")
        await library.restore_deleted("w")
        await library.rename("w", "v")
        return await library.get("v")

    assert asyncio.run(saved()) == wired.model_copy(update={"name": "v"})
