"""A training without a worker: a context that keeps what is logged, and a command that is killed.

`python -m tests.integration.engine.training_runs FOLDER WHEN [FOLDER WHEN …]` trains in each FOLDER
in a process that kills itself: WHEN is `step N`, or `save N`, in the middle of the Nth write of the
state. It prints how each ended; the libraries are imported once for all.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from PIL import Image

from core.engine.training import state
from core.engine.training.run import TrainingRun
from core.training.configuration.merging import merged
from core.training.configuration.schema import parse
from core.training.datasets.folder import read_folder
from core.training.datasets.limits import limits_of_side
from core.training.plan import plan_of
from tests.integration.engine.stand_in import loaded

CONFIG: dict[str, Any] = {
    "model": {"dtype": "float32"},
    "lora": {"rank": 4, "target_modules": "blocks", "dropout": 0.1},
    "training": {
        "max_steps": 8,
        "batch_size": 2,
        "learning_rate": 1e-2,
        "warmup_steps": 2,
        "ema_decay": 0.9,
    },
    "data": {"resolution": [64], "prior_share": 0.5, "prior_images": 4, "caption_dropout": 0.3},
    "validation": {"share": 0.3, "frequency": 4, "sample_frequency": 0},
    "output": {"checkpoint_every_n_steps": 2, "name": "robot", "dtype": "float32"},
}
CONFIG["data"]["prior_prompts"] = ["a red house", "two cats"]


class SteppedAside(BaseException):
    """Ends a run that yields."""


class Recorded:
    """A context of a training; `yields` are the numbers of the progress reports that yield."""

    task_id = "T"
    cancelled = False

    def __init__(self, root: Path, yields: tuple[int, ...] = ()) -> None:
        self.run_folder, self.cache_folder = root / "run", root / "cache"
        self.folder = root / "work"
        for path in (self.run_folder, self.cache_folder, self.folder):
            path.mkdir(parents=True, exist_ok=True)
        self.run_log = self
        self.logged: dict[tuple[str, int], float] = {}
        self.files: dict[tuple[str, int, int], bytes] = {}
        self.phases: list[str] = []
        self.warnings: list[str] = []
        self._yields = yields

    def progress(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        self.phases.append(phase)

    def metric(self, name: str, value: float, step: int) -> None:
        pass

    def should_yield(self) -> bool:
        return len(self.phases) in self._yields

    def checkpoint(self, path: Path) -> NoReturn:
        raise SteppedAside

    def warn(self, code: str, detail: str, field: str | None = None) -> None:
        self.warnings.append(f"{code}: {detail}")

    def values(self, step: int, values: Mapping[str, float]) -> None:
        self.logged |= {(name, step): value for name, value in values.items()}

    def file(
        self,
        kind: str,
        step: int,
        data: bytes,
        *,
        media_type: str,
        index: int = 0,
        facts: Mapping[str, Any] = {},
    ) -> None:
        self.files[kind, step, index] = data

    def drop(self, kind: str, step: int) -> None:
        del self.files[kind, step, 0]

    def flush(self) -> None:
        pass

    @property
    def losses(self) -> dict[int, str]:
        """The loss of every step, to the last bit."""
        return {step: value.hex() for (name, step), value in self.logged.items() if name == "loss"}


def dataset(root: Path, count: int = 5) -> Path:
    """A folder of noisy images with captions."""
    folder = root / "images"
    if not folder.exists():
        folder.mkdir(parents=True)
        for number in range(count):
            small = np.random.default_rng(number).integers(0, 255, (4, 4, 3), np.uint8)
            image = Image.fromarray(small).resize((64, 80))
            image.save(folder / f"{number}.png")
            text = f"a robot of colour {number}"
            (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def make_run(root: Path, context: Recorded, model: Any = None, **sections: Any) -> TrainingRun:
    """A run in a folder; what an earlier one left there is used."""
    model = model or loaded("klein")
    config = parse(merged(CONFIG, sections))
    folder = read_folder(dataset(root), limits_of_side(64))
    plan = {**plan_of(config, model.model, folder).public(), "created_at": "2026-01-31"}
    return TrainingRun(context, model, config, folder, plan)


def kill() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")


def kill_in_write(number: int) -> None:
    """Kill this process in the middle of the write of a state, counted from 1."""
    write, writes = state.save_file, []

    def half(tensors: Any, path: Path, metadata: Any) -> None:
        writes.append(path)
        write(tensors, path, metadata)
        if len(writes) == number:
            os.truncate(path, path.stat().st_size // 2)
            kill()

    state.save_file = half


class Killed(Recorded):
    """A context that kills the process when a step begins."""

    def __init__(self, root: Path, step: int) -> None:
        super().__init__(root)
        self.step = step

    def progress(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
        if (phase, step) == ("training", self.step):
            kill()
        super().progress(phase, step=step, steps=steps)


def main(root: Path, when: str, number: int) -> None:
    if when == "save":
        kill_in_write(number)
    context = Killed(root, number) if when == "step" else Recorded(root)
    make_run(root, context).train()


def end_of(root: str, when: str, number: str) -> int:
    """The exit code of a training in a process of its own; minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        main(Path(root), when, int(number))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    words = sys.argv[1:]
    for place in range(0, len(words), 3):
        print(end_of(*words[place : place + 3]), flush=True)
