"""The machine over time: what is kept, what is listed, and what a reader survives."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.machine import history
from core.machine.gpus import GpuLoad, Gpus
from core.machine.history import History, downsample
from core.machine.sampler import Sampler

START = 1_800_000_000.0


def test_a_measurement_has_processor_memory_and_disk(tmp_path: Path) -> None:
    sampler = Sampler(tmp_path)
    values = sampler.read()
    assert {"cpu", "memory", "disk"} <= values.keys() == sampler.series.keys()
    for name, value in values.items():
        assert 0 <= value <= (sampler.series[name].maximum or 0)


def test_a_folder_that_is_away_leaves_the_other_measurements(tmp_path: Path) -> None:
    assert Sampler(tmp_path / "gone").read().keys() >= {"cpu", "memory"}


def test_minutes_outlive_the_memory_and_the_process(tmp_path: Path) -> None:
    file = tmp_path / "machine.jsonl"
    kept = History(file, capacity=5)
    for second in range(0, 600, 10):
        kept.add(START + second, {"cpu": float(second)})
    minutes = [point for point in kept.read(START, START + 600) if point[0] % 60 == 0]
    assert minutes[0] == (START, {"cpu": 25.0})
    assert len(kept.read(START + 555, START + 600)) == 4
    assert len(History(file, 5).read(START, START + 600)) == 9


def test_the_file_of_minutes_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FILE_BYTES", 1000)
    file = tmp_path / "machine.jsonl"
    kept = History(file, capacity=5)
    for minute in range(200):
        kept.add(START + 60 * minute, {"cpu": 1.0})
    assert file.stat().st_size < 1100
    assert history._parse(file.read_text(encoding="utf-8").splitlines()[-1])[0] == START + 198 * 60  # type: ignore[index]


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"t": "x"}', '{"cpu": 1}', '{"t": 1, "cpu": []}']
)
def test_a_broken_line_is_left_out(text: str, tmp_path: Path) -> None:
    file = tmp_path / "machine.jsonl"
    file.write_text(f'{text}\n{{"t": {START}, "cpu": 2}}\n', encoding="utf-8")
    assert History(file, 5).read(START - 60, START + 60) == [(START, {"cpu": 2.0})]


def test_a_full_disk_keeps_the_measurements_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    kept = History(tmp_path / "file" / "machine.jsonl", capacity=9)
    for second in (0, 70, 140):
        kept.add(START + second, {"cpu": 1.0})
    assert len(kept.read(START, START + 600)) == 3


@given(st.lists(st.tuples(st.floats(0, 99.9), st.floats(0, 100)), max_size=40), st.integers(2, 30))
def test_intervals_hold_the_mean_between_the_lowest_and_the_highest(
    values: list[tuple[float, float]], count: int
) -> None:
    points = [(START + second, {"cpu": value}) for second, value in values]
    rows = downsample(points, START, START + 100, count)
    if not values:
        assert rows == {}
        return
    row = rows["cpu"]
    assert all(len(column) == count for column in row.values())
    measured = [cell for cell in zip(*row.values(), strict=True) if cell[0] is not None]
    assert all(low - 0.01 <= mean <= high + 0.01 for mean, low, high in measured)
    assert min(low for _, low, _ in measured) == min(value for _, value in values)
    assert max(high for *_, high in measured) == max(value for _, value in values)


def test_an_amd_gpu_is_read_from_its_files(tmp_path: Path) -> None:
    card = tmp_path / "card0" / "device"
    card.mkdir(parents=True)
    for name, text in (
        ("gpu_busy_percent", "37\n"),
        ("mem_info_vram_used", "1000\n"),
        ("mem_info_vram_total", "4000\n"),
    ):
        (card / name).write_text(text, encoding="ascii")
    gpus = Gpus(tmp_path)
    assert gpus.read()[-1] == GpuLoad(37.0, 1000, 4000)
    (card / "mem_info_vram_used").write_text("asleep", encoding="ascii")
    assert GpuLoad(37.0, 1000, 4000) not in gpus.read()
