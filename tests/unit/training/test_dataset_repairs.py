"""`data validate --fix`: every repair on a copy, the original untouched; and the dry run."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import main
from core.errors import NotFound, StudioError
from core.settings import ROOT
from core.training.datasets.entries import scan
from core.training.datasets.importing import import_path
from core.training.datasets.limits import limits_of_side
from core.training.datasets.repairs import plan_repairs
from core.training.datasets.rules import RULES, check_entries
from core.training.datasets.sources import find_source
from core.training.datasets.versions import DatasetStore

LIMITS = replace(limits_of_side(128), min_images=1)


def bad_folder(folder: Path) -> Path:
    folder.mkdir()
    for number in range(5):
        Image.new("RGB", (64, 64 + number), (number, 0, 0)).save(folder / f"good {number}.png")
    Image.new("RGB", (64, 70)).save(folder / "old-car.bmp")
    (folder / "old-car.txt").write_text("an old car", encoding="utf-8")
    Image.new("RGB", (2000, 300)).save(folder / "wide_07.jpg")
    Image.new("RGB", (10, 10)).save(folder / "tiny.png")
    (folder / "broken.png").write_bytes(b"\x89PNG no image")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (90, 64)).save(folder / "turned.jpg", exif=exif)
    return folder


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
    }


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    return DatasetStore(tmp_path / "data" / "datasets")


def test_a_repaired_folder_is_a_copy_without_the_faults(
    store: DatasetStore, tmp_path: Path
) -> None:
    folder = bad_folder(tmp_path / "set")
    before = content(folder)
    source = find_source(str(folder), store, LIMITS)
    repairs = plan_repairs(source.entries, check_entries(source.entries, LIMITS), LIMITS)
    copy = Path(source.repair(repairs, LIMITS, None))
    assert content(folder) == before
    assert copy.name == "set-fixed"
    entries = {entry.name: entry for entry in scan(copy, LIMITS)}
    assert set(entries) == {
        *(f"good {n}.png" for n in range(5)),
        "old-car.png",
        "wide_07.jpg",
        "turned.jpg",
    }
    assert entries["old-car.png"].caption == "an old car"
    assert (entries["wide_07.jpg"].width, entries["wide_07.jpg"].caption) == (512, "wide")
    assert (entries["turned.jpg"].height, entries["turned.jpg"].turned) == (90, False)
    repairable = {rule.code for rule in RULES if rule.fix}
    assert not {f.code for f in check_entries(list(entries.values()), LIMITS)} & repairable


def test_a_stored_dataset_is_repaired_as_a_new_version(store: DatasetStore, tmp_path: Path) -> None:
    imported = import_path(store, store.create("set"), bad_folder(tmp_path / "set")).dataset
    source = find_source("set", store, LIMITS)
    repairs = plan_repairs(source.entries, check_entries(source.entries, LIMITS), LIMITS)
    assert source.repair(repairs, LIMITS, None) == "set, version 3"
    names = [image.name for image in store.version(store.get("set")).images]
    assert "tiny.png" not in names
    assert "old-car.png" in names
    assert len(store.version(imported, 2).images) == 10


def test_a_repair_says_what_it_does_in_words(tmp_path: Path) -> None:
    entries = scan(bad_folder(tmp_path / "set"), LIMITS)
    repairs = plan_repairs(entries, check_entries(entries, LIMITS), LIMITS, "a thing")
    assert {repair.name: repair.detail for repair in repairs if "good" not in repair.name} == {
        "broken.png": "is left out",
        "old-car.bmp": "is converted to PNG",
        "tiny.png": "is left out",
        "turned.jpg": "is stored upright, gets the caption 'a thing'",
        "wide_07.jpg": "is resized to 512 pixels, gets the caption 'a thing'",
    }


def data(tmp_path: Path, *arguments: str) -> Result:
    options = ["--data-dir", str(tmp_path / "data")]
    return CliRunner().invoke(main.app, ["data", *arguments, *options])


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QPYT_MODEL_DIRS", str(ROOT / "models"))


def test_the_command_reports_every_fault_with_its_remedy(tmp_path: Path) -> None:
    folder = bad_folder(tmp_path / "set")
    shown = data(tmp_path, "validate", str(folder))
    assert shown.exit_code == 1
    line = "error: tiny.png is 10 × 10; the shorter side needs 32 pixels."
    assert f"{line} Use a larger original, or remove it." in shown.output
    record = json.loads(data(tmp_path, "validate", str(folder), "--json").output)
    assert {fault["code"] for fault in record["faults"]} >= {"extension", "rotated", "huge"}


def test_a_dry_run_prints_the_repairs_and_writes_nothing(tmp_path: Path) -> None:
    folder = bad_folder(tmp_path / "set")
    before = content(tmp_path)
    shown = data(tmp_path, "validate", str(folder), "--fix", "--dry-run")
    assert "repair: tiny.png is left out" in shown.output
    assert content(tmp_path) == before


def test_the_command_repairs_a_copy_that_is_then_valid(tmp_path: Path) -> None:
    folder = bad_folder(tmp_path / "set")
    assert data(tmp_path, "validate", str(folder), "--fix").exit_code == 0
    assert data(tmp_path, "validate", str(tmp_path / "set-fixed")).exit_code == 0
    again = data(tmp_path, "validate", str(folder), "--fix")
    assert isinstance(again.exception, StudioError)
    assert "is not empty" in again.exception.detail


def test_a_dataset_is_imported_listed_restored_exported_and_deleted(tmp_path: Path) -> None:
    folder = bad_folder(tmp_path / "set")
    assert "set: 10 images, version 2" in data(tmp_path, "import", str(folder)).output
    assert data(tmp_path, "validate", "set", "--fix").exit_code == 0
    assert "set      8 images  version 3" in data(tmp_path, "list").output
    assert "version 4 has the images of version 2" in data(tmp_path, "restore", "set", "2").output
    changes = [v["change"] for v in json.loads(data(tmp_path, "versions", "set", "--json").output)]
    assert changes == ["Restored version 2", "Repaired", "Added 10 images of set", "Created"]
    out = tmp_path / "out"
    assert data(tmp_path, "export", "set", "--output", str(out), "--version", "3").exit_code == 0
    assert len(scan(out, LIMITS)) == 8
    deleted = data(tmp_path, "delete", "set").output
    dataset_id = deleted.split("data recover ")[1].split("`")[0]
    assert data(tmp_path, "list").output == ""
    assert "set is back" in data(tmp_path, "recover", dataset_id).output


def test_an_import_that_fails_leaves_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    failed = data(tmp_path, "import", str(tmp_path / "empty"))
    assert isinstance(failed.exception, StudioError)
    assert data(tmp_path, "list").output == data(tmp_path, "list", "--deleted").output == ""


def test_an_unknown_source_is_a_clear_error(tmp_path: Path) -> None:
    failed = data(tmp_path, "validate", "nowhere")
    assert isinstance(failed.exception, NotFound)
    assert failed.exception.detail == "There is no dataset 'nowhere'."
