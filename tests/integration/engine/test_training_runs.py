"""Whole trainings: they resume to the last bit after a kill, and their files work everywhere."""

import signal
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load, load_file

from core.engine.training import session as sessions
from core.engine.training.run import TrainingRun
from core.engine.training.session import Session
from core.errors import TaskFailure
from core.settings import ROOT
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import ONE_PER_FAMILY, loaded, model
from tests.integration.engine.tiny_models import tiny
from tests.integration.engine.training_runs import Recorded, SteppedAside, make_run


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recorded, dict[str, bytes]]:
    """A training that nothing interrupts, and its files."""
    root = tmp_path_factory.mktemp("straight")
    context = Recorded(root)
    run = make_run(root, context)
    assert run.train() == (8, "completed")
    return context, run.lora_files()


KILLS = (
    ("step", "5"),  # between two states, in the middle of an epoch
    ("save", "2"),  # half of the second state is written
)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The folders of trainings that were killed, by the moment."""
    folders = {when: tmp_path_factory.mktemp("killed") for when in KILLS}
    words = [word for when, folder in folders.items() for word in (str(folder), *when)]
    command = [sys.executable, "-m", "tests.integration.engine.training_runs", *words]
    ended = subprocess.run(
        command, cwd=ROOT, check=True, timeout=300, stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert [int(line) for line in ended.stdout.split()] == [-signal.SIGKILL] * len(KILLS)
    return folders


@pytest.mark.parametrize("when", KILLS, ids="-".join)
def test_a_killed_training_goes_on_to_the_same_bits(
    when: tuple[str, str],
    straight: tuple[Recorded, dict[str, bytes]],
    killed: dict[tuple[str, str], Path],
) -> None:
    context = Recorded(killed[when])
    run = make_run(killed[when], context)
    run.train()
    assert content(run.lora_files()) == content(straight[1])
    assert context.losses == straight[0].losses
    assert not {"encoding prompt", "drawing prior images"} & set(context.phases[20:])


@pytest.mark.parametrize("report", [4, 12, 22])
def test_a_training_that_steps_aside_goes_on_to_the_same_bits(
    report: int, straight: tuple[Recorded, dict[str, bytes]], tmp_path: Path
) -> None:
    with pytest.raises(SteppedAside):
        make_run(tmp_path, Recorded(tmp_path, yields=(report,))).train()
    context = Recorded(tmp_path)
    run = make_run(tmp_path, context)
    run.train()
    assert content(run.lora_files()) == content(straight[1])


def test_a_training_that_steps_aside_amid_samples_draws_them_later(
    straight: tuple[Recorded, dict[str, bytes]], tmp_path: Path
) -> None:
    class Asked(Recorded):
        def should_yield(self) -> bool:
            return self.phases[-1] == "drawing samples" and ("loss", 4) in self.logged

    validation = {"sample_frequency": 4, "prompts": ["a robot", "a red house"]}
    first, second = Asked(tmp_path), Recorded(tmp_path)
    with pytest.raises(SteppedAside):
        make_run(tmp_path, first, validation=validation).train()
    run = make_run(tmp_path, second, validation=validation)
    run.train()
    # Averaged weights were in place of those under training.
    assert content(run.lora_files()) == content(straight[1])
    files = {*first.files, *second.files}
    assert {("sample", step, index) for step in (0, 4, 8) for index in (0, 1)} < files
    assert ("checkpoint", 4, 0) in second.files


def test_a_training_that_ends_with_an_epoch_goes_on_to_the_same_bits(
    straight: tuple[Recorded, dict[str, bytes]], tmp_path: Path
) -> None:
    class Interrupted(Recorded):
        def progress(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
            if phase == "training" and step == run.rows._order.per_epoch:
                raise SteppedAside
            super().progress(phase, step=step, steps=steps)

    every_step = {"checkpoint_every_n_steps": 1, "checkpoints_limit": 100}
    run = make_run(tmp_path, Interrupted(tmp_path), output=every_step)
    with pytest.raises(SteppedAside):
        run.train()
    assert 0 < run.session.step == run.rows._order.per_epoch < run.steps
    again = make_run(tmp_path, Recorded(tmp_path), output=every_step)
    again.train()
    assert content(again.lora_files()) == content(straight[1])


def content(files: dict[str, bytes]) -> dict[str, Any]:
    """Tensors to the last bit; safetensors writes the names of its metadata in any order."""
    return {
        f"{layout} {name}": tensor.numpy().tobytes()
        for layout, data in files.items()
        for name, tensor in load(data).items()
    }


def test_a_training_that_steps_aside_marks_the_step(tmp_path: Path) -> None:
    context = Recorded(tmp_path, yields=(20,))
    with pytest.raises(SteppedAside):
        make_run(tmp_path, context).train()
    assert [name for name, _ in context.logged].count("yielded") == 1


def test_a_cancelled_training_keeps_its_last_step(tmp_path: Path) -> None:
    class Stopped(Recorded):
        def progress(self, phase: str, *, step: int = 0, steps: int = 0) -> None:
            if self.cancelled:
                raise SteppedAside
            super().progress(phase, step=step, steps=steps)
            self.cancelled = (phase, step) == ("training", 3)

    context = Stopped(tmp_path)
    with pytest.raises(SteppedAside):
        make_run(tmp_path, context).train()
    assert ("checkpoint", 3, 0) in context.files
    again = make_run(tmp_path, Recorded(tmp_path))
    assert again.train() == (8, "completed")


def test_yielding_can_be_switched_off(tmp_path: Path) -> None:
    context = Recorded(tmp_path, yields=tuple(range(100)))
    run = make_run(tmp_path, context, callbacks={"yield_to_images": False})
    assert run.train()[1] == "completed"


def test_phases_are_reported_from_the_first_moment(
    straight: tuple[Recorded, dict[str, bytes]],
) -> None:
    phases = list(dict.fromkeys(straight[0].phases))
    assert phases == [
        "encoding images",
        "encoding texts",
        "drawing prior images",
        "validating",
        "training",
    ]


def test_encodings_are_made_once(
    straight: tuple[Recorded, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = straight[0].cache_folder.parent
    run = make_run(root, Recorded(root))

    def encode(*_: Any) -> None:
        raise AssertionError("encoded again")

    for name in ("encode_image", "encode_text"):
        monkeypatch.setattr(f"core.engine.training.adapters.flux2.Adapter.{name}", encode)
    run._encode()
    assert len(run.rows.prior) == 4


def test_the_newest_checkpoints_and_the_best_are_kept(tmp_path: Path) -> None:
    context = Recorded(tmp_path)
    make_run(
        tmp_path, context, output={"checkpoints_limit": 2}, validation={"frequency": 2}
    ).train()
    steps = [step for kind, step, _ in context.files if kind == "checkpoint"]
    losses = {step: v for (name, step), v in context.logged.items() if name == "validation_loss"}
    best = min((step for step in losses if step), key=lambda step: (losses[step], step))
    assert set(steps) == {6, 8, best}


def test_a_loss_that_is_not_finite_stops_and_rolls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = sessions.loss_of

    def broken(predicted: Any, noised: Any, mask: Any) -> torch.Tensor:
        made = loss(predicted, noised, mask)
        return made * float("nan") if context.losses.get(5) and made.requires_grad else made

    monkeypatch.setattr(sessions, "loss_of", broken)
    context = Recorded(tmp_path)
    assert make_run(tmp_path, context).train() == (4, "diverged")
    assert "training_diverged" in context.warnings[0]
    assert ".png" in context.warnings[0]  # the images are named
    assert "step 4" in context.warnings[0]


def test_a_loss_that_is_not_finite_at_once_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "loss_of", lambda *_: torch.tensor([torch.nan]).requires_grad_())
    with pytest.raises(TaskFailure, match=r"\.png"):
        make_run(tmp_path, Recorded(tmp_path)).train()


def test_early_stopping_ends_a_training_that_no_longer_improves(tmp_path: Path) -> None:
    stop = {"early_stopping": {"enable": True, "patience": 1, "min_delta": 100.0}}
    run = make_run(tmp_path, Recorded(tmp_path), callbacks=stop, validation={"frequency": 1})
    assert run.train() == (2, "early stopping")


# Files


def drawn(model: Any, **more: Any) -> bytes:
    parameters = {"prompt": "a robot", "num_inference_steps": 3, "width": 64, "height": 64, **more}
    call = {**model.model.defaults("generate"), **parameters}
    image = model.draw("generate", call, seed=1, report=Steps())
    data: bytes = image.tobytes()
    return data


PLAIN = ("diffusers", "kohya", "bfl")


@pytest.mark.parametrize(
    ("name", "algorithm", "layouts"),
    [
        *((name, "lora", PLAIN) for name in ONE_PER_FAMILY if model(name).family.training),
        ("klein", "dora", PLAIN[:1]),
        ("klein", "lokr", PLAIN[:1]),
    ],
)
def test_every_layout_draws_the_picture_of_the_trained_network(
    name: str,
    algorithm: str,
    layouts: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The trained network draws after the training here, which needs the text encoder.
    monkeypatch.setattr(TrainingRun, "_release_encoders", lambda _: None)
    sections = {
        "lora": {"algorithm": algorithm, "rank": 4, "alpha": 2},
        "training": {"max_steps": 3, "learning_rate": 0.1, "ema_decay": 0.0},
        "output": {"layouts": list(layouts)},
        "data": {"prior_share": 0.0},
    }
    run = make_run(tmp_path, Recorded(tmp_path), loaded(name), **sections)
    run.train()
    files = run.lora_files()
    with run.session.evaluated():
        trained = pixels(drawn(run.loaded))
    fresh = loaded(name)
    base = drawn(fresh)
    assert int((trained - pixels(base)).abs().max()) > 3  # the LoRA has an effect
    for layout in layouts:
        path = tmp_path / f"{layout}.safetensors"
        path.write_bytes(files[layout])
        again = pixels(drawn(fresh, loras=[{"name": str(path), "weight": 1.0}]))
        assert int((again - trained).abs().max()) <= 1
    assert drawn(fresh) == base  # off: to the last byte
    matched = fresh._loras._loaded  # type: ignore[union-attr]
    assert len(matched) == len(layouts)
    assert all(lora.matched == lora.total for lora in matched.values())


def pixels(data: bytes) -> torch.Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8).int()


def test_diffusers_reads_the_file_with_its_scale(
    straight: tuple[Recorded, dict[str, bytes]], tmp_path: Path
) -> None:
    path = tmp_path / "robot.safetensors"
    path.write_bytes(straight[1]["diffusers"])
    pipe = tiny("klein")
    pipe.load_lora_weights(path, adapter_name="robot")
    layer = pipe.transformer.transformer_blocks[0].attn.to_q
    assert layer.scaling["robot"] == 1.0
    stored = load_file(path)
    key = "transformer.transformer_blocks.0.attn.to_q.lora_B.weight"
    torch.testing.assert_close(layer.lora_B["robot"].weight.detach(), stored[key])


def test_the_file_says_how_it_was_made(
    straight: tuple[Recorded, dict[str, bytes]], tmp_path: Path
) -> None:
    path = tmp_path / "robot.safetensors"
    path.write_bytes(straight[1]["diffusers"])
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    assert metadata["ss_network_dim"] == "4"
    assert metadata["ss_steps"] == "8"
    assert "lora_adapter_metadata" in metadata


class FakeWandb:
    """The package `wandb`, which keeps what it is given."""

    def __init__(self) -> None:
        self.started: dict[str, Any] = {}
        self.values: dict[int, dict[str, float]] = {}
        self.finished = False

    def init(self, **settings: Any) -> "FakeWandb":
        self.started = settings
        return self

    def log(self, values: dict[str, float], step: int) -> None:
        self.values.setdefault(step, {}).update(values)

    def finish(self) -> None:
        self.finished = True


def test_values_go_to_weights_and_biases_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    sections = {"logging": {"wandb": "offline"}, "training": {"max_steps": 2}}
    make_run(tmp_path, Recorded(tmp_path), **sections).train()
    assert (wandb.started["id"], wandb.started["mode"]) == ("T", "offline")
    assert wandb.started["dir"] == str(tmp_path / "run")
    assert "loss" in wandb.values[1]
    assert "validation_loss" in wandb.values[2]
    assert wandb.finished


@pytest.mark.parametrize(
    ("limit", "reason"),
    [({"max_minutes": 1e-9}, "time limit"), ({"max_memory_gb": 1e-3}, "memory limit")],
)
def test_a_limit_ends_a_training_with_the_step_that_passed_it(
    limit: dict[str, float], reason: str, tmp_path: Path
) -> None:
    sections = {"callbacks": limit, "data": {"prior_share": 0.0}}
    run = make_run(tmp_path, Recorded(tmp_path), **sections)
    assert run.train() == (1, reason)
    assert run.lora_files()


@pytest.mark.parametrize("samples", [0, 4])
def test_the_encoders_leave_memory_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: int
) -> None:
    model = loaded("klein")
    encoder, vae = (weakref.ref(getattr(model.pipeline, n)) for n in ("text_encoder", "vae"))
    alive: list[tuple[bool, bool]] = []
    step = Session.train_step

    def watched(session: Session, batches: Any) -> Any:
        alive.append((encoder() is not None, vae() is not None))
        return step(session, batches)

    monkeypatch.setattr(Session, "train_step", watched)
    context = Recorded(tmp_path)
    run = make_run(tmp_path, context, model, validation={"sample_frequency": samples})
    run.train()
    assert alive == [(False, samples > 0)] * 8  # samples are decoded by the VAE
    drawn = [step for kind, step, index in context.files if (kind, index) == ("sample", 0)]
    assert drawn == ([0, 4, 8] if samples else [])
