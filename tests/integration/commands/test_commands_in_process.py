"""The command line inside the test's process: its output, its options and its mistakes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

import main
from core.cli.commands import add_operations
from core.cli.console import describe, save, texts, warn
from core.cli.options import assignment, settings_with
from core.errors import InvalidInput, InvalidWorkflow, ModelMissing, NotFound
from core.kinds import kind_of
from core.operations.declaration import registry
from core.operations.declaration.fields import port_fields
from core.settings import Settings
from core.studio import Picture, Studio, StudioTaskError, TaskResult
from core.version import VERSION
from tests.in_process import png, settings_in

OPERATIONS = [operation for operation in registry.load().operations() if operation.has_brick]


def in_folder(folder: Path) -> typer.Typer:
    """The commands of all operations, over a studio in a folder."""
    app = typer.Typer()
    app.callback()(lambda: None)
    add_operations(app, lambda **changes: settings_in(folder))
    return app


def invoked(app: typer.Typer, *words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def result_of(*images: Picture, **task: Any) -> TaskResult:
    return TaskResult({"outputs": [], "warnings": [], **task}, list(images))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_field_of_an_operation_is_an_argument_or_an_option(
    operation: Any, tmp_path: Path
) -> None:
    app = in_folder(tmp_path)
    callbacks = {command.name: command.callback for command in app.registered_commands}
    annotations = get_type_hints(callbacks[operation.name])
    command = typer.main.get_command(app)
    made = command.commands[operation.name]  # type: ignore[attr-defined]
    parameters = {parameter.name: parameter for parameter in made.params}
    loras = {"lora_paths", "lora_weights"} if "loras" in operation.model_fields else set()
    assert set(parameters) == {*operation.model_fields, *loras, "out", "data_dir"}
    ports = port_fields(operation).items()
    rasters = [name for name, port in ports if port.wired and kind_of(port.type).raster]
    for name, field in operation.model_fields.items():
        argument = field.is_required() or name in rasters[:1]
        assert parameters[name].required == field.is_required()
        assert (parameters[name].param_type_name == "argument") == argument
    for name, port in port_fields(operation).items():
        annotation = annotations[name]
        assert (annotation in (Path, list[Path], Path | None, list[Path] | None)) == kind_of(
            port.type
        ).raster
    assert made.help == operation.summary


def test_an_operation_without_a_brick_has_no_command_of_its_own(tmp_path: Path) -> None:
    command = typer.main.get_command(in_folder(tmp_path))
    without = {entry.name for entry in registry.load().operations() if not entry.has_brick}
    assert without
    assert without.isdisjoint(command.commands)  # type: ignore[attr-defined]


def test_a_command_prints_the_paths_of_its_images_and_saves_them(tmp_path: Path) -> None:
    out = tmp_path / "out"
    app = in_folder(tmp_path)
    for names in (["painting-0.png", "painting-1.png"], ["painting-0-2.png", "painting-1-2.png"]):
        done = invoked(app, "painting", "--count", 2, "--out", out)
        assert done.exit_code == 0, done.output
        assert done.stdout.splitlines() == [str(out / name) for name in names]
        assert done.stderr.count("warning: It is only paint.") == 1
        with Image.open(out / names[0]) as image:
            assert image.size == (16, 16)


def test_a_failed_task_is_the_error_of_its_command(tmp_path: Path) -> None:
    failed = invoked(in_folder(tmp_path), "crash")
    assert isinstance(failed.exception, StudioTaskError)
    assert failed.exception.detail == "The device has no room."


def test_a_word_that_is_no_number_is_a_mistake_of_the_call(tmp_path: Path) -> None:
    refused = invoked(in_folder(tmp_path), "painting", "--count", "many")
    assert refused.exit_code == 2
    assert "count" in refused.stderr


@pytest.fixture
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The commands of main.py over a studio in the test's folder."""
    monkeypatch.setattr(main, "settings_with", lambda **_: settings_in(tmp_path))
    monkeypatch.setattr(main, "glance_settings", lambda _: settings_in(tmp_path))


WALL = {
    "bricks": [
        {"id": "paint", "type": "painting", "props": {"count": 1}},
        {"id": "again", "type": "painting", "props": {"count": 1}},
    ]
}


@pytest.mark.usefixtures("own_settings")
def test_a_workflow_file_runs_with_inputs_and_from_a_brick(tmp_path: Path) -> None:
    file, out = tmp_path / "wall.json", tmp_path / "out"
    file.write_text(json.dumps(WALL), encoding="utf-8")
    done = invoked(main.app, "run", file, "--set", "again.count=2", "--from", "again", "--out", out)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [str(out / "again-0.png"), str(out / "again-1.png")]


@pytest.mark.usefixtures("own_settings")
def test_an_unknown_input_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    file = tmp_path / "wall.json"
    file.write_text(json.dumps(WALL), encoding="utf-8")
    refused = invoked(main.app, "run", file, "--set", "again.cuont=2")
    assert isinstance(refused.exception, InvalidWorkflow)
    assert refused.exception.fix == "Did you mean 'again.count'?"


@pytest.mark.usefixtures("own_settings")
def test_an_input_without_a_value_is_a_mistake_of_the_call(tmp_path: Path) -> None:
    refused = invoked(main.app, "run", "first-picture", "--set", "prompt")
    assert refused.exit_code == 2
    assert "brick.field=value" in refused.stderr


@pytest.mark.usefixtures("own_settings")
def test_a_workflow_of_no_known_name_is_not_found() -> None:
    assert isinstance(invoked(main.app, "run", "no such workflow").exception, NotFound)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a.b=1", 1), ("a.b=true", True), ("a.b=x=y", "x=y"), ("a.b=", ""), ('a.b=["c"]', ["c"])],
)
def test_an_input_is_json_or_text(text: str, value: Any) -> None:
    assert assignment(text) == ("a.b", value)


@pytest.mark.usefixtures("own_settings")
def test_the_state_of_the_studio_is_printed_as_json() -> None:
    done = invoked(main.app, "system", "status")
    assert {"version", "device", "queue", "workers"} <= set(json.loads(done.stdout))


def test_the_models_are_listed_as_json_with_their_ids() -> None:
    items = json.loads(invoked(main.app, "models", "list", "--json").stdout)
    assert "nano" in [item["id"] for item in items]
    assert all(item["label"] for item in items)


def test_a_file_that_is_no_model_is_named_and_a_missing_one_is_not_found(tmp_path: Path) -> None:
    file = tmp_path / "not-a-model.safetensors"
    file.write_bytes(b"x" * 100)
    checked = invoked(main.app, "models", "check", file)
    assert checked.exit_code == 1
    missing = invoked(main.app, "models", "check", tmp_path / "absent.safetensors")
    assert isinstance(missing.exception, NotFound)
    assert missing.exception.field == "file"


def test_the_settings_of_a_command_are_those_that_were_given() -> None:
    assert settings_with(port=1, host=None) == Settings(port=1)


RUNNING = {"status": "running", "progress": {"phase": "denoising", "step": 3, "steps": 8}}


@pytest.mark.parametrize(
    ("images", "text"), [(1, "denoising 3/8"), (4, "denoising 3/8, image 2 of 4")]
)
def test_progress_is_a_few_words(images: int, text: str) -> None:
    progress = {**RUNNING["progress"], "image": 2, "images": images}  # type: ignore[dict-item]
    assert describe({**RUNNING, "progress": progress}) == text
    assert describe({**RUNNING, "progress": None}) == "running"
    assert describe({**RUNNING, "status": "held"}) == "held"


def test_texts_of_a_result_are_its_values_that_are_texts() -> None:
    values: list[dict[str, Any]] = [{"value": "a"}, {"value": 1}, {"asset_id": "b"}, {"value": "c"}]
    assert texts(result_of(outputs=values)) == ["a", "c"]


def test_a_warning_names_its_field(capsys: pytest.CaptureFixture[str]) -> None:
    warn(result_of(warnings=[{"field": "seed", "detail": "Odd."}, {"field": None, "detail": "B."}]))
    assert capsys.readouterr() == ("", "warning: seed: Odd.\nwarning: B.\n")


def test_a_file_is_never_replaced_and_has_the_ending_of_its_kind(tmp_path: Path) -> None:
    image = Picture("id", png(), None)
    drawing = Picture("id", b"<svg/>", 7, "svg")
    names = [path.name for path in save(result_of(image, image, drawing), tmp_path, "house")]
    assert names == ["house.png", "house-2.png", "house-7.svg"]
    assert (tmp_path / "house-7.svg").read_bytes() == b"<svg/>"


def test_only_a_command_that_needs_them_makes_the_commands_of_operations() -> None:
    own = ["serve", "run", "bench", "system", "models", "tasks", "queue"]
    assert all(main.is_own_command([name, "--help"]) for name in own)
    assert main.is_own_command([])  # the server
    made = [operation.name for operation in OPERATIONS]
    assert not any(main.is_own_command([name]) for name in (*made, "--help", "unknown"))


@pytest.mark.usefixtures("own_settings")
def test_images_of_a_run_fill_its_input_images_in_their_order(tmp_path: Path) -> None:
    content = {"bricks": [{"id": name, "type": "image_input"} for name in ("first", "second")]}
    image = tmp_path / "red.png"
    image.write_bytes(png("red"))
    with Studio(settings_in(tmp_path)) as studio:
        inputs = main._image_inputs(content, [image], studio)
        assert set(inputs) == {"first.image"}
        asset = studio.call(studio.asynchronous.backend.file(inputs["first.image"]))
        assert asset == image.read_bytes()
        with pytest.raises(InvalidWorkflow, match="3 images are given, and the workflow has 2"):
            main._image_inputs(content, [image] * 3, studio)


@pytest.mark.parametrize("text", [b"{bad", b"\xff\xfe", b"[" * 100_000])
def test_a_workflow_file_that_is_no_json_is_named(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "wall.json"
    file.write_bytes(text)
    refused = invoked(main.app, "run", file)
    assert isinstance(refused.exception, InvalidWorkflow)
    assert str(file) in refused.exception.detail


@pytest.mark.parametrize("name", ["absent.json", "some/folder"])
def test_a_workflow_file_that_is_missing_is_not_found(name: str) -> None:
    refused = invoked(main.app, "run", name)
    assert isinstance(refused.exception, NotFound)
    assert name in refused.exception.detail


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    refused = invoked(in_folder(tmp_path), "painting", "--out", file)
    assert isinstance(refused.exception, InvalidInput)
    assert refused.exception.field == "--out"
    assert not (tmp_path / "data").exists()


def test_images_of_several_ports_are_named_by_port(tmp_path: Path) -> None:
    images = Picture("id", png(), None), Picture("id", png(), 7, port="mask")
    names = [path.name for path in save(result_of(*images), tmp_path, "rembg")]
    assert names == ["rembg-image.png", "rembg-mask-7.png"]


@pytest.fixture
def queue_commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The commands `tasks` and `queue` over a studio in the test's folder."""
    monkeypatch.setattr("core.cli.tasks.settings_with", lambda **_: settings_in(tmp_path))
    monkeypatch.setattr("core.cli.tasks.glance_settings", lambda _: settings_in(tmp_path))


@pytest.mark.usefixtures("queue_commands")
def test_tasks_are_listed_shown_saved_and_repeated(tmp_path: Path) -> None:
    assert invoked(in_folder(tmp_path), "painting", "--out", tmp_path).exit_code == 0
    invoked(in_folder(tmp_path), "crash")
    listed = invoked(main.app, "tasks", "list")
    crash, painting = [line.split() for line in listed.stdout.splitlines()]
    assert (painting[1:3], crash[1:3]) == (["completed", "painting"], ["failed", "crash"])
    assert "The device has no room." in " ".join(crash)
    only = invoked(main.app, "tasks", "list", "--status", "failed", "--operation", "crash")
    assert [line.split()[0] for line in only.stdout.splitlines()] == [crash[0]]
    shown = json.loads(invoked(main.app, "tasks", "show", painting[0]).stdout)
    assert shown["snapshot"]
    saved = invoked(main.app, "tasks", "wait", painting[0], "--out", tmp_path / "again")
    assert Path(saved.stdout.strip()).parent == tmp_path / "again"
    assert crash[0] in invoked(main.app, "tasks", "retry", crash[0]).stdout


@pytest.mark.usefixtures("queue_commands")
def test_an_empty_list_of_tasks_is_a_sentence() -> None:
    assert invoked(main.app, "tasks", "list").stdout == "There are no tasks.\n"
    filtered = invoked(main.app, "tasks", "list", "--status", "failed")
    assert filtered.stdout == "No task matches the filters.\n"
    assert json.loads(invoked(main.app, "tasks", "list", "--json").stdout) == []


@pytest.mark.usefixtures("queue_commands")
def test_the_queue_is_paused_resumed_and_cancelled(tmp_path: Path) -> None:
    assert invoked(main.app, "queue", "pause").stdout.startswith("paused: ")
    with Studio(settings_in(tmp_path)) as studio:
        first, *_ = [studio.submit("counting") for _ in range(3)]
    state = json.loads(invoked(main.app, "queue", "show", "--json").stdout)
    assert state["paused"]
    assert state["counts"]["pending"] == 3
    cancelled = invoked(main.app, "tasks", "cancel", first).stdout
    assert cancelled.split()[:2] == [first, "cancelled"]
    assert invoked(main.app, "tasks", "cancel", "--all").stdout == "2 cancelled\n"
    assert invoked(main.app, "queue", "resume").stdout.startswith("open: ")


def test_a_cancel_without_tasks_is_refused() -> None:
    refused = invoked(main.app, "tasks", "cancel")
    assert isinstance(refused.exception, InvalidInput)


def leaves(group: Any) -> Iterator[tuple[str, Any]]:
    """All commands of a group and its groups."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command)
        else:
            yield name, command


def test_every_command_of_a_studio_takes_its_data_directory() -> None:
    without = {
        name
        for name, command in leaves(typer.main.get_command(main.app))
        if "data_dir" not in {parameter.name for parameter in command.params}
    }
    assert without == {"bench", "check", "gpu"}  # they use no studio


def test_a_data_directory_before_the_command_holds_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    received: list[Any] = []

    def record(**changes: Any) -> Settings:
        received.append(changes["data_dir"])
        return settings_in(tmp_path)

    monkeypatch.setattr("core.cli.settings.settings_with", record)
    invoked(main.app, "--data-dir", tmp_path / "first", "system", "settings")
    invoked(main.app, "--data-dir", "first", "system", "settings", "--data-dir", "second")
    assert received == [tmp_path / "first", Path("second")]


def test_the_version_is_printed() -> None:
    assert VERSION in invoked(main.app, "--version").stdout


@pytest.mark.usefixtures("own_settings")
@pytest.mark.parametrize("bricks", [3, [3], [{"type": "image_input"}]])
def test_a_workflow_of_another_form_is_refused_with_images_too(tmp_path: Path, bricks: Any) -> None:
    file = tmp_path / "wall.json"
    file.write_text(json.dumps({"bricks": bricks}), encoding="utf-8")
    assert isinstance(invoked(main.app, "run", file, file).exception, InvalidWorkflow)


def test_a_missing_model_comes_with_the_command_that_downloads_it(tmp_path: Path) -> None:
    refused = invoked(in_folder(tmp_path), "generate", "a house", "--model", "flux2-klein-4b")
    assert isinstance(refused.exception, ModelMissing)
    assert "main.py models pull flux2-klein-4b" in (refused.exception.fix or "")
