"""Finishing: any size from what a model draws, in its own shape, and the networks that do it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.engine.auxiliary import onnx_upscaler
from core.engine.auxiliary.enlarging import by_network
from core.engine.finishing import continued, finish
from core.errors import ModelBroken
from core.settings import ROOT

SKY, GRASS, WALL = "#70b0f0", "#40a040", "#c03020"


class Nearest:
    """A network that repeats pixels."""

    scale, for_masks = 4, True

    def __init__(self) -> None:
        self.inputs: list[tuple[int, int]] = []

    def __call__(self, picture: Image.Image) -> Image.Image:
        self.inputs.append(picture.size)
        return picture.resize((4 * picture.width, 4 * picture.height), Image.Resampling.NEAREST)


def house(side: int = 32) -> Image.Image:
    """A wall before sky and grass."""
    picture = Image.new("RGB", (side, side), SKY)
    picture.paste(GRASS, (0, side * 3 // 4, side, side))
    picture.paste(WALL, (side // 4, side // 4, side * 3 // 4, side * 3 // 4))
    return picture


@given(st.integers(8, 300), st.integers(8, 300))
def test_every_size_is_reached(width: int, height: int) -> None:
    assert finish(house(), (width, height), Nearest(), lambda: None).size == (width, height)


@pytest.mark.parametrize("size", [(192, 128), (128, 192), (341, 100)])
def test_another_shape_continues_the_background_and_stretches_nothing(
    size: tuple[int, int],
) -> None:
    made = np.asarray(finish(house(), size, Nearest(), lambda: None), int)
    wall = (np.abs(made - [0xC0, 0x30, 0x20]).sum(2) < 60).nonzero()
    high, wide = (int(np.ptp(places)) + 1 for places in wall)
    assert abs(high - wide) <= 6
    assert abs(wide - min(size) / 2) <= 6
    corners = made[[0, 0, -1, -1], [0, -1, 0, -1]]
    sky, grass = np.array([0x70, 0xB0, 0xF0]), np.array([0x40, 0xA0, 0x40])
    assert np.abs(corners - [sky, sky, grass, grass]).max() < 20


def test_small_things_at_an_edge_are_not_drawn_out() -> None:
    picture = house(64)
    picture.paste("white", (0, 8, 6, 13))  # a part of a cloud
    wide = np.asarray(continued(picture, (128, 64)))
    assert wide.shape == (64, 128, 3)
    assert tuple(wide[10, 0]) == (0x70, 0xB0, 0xF0)
    assert tuple(wide[10, 34]) == (255, 255, 255)


def test_a_large_result_takes_no_larger_steps_than_needed() -> None:
    network = Nearest()
    assert finish(house(), (256, 256), network, lambda: None).size == (256, 256)
    assert network.inputs == [(32, 32), (64, 64)]


def test_a_cancel_ends_it() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finish(house(), (128, 128), Nearest(), stop)


def test_a_network_for_masks_enlarges_transparency_too() -> None:
    picture = house().convert("RGBA")
    alpha = Image.new("L", picture.size)
    alpha.paste(255, (8, 8, 24, 24))
    picture.putalpha(alpha)
    network = Nearest()
    grown = by_network(picture, (128, 128), network, 64, 8, lambda *_: None)
    assert set(np.unique(np.asarray(grown.getchannel("A")))) == {0, 255}
    network.for_masks = False
    smooth = by_network(picture, (128, 128), network, 64, 8, lambda *_: None)
    assert len(np.unique(np.asarray(smooth.getchannel("A")))) > 2


def test_what_is_no_upscaler_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "finisher.onnx"
    broken.write_bytes(b"\x08" + bytes(2_000))
    for path in (tmp_path / "none.onnx", broken, ROOT / "models" / "nano" / "cutout.onnx"):
        with pytest.raises(ModelBroken, match=path.name):
            onnx_upscaler.load(path, "cpu")


@pytest.mark.parametrize("size", [(32, 32), (21, 13), (5, 40)])
def test_a_file_enlarges_images_of_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    pytest.importorskip("torch")
    from tools.nano.finisher import Finisher, export

    export(Finisher(8, (8, 8, 8)), tmp_path / "finisher.onnx")
    network = onnx_upscaler.load(tmp_path / "finisher.onnx", "cpu")
    picture = Image.new("RGB", size, WALL)
    large = network(picture)
    assert large.size == (4 * size[0], 4 * size[1])
    assert large.tobytes() == network(picture).tobytes()
