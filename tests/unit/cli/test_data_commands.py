"""The commands `data`: datasets by name, their versions, and imports that fail."""

from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from core.cli.data import complete_dataset, data
from tests.trainings import dataset


def invoke(folder: Path, *words: object) -> Result:
    """Run a command on the data directory of a test."""
    return CliRunner().invoke(data, [*map(str, words), "--data-dir", str(folder / "data")])


def test_an_imported_folder_is_a_dataset_with_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = dataset(tmp_path / "robots", count=2)
    assert invoke(tmp_path, "list").stdout == ""
    assert invoke(tmp_path, "import", folder).stdout == "robots: 2 images, version 2\n"
    dataset(folder, count=3)
    assert invoke(tmp_path, "import", folder).stdout.endswith("version 3\n")
    assert invoke(tmp_path, "restore", "robots", 2).exit_code == 0
    assert invoke(tmp_path, "list").stdout.split() == ["robots", "2", "images", "version", "4"]
    versions = invoke(tmp_path, "versions", "robots").stdout.splitlines()
    assert [line.split()[0] for line in versions] == ["4", "3", "2", "1"]
    monkeypatch.setenv("QPYT_DATA_DIR", str(tmp_path / "data"))
    assert (complete_dataset("ro"), complete_dataset("x")) == (["robots"], [])


def test_an_import_without_images_keeps_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert invoke(tmp_path, "import", tmp_path / "empty").exception is not None
    assert invoke(tmp_path, "list").stdout == ""
    assert invoke(tmp_path, "list", "--deleted").stdout == ""


def test_an_export_has_each_image_with_its_caption(tmp_path: Path) -> None:
    folder, target = dataset(tmp_path / "robots", count=2), tmp_path / "exported"
    assert invoke(tmp_path, "import", folder, "--name", "toys").exit_code == 0
    assert invoke(tmp_path, "export", "toys", "--output", target).exit_code == 0
    captions = sorted(path.read_text(encoding="utf-8").strip() for path in target.rglob("*.txt"))
    assert captions == ["a robot of colour 0", "a robot of colour 1"]
    assert len(list(target.rglob("*.png"))) == 2
