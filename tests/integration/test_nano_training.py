"""The commands of the training, as real processes: two train together, are stopped, and go on."""

# ruff: noqa: E402 - what is tested needs torch, without which the file is skipped

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

torch = pytest.importorskip("torch")

from tests.unit.nano import tiny
from tools.nano.architecture import build_vae
from tools.nano.latents import GRIDS, PAIRS, SCENES, PoolRequest, write_part
from tools.nano.parallel import Group
from tools.nano.sampling import Sampler

ROOT = Path(__file__).resolve().parents[2]
NARROW = {**tiny.VAE, "latent_channels": 16}  # as many as the transformer of the command reads
PATIENCE = 300  # seconds; a training gives way to all other processes


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of the transformer's training: a tokenizer, a VAE and a few latents."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("work")
    tiny.write_tokenizer(path / "tokenizer")
    vae = build_vae(**NARROW).eval()
    vae.save_pretrained(path / "vae")
    for kind in (SCENES, PAIRS):
        write_part(Group(), vae, path / "latents", PoolRequest(GRIDS[0], kind, 4), 0, 4)
    return path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tools.nano", *arguments]


@contextmanager
def training(work: Path, minutes: float) -> Iterator[subprocess.Popen[str]]:
    """A training of two processes, which ends with the test."""
    options = ["--minutes", str(minutes), "--batch", "2", "--print-every", "1"]
    hardware = ["--processes", "2", "--device", "cpu", "--precision", "float32"]
    process = subprocess.Popen(
        command("transformer", "--work", str(work), *options, *hardware),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
        process.communicate()


def checkpoint(work: Path) -> dict[str, float]:
    newest = sorted((work / "transformer").glob("step-*"))[-1]
    state: dict[str, float] = json.loads((newest / "state.json").read_text(encoding="utf-8"))
    return state


@pytest.mark.timeout(900)  # six processes that import torch, on a machine that may be busy
def test_two_processes_train_are_stopped_go_on_and_the_model_is_exported(work: Path) -> None:
    with training(work, 10) as first:
        assert first.stdout is not None
        assert any(re.match(r"step 2 ", line) for line in first.stdout)
        first.send_signal(signal.SIGTERM)
        output, _ = first.communicate(timeout=PATIENCE)
    assert first.returncode == 0, output
    stopped = checkpoint(work)
    assert stopped["step"] >= 2

    with training(work, (stopped["seconds"] + 1) / 60) as second:
        output, _ = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, output
    assert f"continues after step {stopped['step']}" in output
    assert checkpoint(work)["step"] > stopped["step"]

    target = work / "model"
    export = command("export", "--work", str(work), "--to", str(target))
    subprocess.run(export, cwd=ROOT, check=True, timeout=PATIENCE, capture_output=True)
    drawn = Sampler.from_folder(target).draw(["a red house"], GRIDS[0], steps=1)
    assert drawn[0].size == (128, 128)
