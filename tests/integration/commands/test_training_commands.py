"""The commands `train`: presets, sentences for mistakes, and the list of a running server."""

from pathlib import Path

from typer.testing import CliRunner, Result

import main
from core.errors import StudioError
from tests.integration.process import Server
from tests.trainings import dataset


def invoked(*words: object) -> Result:
    return CliRunner().invoke(main.app, [*map(str, words)])


def test_presets_are_listed() -> None:
    listed = invoked("train", "presets")
    assert {line.split()[0] for line in listed.stdout.splitlines()} == {
        "character",
        "style",
        "concept",
        "sd15-mini",
    }


def test_a_mistake_is_a_sentence_with_key_and_value() -> None:
    wrong = invoked("train", "lora", "--data", "x", "--set", "lora.rnk=8")
    assert isinstance(wrong.exception, StudioError)
    assert "lora.rank" in wrong.exception.detail
    assert "--data" in invoked("train", "lora").output


def test_the_command_line_names_any_folder_of_its_user(studio: Server, tmp_path: Path) -> None:
    dataset(tmp_path, count=1)
    options = ["--data-dir", str(studio.data_dir)]
    refused = studio.http.post("/api/train_lora", json={"dataset": str(tmp_path)})
    assert refused.status_code == 403
    read = invoked("train", "lora", "--data", str(tmp_path), *options)
    assert isinstance(read.exception, StudioError)
    assert "The dataset has 1 images" in read.exception.detail


def test_a_dry_run_prints_memory_and_time_and_queues_nothing(
    studio: Server, tmp_path: Path
) -> None:
    folder = dataset(studio.data_dir / tmp_path.name / "robots")
    options = ["--data", folder, "--steps", 7, "--data-dir", studio.data_dir]
    before = studio.get("/api/training/runs")["total"]
    printed = invoked("train", "lora", *options, "--dry-run").stdout
    assert "base weights" in printed
    assert "for 7 steps" in printed
    assert studio.get("/api/training/runs")["total"] == before


def test_a_training_of_a_server_is_listed_and_shown(studio: Server, tmp_path: Path) -> None:
    folder = dataset(studio.data_dir / tmp_path.name / "robots")
    task_id = studio.submit("train_lora", dataset=str(folder), hold=True, max_steps=7)
    options = ["--data-dir", str(studio.data_dir)]
    assert task_id in invoked("train", "list", *options).stdout
    assert "7 steps on nano" in invoked("train", "show", task_id, *options).stdout


def test_captions_of_a_missing_network_name_the_command_that_downloads_it(tmp_path: Path) -> None:
    options = ["--data-dir", tmp_path / "data"]
    folder = dataset(tmp_path / "robots")
    (folder / "0.txt").unlink()
    assert invoked("data", "import", folder, *options).exit_code == 0
    refused = invoked("data", "caption", "robots", *options)
    assert isinstance(refused.exception, StudioError)
    assert "florence-2-base" in f"{refused.exception.detail} {refused.exception.fix}"


def test_augmented_images_are_written_to_a_folder(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "robots")
    output = tmp_path / "more"
    done = invoked("data", "augment", folder, "--samples", 3, "--output", output)
    assert done.stdout.strip() == f"{output}: 3 images"
    assert len(list(output.glob("*.txt"))) == 3
