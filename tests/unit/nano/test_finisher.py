"""The finisher: its network, its file, the pairs that it learns from, and its training."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from tests.unit.nano import tiny
from tools.nano import finisher, finisher_pairs, finisher_training
from tools.nano.finisher import MAX_BYTES, SCALE, Finisher
from tools.nano.finisher_evaluation import measure
from tools.nano.finisher_training import CROP, FILE, Crops, degraded, loss
from tools.nano.parallel import Group
from tools.nano.render import render
from tools.nano.sampling import Sampler
from tools.nano.scene import Scene

CAT = Scene("object", "cat", 1, color="orange", background="teal", size="large")
SMALL = 8, (8, 8, 8)  # channels
EDGE = 12  # pixels beside an edge, where Pillow's interpolation has another border


def pixels(picture: Image.Image) -> torch.Tensor:
    """[1, 3, height, width] in 0..1."""
    return torch.tensor(np.asarray(picture)).permute(2, 0, 1)[None].float() / 255


def random_finisher() -> Finisher:
    """A small network that changes what it reads."""
    torch.manual_seed(2)
    network = Finisher(*SMALL).eval()
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(0.1 * torch.randn_like(weights))
    return network


def fill(folder: Path, kinds: tuple[str, ...] = ("drawn", "generic")) -> Path:
    """Pools of two pairs each: drawings and their reductions."""
    high = np.stack([np.asarray(render(CAT, 512, 512).image)] * 2)
    low = np.stack([np.asarray(Image.fromarray(drawing).reduce(SCALE)) for drawing in high])
    folder.mkdir(parents=True)
    for kind in kinds:
        np.save(folder / f"{kind}-0_lo.npy", low)
        np.save(folder / f"{kind}-0_hi.npy", high)
    return folder


def test_without_changes_it_interpolates_as_pillow_does() -> None:
    network = Finisher(*SMALL)
    torch.nn.init.zeros_(network.propose.weight)
    torch.nn.init.zeros_(network.propose.bias)
    picture = render(CAT, 64, 64).image
    expected = pixels(picture.resize((256, 256), Image.Resampling.BICUBIC))
    with torch.no_grad():
        large = network(pixels(picture)).clamp(0, 1)
    apart = (large - expected)[..., EDGE:-EDGE, EDGE:-EDGE].abs()
    assert apart.max() < 4 / 255  # Pillow rounds twice


@pytest.mark.parametrize("size", [(64, 64), (40, 16)])
def test_the_exported_file_answers_what_the_network_does(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    runtime = pytest.importorskip("onnxruntime")
    network = random_finisher()
    finisher.export(network, tmp_path / "finisher.onnx")
    session = runtime.InferenceSession(tmp_path / "finisher.onnx")
    given = pixels(render(CAT, 64, 64).image.resize(size))
    answer = session.run(None, {session.get_inputs()[0].name: given.numpy()})[0]
    with torch.no_grad():
        expected = network(given).clamp(0, 1).numpy()
    assert answer.shape == (1, 3, SCALE * size[1], SCALE * size[0])
    assert np.abs(answer - expected).max() < 0.02  # weights in half precision


def test_the_whole_network_stays_small(tmp_path: Path) -> None:
    finisher.export(Finisher(), tmp_path / "finisher.onnx")
    assert (tmp_path / "finisher.onnx").stat().st_size <= MAX_BYTES


@pytest.mark.parametrize("kind", sorted(finisher_pairs.KINDS))
def test_pairs_are_drawn_again_from_the_same_seed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finisher_pairs, "LOW", 32)
    monkeypatch.setattr(finisher_pairs, "HIGH", 128)
    tiny.write_tokenizer(tmp_path / "tokenizer")
    sampler = Sampler.of(tiny.new_model(tmp_path / "tokenizer"), tiny.new_vae())
    for folder in (tmp_path / "first", tmp_path / "again"):
        finisher_pairs.write_pool(sampler, kind, 2, 3, folder)
    low, high = (np.load(tmp_path / "first" / f"{kind}-3_{side}.npy") for side in ("lo", "hi"))
    assert (low.shape, high.shape) == ((2, 32, 32, 3), (2, 128, 128, 3))
    assert low.any()
    assert high.any()
    assert np.array_equal(low, np.load(tmp_path / "again" / f"{kind}-3_lo.npy"))


def test_crops_show_the_same_place(tmp_path: Path) -> None:
    crops = Crops(fill(tmp_path / "pools"))
    low, high = crops.batch(random.Random(1), 12)
    assert low.shape == (12, 3, CROP, CROP)
    assert high.shape == (12, 3, SCALE * CROP, SCALE * CROP)
    apart = (torch.nn.functional.avg_pool2d(high, SCALE) - low).abs().mean((1, 2, 3))
    assert apart.max() < 0.06
    other = (torch.nn.functional.avg_pool2d(high.roll(1, 0), SCALE) - low).abs().mean((1, 2, 3))
    assert other.median() > 0.1
    with pytest.raises(FileNotFoundError, match="no pairs"):
        Crops(tmp_path / "empty")


def test_a_degraded_drawing_keeps_its_place_and_loses_its_edges() -> None:
    high = pixels(render(CAT, 256, 256).image)[0]
    low = torch.nn.functional.avg_pool2d(high[None], SCALE)[0]
    results = [degraded(high, random.Random(seed)) for seed in range(8)]
    assert all((result - low).abs().mean() < 0.05 for result in results)
    assert max(float((result - low).abs().max()) for result in results) > 0.2


def test_blurred_edges_and_uneven_fills_cost() -> None:
    wanted = pixels(render(CAT, 128, 128).image)
    blurred = torch.nn.functional.avg_pool2d(wanted, 5, 1, 2)
    generator = torch.Generator().manual_seed(1)
    uneven = wanted + 0.02 * torch.randn(wanted.shape, generator=generator)
    assert float(loss(wanted, wanted)) == 0
    assert float(loss(blurred, wanted)) > 0.02
    assert float(loss(uneven, wanted)) > float(loss(wanted + 0.02, wanted)) > 0


def test_scores_see_blur_and_uneven_fills() -> None:
    drawing = render(CAT, 512, 512).image
    same = measure([drawing], [drawing])
    assert (same.error, same.sharpness) == (0, 1)
    blurred = measure([drawing.filter(ImageFilter.GaussianBlur(3))], [drawing])
    assert blurred.sharpness < 0.6
    noise = np.random.default_rng(1).integers(-4, 5, (512, 512, 3))
    levels = (np.asarray(drawing, int) + noise).clip(0, 255).astype(np.uint8)
    uneven = measure([Image.fromarray(levels)], [drawing])
    assert uneven.unevenness > same.unevenness + 1
    assert uneven.psnr > blurred.psnr


def test_a_trained_file_is_read_again_and_begins_another_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path / "pools")
    monkeypatch.setattr(finisher_training, "Finisher", lambda: Finisher(*SMALL))
    monkeypatch.setattr(finisher, "Finisher", lambda: Finisher(*SMALL))
    finisher_training.train(Group(), tmp_path, 1e-6)
    network = finisher.load(tmp_path / FILE)
    assert not network.training
    fill(tmp_path / "more" / "pools")
    finisher_training.train(Group(), tmp_path / "more", 1e-6, tmp_path / FILE)
    started = finisher.load(tmp_path / "more" / FILE)
    assert (started.enter.weight - network.enter.weight).abs().max() < 1e-2
