"""The commands of saved workflows: they work on the files, with or without a studio."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import main
from core.errors import Conflict, InvalidWorkflow, NotFound
from core.workflows.workflow import parse
from tests.unit.workflows.comfy.graphs import UNKNOWN

WALL = {
    "name": "house",
    "description": "A house.",
    "bricks": [
        {"id": "p", "type": "prompt", "props": {"prompt": "a red house"}, "exposed": ["prompt"]},
        {"id": "g", "type": "generate", "column": 1},
    ],
    "wires": [{"from": "p.prompt", "to": "g.prompt"}],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of workflows of all commands, with one workflow."""
    monkeypatch.setenv("QPYT_WORKFLOWS_DIR", str(tmp_path))
    monkeypatch.setenv("QPYT_DATA_DIR", str(tmp_path / "data"))
    text = json.dumps(parse(WALL).json_data())
    (tmp_path / "house.json").write_text(text, encoding="utf-8")
    return tmp_path


def invoked(*words: str) -> Result:
    return CliRunner().invoke(main.app, ["workflows", *words])


def lines(*words: str) -> list[str]:
    result = invoked(*words)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.mark.usefixtures("folder")
def test_a_workflow_is_listed_shown_copied_renamed_and_tagged() -> None:
    assert lines("list")[0].split()[0] == "house"
    assert any(line.split()[:2] == ["first-picture", "preset"] for line in lines("list"))
    assert lines("duplicate", "house") == ["house 2"]
    assert lines("rename", "house 2", "castle") == ["castle"]
    assert lines("tag", "castle", "stone", "old") == ["stone old"]
    assert [line.split()[0] for line in lines("list", "--tag", "stone")] == ["castle"]
    assert json.loads(invoked("list", "red", "--json").stdout)["presets"] == []
    assert json.loads(invoked("show", "castle").stdout)["tags"] == ["stone", "old"]
    assert json.loads(invoked("show", "first-picture").stdout)["bricks"]
    assert isinstance(invoked("rename", "house", "castle").exception, Conflict)


@pytest.mark.usefixtures("folder")
def test_a_deleted_workflow_and_an_earlier_version_are_restored() -> None:
    lines("tag", "house", "first")
    lines("tag", "house", "second")
    assert len(lines("versions", "house")) == 2
    version = json.loads(invoked("versions", "house", "--json").stdout)[0]["id"]
    assert json.loads(invoked("show", "house", "--version", version).stdout)["tags"] == ["first"]
    assert lines("restore", "house", version) == ["house"]
    assert json.loads(invoked("show", "house").stdout)["tags"] == ["first"]
    lines("delete", "house")
    assert isinstance(invoked("versions", "house").exception, NotFound)
    assert lines("trash")[0].startswith("house  deleted")
    assert json.loads(invoked("trash", "--json").stdout)[0]["name"] == "house"
    assert lines("restore", "house") == ["house"]
    assert len(lines("versions", "house")) == 3


@pytest.mark.parametrize("name", ["house", "file"])
def test_the_inputs_of_a_workflow_are_listed_and_nothing_runs(folder: Path, name: str) -> None:
    workflow = str(folder / "house.json") if name == "file" else name
    result = CliRunner().invoke(main.app, ["run", workflow, "--inputs"])
    assert result.exit_code == 0, result.output
    printed = result.stdout.splitlines()
    assert printed[0] == "house: A house."
    exposed, others = printed.index("Exposed:"), printed.index("Others:")
    assert printed[exposed + 1] == '  --set p.prompt="a red house"  Prompt: Prompt'
    assert any(line.startswith("  --set g.num_inference_steps=null") for line in printed[others:])
    assert not any("g.prompt" in line for line in printed)  # a wire fills it
    assert not (folder / "data").exists()


def test_a_workflow_of_comfyui_is_imported_by_name_and_exported_again(folder: Path) -> None:
    file = folder / "flows" / "castle.json"
    file.parent.mkdir()
    file.write_text(json.dumps(UNKNOWN), encoding="utf-8")
    printed = lines("import", str(file))
    assert printed[0].startswith("castle: ")
    assert "1 unmapped" in printed[1]
    assert any("waits for a brick for GlowEffect" in line for line in printed)
    assert any("no model 'dream'" in line for line in printed)
    assert lines("import", str(file))[0].startswith("castle 2: ")
    assert (folder / "castle 2.json").is_file()
    exported = folder / "flows" / "again.json"
    assert invoked("export", "castle", "--out", str(exported)).exit_code == 0
    wall = folder / "flows" / "wall.json"
    assert lines("import", str(exported), "--out", str(wall))
    bricks = json.loads(wall.read_text(encoding="utf-8"))["bricks"]
    assert "generate" in {brick["type"] for brick in bricks}
    assert "KSampler" in invoked("export", "castle").stdout


@pytest.mark.parametrize("content", ["{", '{"1": {"class_type": 3}}', "not an image"])
def test_a_file_that_is_no_workflow_is_refused(folder: Path, content: str) -> None:
    file = folder / "flows.txt"
    file.write_text(content, encoding="utf-8")
    assert isinstance(invoked("import", str(file)).exception, InvalidWorkflow)
    assert isinstance(invoked("import", str(folder / "none.json")).exception, NotFound)
