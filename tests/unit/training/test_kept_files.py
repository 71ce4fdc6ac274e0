"""Files of trainings are removed when nothing needs them any more."""

import os
from pathlib import Path

from core.training.kept_files import DAY, STATE, RunState, run_folders, sweep

NOW = 1_000 * DAY


def write(path: Path, days_ago: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (NOW - days_ago * DAY,) * 2)
    return path


def test_states_go_with_their_tasks_and_event_files_stay_with_them(tmp_path: Path) -> None:
    names = ("running", "completed", "failed", "old", "removed")
    states = {name: write(tmp_path / "runs" / name / STATE, 90) for name in names}
    events = {name: write(tmp_path / "runs" / name / "tensorboard" / "events") for name in names}
    tasks = {
        "running": RunState(False, None),
        "completed": RunState(True, NOW),
        "failed": RunState(False, NOW - 29 * DAY),
        "old": RunState(False, NOW - 31 * DAY),
    }
    assert sweep(tmp_path, run_folders(tmp_path), tasks, 30, NOW) == 4
    assert {name for name, path in states.items() if path.exists()} == {"running", "failed"}
    assert {name for name, path in events.items() if path.exists()} == set(tasks)
    assert not (tmp_path / "runs" / "removed").exists()


def test_encodings_that_nobody_used_for_long_are_removed(tmp_path: Path) -> None:
    used, unused = (
        write(tmp_path / "cache" / "a" / f"{days}.safetensors", days) for days in (1, 31)
    )
    assert sweep(tmp_path, (), {}, 30, NOW) == 1
    assert used.exists()
    assert not unused.exists()


def test_nothing_is_there_to_sweep(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none", run_folders(tmp_path), {}, 30, NOW) == 0
