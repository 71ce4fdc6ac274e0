"""The output folder: files are whole, inside it, and never over an existing file."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import Refused, StorageUnavailable
from core.store.outputs import OutputFolder


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_file_is_written_into_folders_that_are_made(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "out")
    assert folder.save(["day", "owl"], "png", b"x") == "day/owl.png"
    assert (tmp_path / "out/day/owl.png").read_bytes() == b"x"
    assert everything(tmp_path) == ["out/day/owl.png"]


def test_a_taken_name_gets_a_number_and_nothing_is_written_over(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda n: folder.save(["a"], "png", b"%d" % n), range(24)))
    assert len(set(saved)) == 24
    assert {(tmp_path / name).read_bytes() for name in saved} == {b"%d" % n for n in range(24)}
    assert len(everything(tmp_path)) == 24


def test_without_links_on_the_file_system_names_are_still_taken_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", no_links)
    folder = OutputFolder(tmp_path)
    assert [folder.save(["a"], "png", b"%d" % n) for n in range(2)] == ["a.png", "a-2.png"]
    assert (tmp_path / "a-2.png").read_bytes() == b"1"
    assert everything(tmp_path) == ["a-2.png", "a.png"]


@pytest.mark.parametrize("parts", [[], [".."], ["..", "a"], ["a/b"], ["/a"], ["a", ""], ["C:a"]])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, parts: list[str]) -> None:
    with pytest.raises(Refused):
        OutputFolder(tmp_path / "out").save(parts, "png", b"x")
    assert everything(tmp_path) == []


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/precious.png").write_bytes(b"mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "day").symlink_to(tmp_path / "elsewhere")
    (out / "owl.png").symlink_to(tmp_path / "elsewhere/precious.png")
    with pytest.raises(Refused, match="link"):
        OutputFolder(out).save(["day", "owl"], "png", b"x")
    assert OutputFolder(out).save(["owl"], "png", b"x") == "owl-2.png"
    assert everything(tmp_path / "elsewhere") == ["precious.png"]
    assert (tmp_path / "elsewhere/precious.png").read_bytes() == b"mine"


def test_a_folder_that_cannot_be_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "day").write_bytes(b"a file")
    with pytest.raises(StorageUnavailable):
        OutputFolder(tmp_path).save(["day", "owl"], "png", b"x")
    assert everything(tmp_path) == ["day"]


def test_a_second_attempt_keeps_the_name_and_the_file_of_the_first(tmp_path: Path) -> None:
    folder, record = OutputFolder(tmp_path / "out"), tmp_path / "saved" / "task-1.json"
    first = folder.save(["day", "12-00"], "png", b"x", record)
    assert folder.save(["day", "12-01"], "png", b"x", record) == first
    assert everything(tmp_path / "out") == ["day/12-00.png"]


def test_a_name_that_was_recorded_but_never_written_is_used(tmp_path: Path) -> None:
    folder, record = OutputFolder(tmp_path / "out"), tmp_path / "saved" / "task-1.json"
    first = folder.save(["12-00"], "png", b"x", record)
    (tmp_path / "out" / first).unlink()
    assert folder.save(["12-01"], "png", b"x", record) == first


def test_another_file_under_the_recorded_name_is_not_written_over(tmp_path: Path) -> None:
    folder, record = OutputFolder(tmp_path / "out"), tmp_path / "saved" / "task-1.json"
    first = folder.save(["owl"], "png", b"x", record)
    (tmp_path / "out" / first).write_bytes(b"mine")
    assert folder.save(["owl"], "png", b"x", record) == "owl-2.png"
    assert (tmp_path / "out" / first).read_bytes() == b"mine"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"path": "../x.png"}', '{"path": "/x.png"}'])
def test_a_damaged_record_is_ignored(tmp_path: Path, text: str) -> None:
    record = tmp_path / "task-1.json"
    record.write_text(text, encoding="utf-8")
    assert OutputFolder(tmp_path / "out").save(["owl"], "png", b"x", record) == "owl.png"


def test_the_sweep_removes_unfinished_files_and_records_of_ended_tasks(tmp_path: Path) -> None:
    out, records = tmp_path / "out", tmp_path / "saved"
    folder = OutputFolder(out)
    for task in ("old", "new"):
        folder.save(["day", task], "png", b"x", records / f"{task}-1.json")
    (out / "day" / ".0123456789abcdef.partial").write_bytes(b"half")
    folder.sweep(records, frozenset({"new"}), 0)
    assert everything(tmp_path) == ["out/day/new.png", "out/day/old.png", "saved/new-1.json"]


def test_a_name_that_the_file_system_cannot_write_is_refused_by_field(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot write") as caught:
        OutputFolder(tmp_path).save(["\ud800"], "png", b"x")
    assert caught.value.field == "file_name"
