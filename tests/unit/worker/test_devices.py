"""The lanes of this machine, and the accelerator that each worker sees."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.settings import Settings
from core.worker.local_executor import lanes_of
from core.worker.process import VISIBLE_DEVICES, environment
from core.worker.protocol import Hello
from core.worker.worker_settings import WorkerSettings


def hello(lane: str, device: int | None, tmp_path: Path, **changes: Any) -> Hello:
    settings = Settings(data_dir=tmp_path, _env_file=None, **changes)
    return Hello(lane=lane, device=device, settings=WorkerSettings.of(settings))


def test_there_is_one_device_worker_unless_more_devices_are_named(tmp_path: Path) -> None:
    alone = lanes_of(Settings(data_dir=tmp_path, _env_file=None))
    assert [lane.slots for lane in alone if lane.name == "device"] == [(0,)]
    several = lanes_of(Settings(data_dir=tmp_path, devices="0, 2", _env_file=None))
    assert [lane.slots for lane in several if lane.name == "device"] == [(0, 2)]


def test_other_lanes_have_no_device(tmp_path: Path) -> None:
    lanes = lanes_of(Settings(data_dir=tmp_path, cpu_workers=2, _env_file=None))
    assert {lane.name: lane.slots for lane in lanes if not lane.devices} == {
        "cpu": (None, None),
        "io": (None, None),
    }


@pytest.mark.parametrize("devices", ["", "0,0", "-1", "first"])
def test_devices_that_are_no_list_of_indices_are_refused(tmp_path: Path, devices: str) -> None:
    with pytest.raises(ValidationError, match="devices"):
        Settings(data_dir=tmp_path, devices=devices, _env_file=None)


def test_one_index_needs_no_list(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path, devices=1, _env_file=None).devices == (1,)


@pytest.mark.parametrize(
    ("device", "inherited", "visible"),
    [
        (0, None, "0"),
        (1, None, "1"),
        (0, "3,5", "3"),
        (1, "3, 5", "5"),
        (1, "GPU-a,GPU-b", "GPU-b"),
        (2, "3,5", ""),
        (0, "", ""),
        (None, "3,5", ""),
        (None, None, ""),
    ],
)
def test_a_worker_sees_the_device_of_its_index_among_the_inherited_ones(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    device: int | None,
    inherited: str | None,
    visible: str,
) -> None:
    monkeypatch.delenv(VISIBLE_DEVICES, raising=False)
    if inherited is not None:
        monkeypatch.setenv(VISIBLE_DEVICES, inherited)
    lane = "cpu" if device is None else "device"
    assert environment(hello(lane, device, tmp_path))[VISIBLE_DEVICES] == visible


def test_only_the_io_lane_may_use_the_network(tmp_path: Path) -> None:
    assert "HF_HUB_OFFLINE" in environment(hello("cpu", None, tmp_path))
    assert "HF_HUB_OFFLINE" not in environment(hello("io", None, tmp_path))
    assert "HF_HUB_OFFLINE" in environment(hello("io", None, tmp_path, offline=True))
