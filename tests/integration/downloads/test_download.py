"""Downloads from a hub: complete or not in place, and never from the start twice."""

from __future__ import annotations

import json
import shutil
import struct
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from core.errors import DownloadFailed, StorageFull, StudioError
from core.models.inventory.download import RemoteFile, download, list_files
from tests.integration.downloads.hub import Hub, running_hub

BODY = bytes(range(256)) * 40_000  # 10 MB: more than the line's buffers hold


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running_hub() as result:
        result.files["owner/model/weights.bin"] = BODY
        # Other tests in this process may have asked the library to stay offline.
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "ENDPOINT", result.address)
        template = result.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield result


@pytest.fixture
def wanted(tmp_path: Path) -> RemoteFile:
    return RemoteFile("owner/model", "weights.bin", tmp_path / "models" / "weights.bin")


def silent(done: int, total: int) -> None:
    """Nobody watches."""


def test_a_file_arrives_whole_and_leaves_nothing_beside_it(hub: Hub, wanted: RemoteFile) -> None:
    reported: list[tuple[int, int]] = []
    download([wanted], lambda done, total: reported.append((done, total)))
    assert wanted.target.read_bytes() == BODY
    assert [path.name for path in wanted.target.parent.iterdir()] == ["weights.bin"]
    assert reported[0] == (0, len(BODY))
    assert reported[-1] == (len(BODY), len(BODY))
    assert reported == sorted(reported)


def test_a_broken_line_is_taken_up_where_it_broke(hub: Hub, wanted: RemoteFile) -> None:
    hub.cut_after = [3_000_000, 2_000_000]
    download([wanted], silent)
    assert wanted.target.read_bytes() == BODY
    ranges = hub.bodies()
    assert ranges[0] is None
    assert all(asked is not None for asked in ranges[1:])
    assert len(ranges) == 3


class Stop(Exception):
    pass


def test_what_a_stopped_download_brought_is_not_brought_again(hub: Hub, wanted: RemoteFile) -> None:
    def stop(done: int, total: int) -> None:
        if done > 4_000_000:
            raise Stop

    with pytest.raises(Stop):
        download([wanted], stop)
    assert not wanted.target.exists()
    kept = wanted.target.with_name("weights.bin.part").stat().st_size
    assert kept > 0
    hub.requests.clear()
    download([wanted], silent)
    assert wanted.target.read_bytes() == BODY
    assert hub.bodies() == [f"bytes={kept}-"]


def test_a_part_of_another_version_is_thrown_away(hub: Hub, wanted: RemoteFile) -> None:
    wanted.target.parent.mkdir(parents=True)
    wanted.target.with_name("weights.bin.part").write_bytes(b"old" * 1000)
    wanted.target.with_name("weights.bin.part.etag").write_text("another", encoding="utf-8")
    download([wanted], silent)
    assert wanted.target.read_bytes() == BODY


def test_a_complete_file_is_left_alone(hub: Hub, wanted: RemoteFile) -> None:
    download([wanted], silent)
    hub.requests.clear()
    download([wanted], silent)
    assert hub.bodies() == []


def test_a_damaged_file_never_takes_its_place(hub: Hub, wanted: RemoteFile) -> None:
    hub.damaged = True
    with pytest.raises(DownloadFailed, match="damaged"):
        download([wanted], silent)
    assert list(wanted.target.parent.iterdir()) == []


def test_weights_with_a_broken_header_are_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files["owner/model/bad.safetensors"] = struct.pack("<Q", 1 << 60) + b"{}"
    target = tmp_path / "bad.safetensors"
    with pytest.raises(StudioError):
        download([RemoteFile("owner/model", "bad.safetensors", target)], silent)
    assert not target.exists()


def test_good_weights_are_accepted(hub: Hub, tmp_path: Path) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    hub.files["owner/model/good.safetensors"] = struct.pack("<Q", len(header)) + header + bytes(4)
    target = tmp_path / "good.safetensors"
    download([RemoteFile("owner/model", "good.safetensors", target)], silent)
    assert target.is_file()


def test_a_gated_repository_says_where_to_accept_its_licence(hub: Hub, wanted: RemoteFile) -> None:
    hub.gated.add("owner/model/weights.bin")
    with pytest.raises(DownloadFailed) as caught:
        download([wanted], silent)
    assert "owner/model" in (caught.value.fix or "")
    assert "HF_TOKEN" in (caught.value.fix or "")


def test_the_token_is_sent_and_never_told(hub: Hub, wanted: RemoteFile) -> None:
    hub.gated.add("owner/model/weights.bin")
    download([wanted], silent, token="hf_secret")
    assert all(token == "Bearer hf_secret" for _, _, _, token in hub.requests)
    missing = RemoteFile("owner/model", "nothing.bin", wanted.target)
    with pytest.raises(DownloadFailed) as caught:
        download([missing], silent, token="hf_secret")
    assert "hf_secret" not in str(caught.value.record())


def test_a_file_that_the_hub_does_not_have_is_named(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match=r"nothing\.bin"):
        download([RemoteFile("owner/model", "nothing.bin", tmp_path / "x")], silent)


def test_too_small_a_disk_is_said_before_the_first_byte(
    hub: Hub, wanted: RemoteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    with pytest.raises(StorageFull):
        download([wanted], silent)
    assert hub.bodies() == []


def test_a_hub_that_is_not_there_leaves_a_way_out(wanted: RemoteFile, hub: Hub) -> None:
    hub.files.clear()
    with pytest.raises(DownloadFailed) as caught:
        download([wanted], silent)
    assert caught.value.fix


def test_the_files_of_a_repository_are_listed(hub: Hub) -> None:
    hub.files["owner/model/vae/config.json"] = b"{}"
    assert sorted(list_files("owner/model")) == ["vae/config.json", "weights.bin"]
    with pytest.raises(DownloadFailed, match="owner/another"):
        list_files("owner/another")
