"""Saved workflows and presets."""

import asyncio
import errno
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    InvalidInput,
    InvalidWorkflow,
    NotFound,
    StorageFull,
    TooLarge,
    WorkflowChanged,
)
from core.operations.declaration import registry
from core.operations.declaration.base import View
from core.operations.declaration.fields import Port
from core.operations.declaration.registry import Registry
from core.prompts.vocabulary import Vocabulary
from core.settings import ROOT
from core.workflows.compiler import compile_workflow
from core.workflows.files import FILE_MAX
from core.workflows.library import Workflows
from core.workflows.restoration import restore
from core.workflows.wiring import problems
from core.workflows.workflow import Workflow, parse

REGISTRY = registry.load()
PRESETS = Workflows(ROOT / "workflows", ROOT / "presets")


async def test_a_saved_workflow_comes_back_under_its_name(tmp_path: Path) -> None:
    library = Workflows(tmp_path, ROOT / "presets")
    workflow = parse({"bricks": [{"id": "p", "type": "prompt", "props": {"prompt": "é"}}]})
    assert (await library.put("Nachthäuser 夜", workflow)).new
    assert not (await library.put("Nachthäuser 夜", workflow)).new
    assert (await library.get("Nachthäuser 夜")).bricks == workflow.bricks
    assert [entry["name"] for entry in await library.all()] == ["Nachthäuser 夜"]
    await library.delete("Nachthäuser 夜")
    assert await library.all() == []


@given(st.text(max_size=100))
def test_no_name_leads_out_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    folder = outside / "workflows"
    library = Workflows(folder, ROOT / "presets")
    with suppress(InvalidInput):
        asyncio.run(library.put(name, Workflow()))
    assert [path for path in outside.iterdir() if path != folder] == []


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", ".hidden", "a\\b", "", " a", "a\n", "x" * 99]
)
async def test_names_that_could_be_paths_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        await Workflows(tmp_path, ROOT / "presets").put(name, Workflow())


async def test_a_deep_or_long_workflow_takes_about_its_own_size(tmp_path: Path) -> None:
    deep = json.loads("[" * 100 + ",".join("1" * 100_000) + "]" * 100)
    workflow = parse({"bricks": [{"id": "p", "type": "prompt", "props": {"deep": deep}}]})
    library = Workflows(tmp_path, ROOT / "presets")
    await library.put("deep", workflow)
    size = len(json.dumps(workflow.json_data()))
    assert size < (tmp_path / "deep.json").stat().st_size < 1.1 * size
    assert (await library.get("deep")).bricks == workflow.bricks


async def test_a_workflow_over_the_limit_is_refused(tmp_path: Path) -> None:
    brick = {"id": "p", "type": "prompt", "props": {"prompt": "é" * (FILE_MAX // 2)}}
    library = Workflows(tmp_path, ROOT / "presets")
    with pytest.raises(TooLarge, match=str(FILE_MAX)):
        await library.put("large", parse({"bricks": [brick]}))
    assert list(tmp_path.iterdir()) == []


async def test_a_full_disk_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    library = Workflows(tmp_path, ROOT / "presets")
    await library.put("kept", Workflow(description="first"))
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        await library.put("kept", Workflow(description="second"))
    assert (await library.get("kept")).description == "first"
    words = Vocabulary(ROOT / "presets", tmp_path / "words.json")
    with pytest.raises(StorageFull):
        words.add(words.categories()[0].id, "a word of my own")


async def test_a_file_too_deep_to_read_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text('{"bricks":' + "[" * 100_000, encoding="utf-8")
    library = Workflows(tmp_path, ROOT / "presets")
    assert await library.all() == []
    with pytest.raises(InvalidWorkflow):
        await library.get("deep")


async def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    library = Workflows(tmp_path, ROOT / "presets")
    for method in (library.get, library.delete, library.preset, library.find):
        with pytest.raises(NotFound):
            await method("nothing")


async def test_a_saved_workflow_comes_before_the_preset_of_its_name(tmp_path: Path) -> None:
    library = Workflows(tmp_path, ROOT / "presets")
    name = next(iter(await library.presets()))
    assert await library.find(name) == await library.preset(name)
    await library.put(name, Workflow(description="mine"))
    assert (await library.find(name)).description == "mine"


async def test_a_change_is_reported_once_it_is_on_disk(tmp_path: Path) -> None:
    changes: list[tuple[str, str, bool]] = []
    file = tmp_path / "house.json"
    library = Workflows(
        tmp_path,
        ROOT / "presets",
        on_change=lambda name, change: changes.append((name, change, file.exists())),
    )
    await library.put("house", Workflow())
    await library.delete("house")
    with pytest.raises(NotFound):
        await library.delete("house")
    assert changes == [("house", "saved", True), ("house", "deleted", False)]


async def test_a_broken_file_hides_nothing_else(tmp_path: Path) -> None:
    library = Workflows(tmp_path, ROOT / "presets")
    await library.put("good", Workflow())
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    assert [entry["name"] for entry in await library.all()] == ["good"]
    with pytest.raises(InvalidWorkflow):
        await library.get("bad")


@pytest.mark.parametrize("name", list(asyncio.run(PRESETS.presets())))
async def test_every_preset_loads_without_a_problem(name: str) -> None:
    workflow = await PRESETS.preset(name)
    assert problems(workflow, REGISTRY) == []
    assert workflow.name
    assert workflow.description


async def test_the_first_preset_runs_as_it_is() -> None:
    assert compile_workflow(await PRESETS.preset("first-picture"), REGISTRY).steps


def test_the_published_schema_is_the_code() -> None:
    published = json.loads((ROOT / "presets" / "workflow.schema.json").read_text(encoding="utf-8"))
    assert published == Workflow.model_json_schema(by_alias=True)


def test_a_snapshot_becomes_the_wall_that_made_it() -> None:
    params = {"prompt": "a cat", "width": 128, "seed": 3, "strength": 0.4, "image": "A1"}
    workflow = restore({"operation": "img2img", "params": params}, REGISTRY)
    [step] = compile_workflow(workflow, REGISTRY).steps
    assert params.items() <= step.params.items()
    assert {brick.type for brick in workflow.bricks} == {
        "prompt",
        "settings",
        "image_input",
        "img2img",
        "image_output",
    }


@pytest.mark.parametrize("snapshot", [{}, {"operation": "prompt"}, {"operation": "generate"}])
def test_a_snapshot_of_nothing_known_is_refused(snapshot: dict[str, object]) -> None:
    with pytest.raises(InvalidWorkflow):
        restore(snapshot, REGISTRY)


def test_a_snapshot_of_an_edit_becomes_a_brick_for_each_of_its_pictures() -> None:
    params = {"prompt": "both", "image": ["A1", "A2"], "seed": 3}
    workflow = restore({"operation": "edit", "params": params}, REGISTRY)
    assert problems(workflow, REGISTRY) == []
    [step] = compile_workflow(workflow, REGISTRY).steps
    assert step.params["image"] == ["A1", "A2"]
    assert [brick.type for brick in workflow.bricks].count("image_input") == 2


def test_a_snapshot_of_an_inpainting_keeps_its_mask() -> None:
    params = {"prompt": "a tree", "image": "A1", "mask": "M1", "only_masked": True, "seed": 3}
    workflow = restore({"operation": "inpaint", "params": params}, REGISTRY)
    [step] = compile_workflow(workflow, REGISTRY).steps
    assert params.items() <= step.params.items()


class Transcript(View):
    """A view of texts, which a restored image does not need."""

    name = "a_transcript"
    title = "Transcript"
    category = "output"
    inputs = (Port("text", "text"),)


def test_a_second_view_does_not_change_a_restored_workflow() -> None:
    crowded = Registry()
    for declaration in (Transcript, *REGISTRY):
        crowded.add(declaration)
    for operation in REGISTRY.operations():
        snapshot = {"operation": operation.name, "params": {}}
        views = [brick.type for brick in restore(snapshot, crowded).bricks if is_view(brick.type)]
        kinds = {port.type for port in operation.outputs}
        if kinds & {"image", "svg"}:
            assert views == ["image_output"], operation.name
            assert views == [
                brick.type for brick in restore(snapshot, REGISTRY).bricks if is_view(brick.type)
            ]
        elif "text" in kinds:
            assert views == ["a_transcript"], operation.name
        else:
            assert views == [], operation.name


def is_view(name: str) -> bool:
    declaration = Transcript if name == Transcript.name else REGISTRY.get(name)
    return declaration is not None and issubclass(declaration, View)


async def test_a_version_that_was_saved_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    library = Workflows(tmp_path, ROOT / "presets")
    opened = (await library.put("house", Workflow(description="first"))).revision
    assert (await library.read("house"))[1] == opened
    other = await library.put("house", Workflow(description="second"), opened)
    with pytest.raises(WorkflowChanged, match="was saved after"):
        await library.put("house", Workflow(description="third"), opened)
    with pytest.raises(WorkflowChanged, match="There is a workflow 'house' already"):
        await library.put("house", Workflow(description="third"), "")
    assert (await library.get("house")).description == "second"
    assert (await library.put("house", Workflow(description="second"), opened)) == other, "equal"
    await library.put("house", Workflow(description="third"), other.revision)
    await library.put("house", Workflow(description="fourth"))
    await library.delete("house")
    assert (await library.put("house", Workflow(), other.revision)).new, "nothing is lost"


async def test_of_two_saves_at_once_one_is_refused(tmp_path: Path) -> None:
    library = Workflows(tmp_path, ROOT / "presets")
    opened = (await library.put("house", Workflow())).revision
    saves = [library.put("house", Workflow(description=str(n)), opened) for n in range(8)]
    ended = await asyncio.gather(*saves, return_exceptions=True)
    assert sum(isinstance(entry, WorkflowChanged) for entry in ended) == 7
