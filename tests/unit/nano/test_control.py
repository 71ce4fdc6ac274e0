"""The control adapter's training: placed drawings, control images, steps, and the file."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.models.library.control_file import ControlFile
from core.models.library.item import of_file
from tools.nano import control_export, control_samples, control_training
from tools.nano.control_evaluation import unseen
from tools.nano.control_samples import Samples, restyled, sample_drawing
from tools.nano.parallel import Group
from tools.nano.placing import Placement, sample_placement, without_place
from tools.nano.sampling import Sampler
from tools.nano.scene import sample_scene
from tools.nano.training import Training

MODEL = Path("models/nano")


def dot() -> Image.Image:
    """A black dot left of the middle of a white sheet."""
    image = Image.new("RGB", (64, 64), "white")
    image.paste("black", (14, 30, 18, 34))
    return image


def middle(image: Image.Image) -> tuple[float, float]:
    """The middle (x, y) of what is dark."""
    rows, columns = np.nonzero(np.asarray(image.convert("L")) < 128)
    return float(columns.mean()), float(rows.mean())


@pytest.mark.parametrize(
    ("placement", "where"),
    [
        (Placement(), (15.5, 31.5)),
        (Placement(right=0.25, down=-0.125), (31.5, 23.5)),
        (Placement(mirrored=True), (47.5, 31.5)),
        (Placement(scale=0.5), (23.5, 31.5)),
        (Placement(angle=90), (31.5, 15.5)),
    ],
)
def test_a_drawing_moves_as_its_placement_says(
    placement: Placement, where: tuple[float, float]
) -> None:
    assert middle(placement.apply(dot())) == pytest.approx(where, abs=1.1)


def test_placements_suit_their_scenes() -> None:
    rng = random.Random(0)
    for _ in range(300):
        scene = sample_scene(rng)
        placement = sample_placement(scene, rng)
        assert not (scene.kind == "card" and placement.mirrored)
        if scene.kind == "building":  # nothing of the sheet stays free
            free = (placement.scale - 1) / 2
            assert placement.angle == 0
            assert max(abs(placement.right), abs(placement.down)) <= free + 1e-9
        assert not {"position", "size"} & set(without_place(scene).named)


def test_restyling_keeps_the_outline() -> None:
    rng = random.Random(1)
    for _ in range(100):
        scene = sample_scene(rng)
        other = restyled(scene, rng)
        for name in ("kind", "subject", "seed", "position", "size", "count", "second", "windows"):
            assert getattr(other, name) == getattr(scene, name)
    assert other != scene


def test_unseen_drawings_are_the_same_every_time_and_have_edges() -> None:
    first, second = unseen(2), unseen(2)
    assert [drawing.prompt for drawing in first] == [drawing.prompt for drawing in second]
    assert all(drawing.edges.getbbox() for drawing in first)
    rng = random.Random("control 0")
    seen = [sample_drawing(rng)[0].seed for _ in range(control_samples.PART)]
    assert not {drawing.scene.seed for drawing in first} & set(seen)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one small part."""
    folder = tmp_path_factory.mktemp("control") / "drawings"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(control_samples, "PART", 6)
        control_samples.fill(Group(), MODEL / "vae", folder, 6)
    return folder


def test_a_part_is_drawn_once_and_black_control_images_are_left_out(drawings: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in drawings.iterdir()}
    control_samples.fill(Group(), MODEL / "vae", drawings, 6)
    assert {path.name: path.stat().st_mtime_ns for path in drawings.iterdir()} == before
    samples = Samples.read(drawings)
    assert len(samples.scenes) == len(samples.tokens) == len(samples.controls) <= 6
    assert samples.controls.max(axis=(1, 2)).min() == 255, "thin lines are as bright as others"
    assert samples.tokens.shape[1:] == (64, 64)


def test_a_step_moves_the_adapter_alone_and_its_file_names_the_recipe(
    drawings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_training, "BATCH", 2)
    sampler = Sampler.from_folder(MODEL)
    adapter = control_training.build_adapter(sampler.model.transformer)
    before = {name: weight.clone() for name, weight in adapter.state_dict().items()}
    task = control_training.Guiding(Group(), sampler, adapter, Samples.read(drawings))
    base = {name: weight.clone() for name, weight in sampler.model.named().items()}
    folder = drawings.parent
    training = Training(Group(), task, control_training.recipe(1.0), folder / "training")
    assert torch.isfinite(training.advance().loss)
    training.save()
    assert all(torch.equal(base[name], w) for name, w in sampler.model.named().items())
    assert any(not torch.equal(before[name], w) for name, w in adapter.state_dict().items())

    control_export.export(folder, MODEL, folder)
    path = folder / control_export.FILE
    file = ControlFile("made", of_file(path, folder, ""))
    assert file.kind.id == "control-adapter-flux2"
    assert file.takes == ("canny", "scribble", "softedge", "lineart")
    metadata = file.weights[0].metadata
    assert metadata["steps"] == "1"
    assert json.loads(str(metadata["recipe"]))["rank"] == control_training.RANK
