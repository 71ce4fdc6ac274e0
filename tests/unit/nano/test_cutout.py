"""The background remover: its samples, its loss, its net and its exported file."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tools.nano import backdrops, cutout_evaluation, cutout_training
from tools.nano.cutout import MAX_BYTES, SIDE, Cutout, export, load, mask_of, prepare
from tools.nano.cutout_samples import cut, form, pasted, sample
from tools.nano.cutout_training import FILE, agreement, mask_loss, sample_batch
from tools.nano.parallel import Group
from tools.nano.render import render
from tools.nano.scene import Scene

CAT = Scene("object", "cat", 1, color="orange", background="teal", size="large")
WIDTHS = (8, 8, 8, 8, 8)


@pytest.mark.parametrize("draw", sorted({backdrop.__name__ for backdrop in backdrops.ALL}))
def test_backgrounds_are_colours(draw: Any) -> None:
    for seed in range(3):
        pixels = getattr(backdrops, draw)(np.random.default_rng(seed), 64)
        assert pixels.shape == (64, 64, 3)
        assert pixels.dtype == np.float32
        assert np.isfinite(pixels).all()


def test_a_mixed_background_is_in_range() -> None:
    for seed in range(20):
        pixels = backdrops.backdrop(np.random.default_rng(seed), 32)
        assert 0 <= pixels.min() <= pixels.max() <= 1


def test_samples_repeat_and_have_something_in_front() -> None:
    shares = []
    for seed in range(30):
        image, mask = sample(random.Random(seed), 64)
        assert image.size == mask.size == (64, 64)
        assert (image.mode, mask.mode) == ("RGB", "L")
        shares.append((np.asarray(mask) > 127).mean())
    assert np.mean(np.array(shares) > 0.01) > 0.9
    again = sample(random.Random(29), 64)
    assert again[0].tobytes() == image.tobytes()


def test_a_drawing_is_cut_out_where_its_mask_is() -> None:
    front, mask = cut(CAT, random.Random(1), 128)
    white = np.ones((128, 128, 3), np.float32)
    image = pasted(front, mask, white, np.random.default_rng(3))
    outside = np.asarray(image)[np.asarray(mask) == 0]
    assert outside.min() > 120  # white, or in shadow


def test_a_form_is_closed_and_not_everything() -> None:
    shares = [(np.asarray(form(np.random.default_rng(seed), 64)) > 127).mean() for seed in range(9)]
    assert 0 < min(shares) <= max(shares) < 0.9


def test_the_right_mask_has_the_smaller_loss() -> None:
    masks = torch.zeros(1, 1, 32, 32)
    masks[:, :, 8:24, 8:24] = 1
    right, wrong = (masks * 20 - 10), (10 - masks * 20)
    assert float(mask_loss(right, masks)) < 0.01
    assert float(mask_loss(wrong, masks)) > 1


def test_pictures_are_prepared_as_rembg_does() -> None:
    picture = render(CAT).image
    pixels = np.array(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)) / 255
    pixels = pixels * 255 / max(np.max(pixels * 255), 1e-6)
    expected = (pixels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    assert np.abs(prepare(picture).numpy() - expected.transpose(2, 0, 1)).max() < 1e-5


def test_agreement_is_the_share_of_the_union() -> None:
    first, other = Image.new("L", (10, 10)), Image.new("L", (10, 10))
    first.paste(255, (0, 0, 10, 5))
    other.paste(255, (0, 0, 10, 10))
    assert agreement([first, first], [first, other]) == [1.0, 0.5]


def test_batches_are_as_large_as_asked() -> None:
    pictures, masks = sample_batch(random.Random(1), 2, 64)
    assert pictures.shape == (2, 3, 64, 64)
    assert masks.shape == (2, 1, 64, 64)
    assert 0 <= float(masks.min()) <= float(masks.max()) <= 1


def test_the_mask_has_the_size_of_the_picture() -> None:
    cutout = Cutout(WIDTHS).eval()
    assert cutout(torch.zeros(1, 3, 64, 64)).shape == (1, 1, 64, 64)
    assert mask_of(cutout, Image.new("RGB", (100, 60))).size == (100, 60)


def test_a_finished_net_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutout_training, "BATCH", 1)
    monkeypatch.setattr(cutout_training, "CALM_BATCHES", 2)
    cutout_training.train(Group(), tmp_path, 1e-6)
    net = load(tmp_path / FILE)
    assert not net.training
    assert 4 * sum(parameter.numel() for parameter in net.parameters()) < MAX_BYTES


def test_the_exported_file_answers_what_the_net_does(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    net = Cutout(WIDTHS).eval()
    export(net, tmp_path / "cutout.onnx")
    session = runtime.InferenceSession(tmp_path / "cutout.onnx", providers=["CPUExecutionProvider"])
    picture = prepare(render(CAT).image)[None]
    answered = session.run(None, {session.get_inputs()[0].name: picture.numpy()})[0]
    with torch.no_grad():
        expected = torch.sigmoid(net(picture)).numpy()
    assert np.abs(answered - expected).max() < 1e-4


def test_every_kind_of_picture_is_measured_and_shown(tmp_path: Path) -> None:
    report = cutout_evaluation.evaluate(Cutout(WIDTHS).eval(), tmp_path, 2)
    assert set(report) == set(cutout_evaluation.KINDS)
    assert all(0 <= shares["mean"] <= 1 for shares in report.values())
    assert (tmp_path / "cutout.png").exists()
    first = next(cutout_evaluation.samples("drawings", 1))
    assert first[0].tobytes() == next(cutout_evaluation.samples("drawings", 1))[0].tobytes()
