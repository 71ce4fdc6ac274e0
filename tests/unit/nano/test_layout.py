"""The layout network: its samples, its loss, its file and its measurement."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from core.engine.auxiliary.layout import LayoutNetwork
from core.errors import ModelBroken
from core.settings import ROOT
from tools.nano import layout_evaluation, layout_training
from tools.nano.drawing.parts import CLASSES
from tools.nano.layout import ADE20K, Layout, build, export, load, read, to_pixels
from tools.nano.layout_samples import before, sample
from tools.nano.layout_training import FILE, Batch, layout_loss, sample_batch
from tools.nano.parallel import Group
from tools.nano.render import render
from tools.nano.scene import Scene

CAT = Scene("object", "cat", 1, color="orange", background="teal", size="large")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exported file of a network that never learnt."""
    pytest.importorskip("onnx")
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("layout") / "layout.onnx"
    export(build().eval(), path)
    return path


def test_samples_repeat_and_their_truth_fits_the_drawing() -> None:
    for seed in range(20):
        drawing = sample(random.Random(seed), 64)
        images = (drawing.image, drawing.mask, drawing.parts, drawing.depth)
        assert {image.size for image in images} == {(64, 64)}
        assert np.asarray(drawing.parts).max() < len(CLASSES)
    again = sample(random.Random(19), 64)
    assert (again.image.tobytes(), again.parts.tobytes()) == (
        drawing.image.tobytes(),
        drawing.parts.tobytes(),
    )


def test_another_background_is_far_and_no_part_of_the_drawing() -> None:
    drawing = before(render(CAT), np.random.default_rng(1))
    outside = np.asarray(drawing.mask) < 10
    assert not np.asarray(drawing.parts)[outside].any()
    assert not np.asarray(drawing.depth)[outside].any()


def test_the_right_layout_has_the_smaller_loss() -> None:
    batch = sample_batch(random.Random(1), 2, 64)
    logits = torch.nn.functional.one_hot(batch.parts, len(CLASSES)).permute(0, 3, 1, 2) * 20.0
    weights = torch.ones(len(CLASSES))
    assert float(layout_loss(Layout(logits, batch.depth), batch, weights)) < 0.01
    wrong = Batch(batch.pictures, batch.parts, 1 - batch.depth)
    assert float(layout_loss(Layout(-logits, batch.depth), wrong, weights)) > 1


def test_every_part_has_a_class_of_ade20k_of_its_own() -> None:
    assert tuple(ADE20K) == CLASSES
    assert len({*ADE20K.values()}) == len(CLASSES)


def test_a_finished_network_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout_training, "BATCH", 1)
    monkeypatch.setattr(layout_training, "CALM_BATCHES", 2)
    layout_training.train(Group(), tmp_path, 1e-6)
    assert not load(tmp_path / FILE).training


def test_the_file_answers_what_the_network_does(file: Path) -> None:
    torch.manual_seed(0)
    picture = render(CAT, 192, 192).image
    with torch.no_grad():
        expected = read(build().eval(), to_pixels(picture)[None])
    network = LayoutNetwork.load(file, "cpu")
    assert tuple(network.labels) == CLASSES
    classes = np.array([ADE20K[name] for name in CLASSES])[expected.parts[0].argmax(0)]
    assert (network.classes(picture) == classes).mean() > 0.99
    assert network.depth(picture).getextrema() == ((0, 255),) * 3


def test_an_image_of_another_shape_keeps_its_size(file: Path) -> None:
    network = LayoutNetwork.load(file, "cpu")
    picture = render(CAT, 200, 128).image
    assert network.classes(picture).shape == (128, 200)
    assert network.depth(picture).size == (200, 128)


def test_another_onnx_file_is_refused(tmp_path: Path) -> None:
    other = ROOT / "models" / "nano" / "cutout.onnx"
    with pytest.raises(ModelBroken):
        LayoutNetwork.load(other, "cpu")
    (tmp_path / "none.onnx").write_bytes(b"\x08" * 2000)
    with pytest.raises(ModelBroken):
        LayoutNetwork.load(tmp_path / "none.onnx", "cpu")


def test_parts_and_depth_are_measured_and_shown(file: Path, tmp_path: Path) -> None:
    report = layout_evaluation.evaluate(file, tmp_path, 2)
    assert set(report) == {"pixels", "mean_iou", "depth_correlation", "iou"}
    assert (tmp_path / "layout.png").exists()
