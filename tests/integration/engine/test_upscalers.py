"""Networks that enlarge, tiny and with random weights: loaded, tiled, refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from core.engine.auxiliary import upscalers
from core.engine.auxiliary.enlarging import by_network
from core.errors import ModelBroken, TaskFailure


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Swin2SR that doubles, as transformers saves one."""
    from transformers import Swin2SRConfig, Swin2SRForImageSuperResolution

    torch.manual_seed(3)
    sizes = {"embed_dim": 12, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4}
    config = Swin2SRConfig(image_size=16, upscale=2, **sizes)
    place = tmp_path_factory.mktemp("upscaler") / "tiny"
    Swin2SRForImageSuperResolution(config).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def network(folder: Path) -> Any:
    """It, loaded."""
    return upscalers.load(folder, "cpu")


def noise(width: int, height: int) -> Image.Image:
    """An image of random pixels."""
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (33, 17)])
def test_any_size_is_doubled(network: Any, size: tuple[int, int]) -> None:
    assert network.scale == 2
    assert network(noise(*size)).size == (2 * size[0], 2 * size[1])


def test_tiles_give_nearly_what_the_whole_gives(network: Any) -> None:
    picture = noise(80, 64)
    whole = np.asarray(network(picture), int)
    tiled = by_network(picture, (160, 128), network, 48, 12, lambda *_: None)
    assert np.abs(np.asarray(tiled, int) - whole).mean() < 4


def test_a_fractional_factor_is_fitted(network: Any) -> None:
    assert by_network(noise(20, 11), (51, 28), network, 64, 8, lambda *_: None).size == (51, 28)


def spoiled(folder: Path, target: Path, **changed: object) -> Path:
    """A copy of the model with another configuration."""
    target.mkdir()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (target / "config.json").write_text(json.dumps({**config, **changed}), encoding="utf-8")
    (target / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    return target


def test_what_is_not_a_swin2sr_is_refused(folder: Path, tmp_path: Path) -> None:
    other = spoiled(folder, tmp_path / "other", model_type="marian")
    code = spoiled(folder, tmp_path / "code", auto_map={"AutoModel": "evil.Evil"})
    deeper = spoiled(folder, tmp_path / "deeper", depths=[1, 1, 1], num_heads=[2, 2, 2])
    for place, why in ((other, "no Swin2SR"), (code, "foreign code"), (deeper, "missing")):
        with pytest.raises(ModelBroken, match=why):
            upscalers.load(place, "cpu")


def test_pickles_and_cut_files_are_refused(folder: Path, tmp_path: Path) -> None:
    cut = spoiled(folder, tmp_path / "cut")
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelBroken):
        upscalers.load(cut, "cpu")
    weights.rename(cut / "pytorch_model.bin")
    with pytest.raises(ModelBroken, match="pickles"):
        upscalers.load(cut, "cpu")


def test_a_file_needs_spandrel_and_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "spandrel", None)
    with pytest.raises(TaskFailure) as refused:
        upscalers.load(tmp_path / "esrgan.safetensors", "cpu")
    assert refused.value.field == "upscaler"
    assert "pip install" in str(refused.value.fix)


def test_an_esrgan_file_enlarges(tmp_path: Path) -> None:
    pytest.importorskip("spandrel")
    from spandrel.architectures.ESRGAN import ESRGAN

    path = tmp_path / "esrgan.safetensors"
    made = ESRGAN(num_filters=8, num_blocks=1, scale=2)
    save_file({name: value.contiguous() for name, value in made.state_dict().items()}, path)
    loaded = upscalers.load(path, "cpu")
    assert loaded(noise(20, 18)).size == (20 * loaded.scale, 18 * loaded.scale)
