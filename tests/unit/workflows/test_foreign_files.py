"""Files that other programs put into the folder of workflows: odd names, two spellings, no JSON."""

import json
import unicodedata
from pathlib import Path

import pytest

from core.errors import Conflict, InvalidWorkflow, NotFound
from core.settings import ROOT
from core.workflows.files import FILE_NAME_MAX, NAME_MAX, name_of, numbered, path_of
from core.workflows.library import Workflows
from core.workflows.workflow import Workflow

NAMED_BY_HAND = ["house (1)", "Château", unicodedata.normalize("NFD", "Zoë"), "100%", "dog's, red"]
NO_NAMES = ["x" * (NAME_MAX + 1), " blank in front", "a%2Fb", "%0A", "%2Ehidden", "blank behind "]


@pytest.fixture
def library(tmp_path: Path) -> Workflows:
    return Workflows(tmp_path, ROOT / "presets")


def drop(file: Path, description: str = "") -> None:
    """Write a workflow as another program does."""
    data = Workflow(description=description).json_data()
    file.write_text(json.dumps(data), encoding="utf-8")


async def names(library: Workflows) -> list[str]:
    return sorted(entry["name"] for entry in await library.all())


@pytest.mark.parametrize("stem", NO_NAMES)
async def test_a_file_that_no_name_leads_to_hides_no_other(
    library: Workflows, tmp_path: Path, stem: str
) -> None:
    await library.put("good", Workflow())
    drop(tmp_path / f"{stem}.json")
    assert await names(library) == ["good"]


@pytest.mark.parametrize("stem", NAMED_BY_HAND)
async def test_a_file_named_by_hand_is_opened_saved_renamed_and_restored(
    library: Workflows, tmp_path: Path, stem: str
) -> None:
    drop(tmp_path / f"{stem}.json", "by hand")
    [name] = await names(library)
    assert (await library.get(name)).description == "by hand"
    assert not (await library.put(name, Workflow(description="saved"))).new
    assert [path.name for path in tmp_path.glob("*.json")] == [f"{stem}.json"], "the same file"
    [version] = await library.versions(name)
    assert (await library.version(name, version["id"])).description == "by hand"
    await library.delete(name)
    assert await library.restore_deleted(name) == name
    await library.rename(name, "plain")
    assert await names(library) == ["plain"]
    assert len(await library.versions("plain")) == 1


@pytest.mark.parametrize("stem", NAMED_BY_HAND)
async def test_the_name_of_a_file_named_by_hand_is_taken(
    library: Workflows, tmp_path: Path, stem: str
) -> None:
    drop(tmp_path / f"{stem}.json", "by hand")
    await library.put("other", Workflow())
    name = name_of(Path(f"{stem}.json"))
    with pytest.raises(Conflict):
        await library.rename("other", name)
    with pytest.raises(Conflict):
        await library.duplicate("other", name)
    assert (await library.get(name)).description == "by hand"


async def test_of_two_files_with_one_name_the_saved_one_is_listed(
    library: Workflows, tmp_path: Path
) -> None:
    await library.put("a b", Workflow(description="saved"))
    drop(tmp_path / "a%20b.json", "other spelling")
    assert [entry["description"] for entry in await library.all()] == ["saved"]
    assert (await library.get("a b")).description == "saved"
    await library.delete("a b")
    assert (await library.get("a b")).description == "other spelling", "it is still there"


async def test_a_deleted_workflow_is_restored_by_either_spelling(library: Workflows) -> None:
    for spelling in ("NFC", "NFD"):
        await library.put("café", Workflow())
        await library.delete("café")
        given = unicodedata.normalize("NFC" if spelling == "NFD" else "NFD", "café")
        await library.restore_deleted(given)
        assert await names(library) == ["café"]


@pytest.mark.parametrize("letter", ["x", "é", "夜", "🌲", "y "])
@pytest.mark.parametrize("number", [2, 999])
def test_a_numbered_name_fits_into_a_file(letter: str, number: int) -> None:
    name = numbered(letter * NAME_MAX, number)
    assert name.endswith(f" {number}")
    assert len(path_of(Path(), name).name) <= FILE_NAME_MAX
    assert name_of(path_of(Path(), name)) == name


async def test_a_long_name_that_is_taken_does_not_prevent_a_restore(library: Workflows) -> None:
    longest = "é" * 39
    await library.put(longest, Workflow(description="deleted"))
    await library.delete(longest)
    await library.put(longest, Workflow(description="new"))
    restored = await library.restore_deleted(longest)
    assert (await library.get(restored)).description == "deleted"
    assert (await library.get(longest)).description == "new"


async def break_after_two_versions(library: Workflows, folder: Path) -> None:
    """The workflow `house`, saved twice, then overwritten by a file that is no workflow."""
    await library.put("house", Workflow(description="first"))
    await library.put("house", Workflow(description="second"))
    (folder / "house.json").write_text("{", encoding="utf-8")


async def test_a_version_that_is_no_workflow_hides_no_other(
    library: Workflows, tmp_path: Path
) -> None:
    await break_after_two_versions(library, tmp_path)
    await library.put("house", Workflow(description="third"))
    [first] = await library.versions("house")
    assert (await library.version("house", first["id"])).description == "first"


async def test_a_file_that_another_program_broke_is_restored_from_a_version(
    library: Workflows, tmp_path: Path
) -> None:
    await break_after_two_versions(library, tmp_path)
    with pytest.raises(InvalidWorkflow):
        await library.get("house")
    [first] = await library.versions("house")
    await library.restore_version("house", first["id"])
    assert (await library.get("house")).description == "first"


async def leave_history(library: Workflows, folder: Path, name: str) -> None:
    """A history of `left`, whose file another program removed."""
    await library.put(name, Workflow(description="left"))
    await library.put(name, Workflow(description="removed"))
    (folder / f"{name}.json").unlink()


async def test_a_file_that_comes_back_has_its_versions_again(
    library: Workflows, tmp_path: Path
) -> None:
    await leave_history(library, tmp_path, "house")
    with pytest.raises(NotFound):
        await library.versions("house")
    await library.put("house", Workflow(description="back"))
    assert len(await library.versions("house")) == 1


@pytest.mark.parametrize("versions", [1, 2])
@pytest.mark.parametrize("way", ["rename", "duplicate", "restore"])
async def test_a_name_that_another_program_freed_brings_no_foreign_versions(
    library: Workflows, tmp_path: Path, way: str, versions: int
) -> None:
    await leave_history(library, tmp_path, "house 2")
    source = "house" if way == "restore" else "tree"
    for number in range(versions):
        await library.put(source, Workflow(description=f"{source} {number}"))
    if way == "rename":
        await library.rename(source, "house 2")
    elif way == "duplicate":
        await library.duplicate(source, "house 2")
    else:
        await library.delete(source)
        await library.put(source, Workflow())
        assert await library.restore_deleted(source) == "house 2"
    own = 0 if way == "duplicate" else versions - 1
    assert len(await library.versions("house 2")) == own
    [left] = await library.deleted()
    restored = await library.restore_deleted(left["name"], left["id"])
    assert (await library.get(restored)).description == "left", "its last version is in the trash"
