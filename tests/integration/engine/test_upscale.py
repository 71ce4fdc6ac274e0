"""`upscale` on the built-in model and on a tiny network: sizes, blending, stopping."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import InvalidInput, ModelMissing
from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.upscale import MAX_PIXELS, Upscale
from core.settings import ROOT
from core.worker.job_context import TaskCancelled
from tests.integration.engine.running import Running, place_of

HOUSE = "a red house with a blue roof"


def house(width: int = 90, height: int = 70) -> Image.Image:
    """A red thing before blue."""
    picture = Image.new("RGB", (width, height), "#3060a0")
    picture.paste("#c03020", (20, 20, 60, 60))
    return picture


@pytest.fixture
def running(pool: Any) -> Running:
    """A context with the built-in model and one image."""
    presets = ROOT / "presets"
    library = Library([ROOT / "models"], presets_dir=presets)
    return Running(library, pool, {"house": house()})


def drawn(**asked: Any) -> Upscale:
    """A request that draws in tiles, in few steps."""
    base = {"image": "house", "method": "diffusion", "prompt": HOUSE, "seed": 7}
    return Upscale.model_validate({**base, "num_inference_steps": 4, "strength": 0.3, **asked})


def test_tiles_are_drawn_by_the_model_and_blended(running: Running) -> None:
    result = running.run(drawn(factor=2.0))["image"]
    assert result.size == (180, 140)
    assert ("denoising", 1, 4) in running.reported
    pixels = np.asarray(result, int)
    smooth = np.asarray(house().resize(result.size, Image.Resampling.LANCZOS), int)
    assert 1 < np.abs(pixels - smooth).mean() < 40  # drawn anew, and still the same image
    assert running.noted["memory_plan"] == "device"
    again = Running(running.library, running.models, running.pictures).run(drawn(factor=2.0))
    assert again["image"].tobytes() == result.tobytes()


def test_a_model_that_changes_nothing_leaves_no_seam(running: Running) -> None:
    class Keeping:
        def __init__(self) -> None:
            self.facts: dict[str, Any] = {}

        def draw(self, _mode: str, given: dict[str, Any], **_: Any) -> Image.Image:
            picture: Image.Image = given["image"]
            assert picture.size == (given["width"], given["height"])
            return picture

    running.models = type("Models", (), {"get": lambda *_: Keeping()})()
    result = running.run(drawn(factor=3.3))["image"]
    assert result.size == (297, 231)
    smooth = house().resize(result.size, Image.Resampling.LANCZOS)
    assert result.tobytes() == smooth.tobytes()


def test_a_cancel_between_tiles_ends_it(running: Running) -> None:
    running.ends_at = ("denoising", 2)
    with pytest.raises(TaskCancelled):
        running.run(drawn(factor=2.0))
    assert not running.made


def test_the_tile_is_what_the_model_draws(running: Running) -> None:
    resolved = drawn(tile=1000, overlap=100).resolve(LibraryContext(running.library))
    settled = resolved.operation
    assert isinstance(settled, Upscale)
    assert (settled.tile, settled.tile) in (running.library.get("nano").drawn_sizes or ())
    assert settled.overlap <= 100
    assert "tile_snapped" in {warning.code for warning in resolved.warnings}
    assert resolved.facts["seed"] == {"policy": "manual", "value": 7}
    assert resolved.facts["model"]["id"] == "nano"
    assert (
        drawn(seed=None).resolve(LibraryContext(running.library)).facts["seed"]["policy"]
        == "random"
    )


def test_the_built_in_network_enlarges_by_default(running: Running) -> None:
    running.pictures["house"].putalpha(Image.new("L", (90, 70), 255))
    result = running.run(Upscale(image="house", method="model", factor=4))["image"]
    assert (result.mode, result.size) == ("RGBA", (360, 280))
    smooth = house().resize(result.size, Image.Resampling.LANCZOS)
    slopes = [
        np.abs(np.diff(np.asarray(picture.convert("L"), int), axis=1))
        for picture in (result, smooth)
    ]
    assert slopes[0].max() > 1.5 * slopes[1].max(), "edges are crisp"
    assert np.abs(np.asarray(result.convert("RGB"), int) - np.asarray(smooth, int)).mean() < 6


def test_a_network_of_ones_own_enlarges(tmp_path: Path) -> None:
    from transformers import Swin2SRConfig, Swin2SRForImageSuperResolution

    sizes = {"embed_dim": 12, "depths": [1], "num_heads": [2], "window_size": 4}
    tiny = Swin2SRForImageSuperResolution(Swin2SRConfig(image_size=16, upscale=2, **sizes))
    tiny.save_pretrained(place_of(tmp_path, "swin2sr-x2"))
    assert torch.is_tensor(next(tiny.parameters()))
    library = Library([tmp_path], presets_dir=ROOT / "presets")
    running = Running(library, pictures={"house": house(41, 33).convert("RGBA")})
    own = {"upscaler": "swin2sr-x2", "tile": 64, "overlap": 16}
    asked = Upscale(image="house", method="model", factor=2.5, **own)
    result = running.run(asked)["image"]
    assert (result.mode, result.size) == ("RGBA", (102, 82))
    assert ("enlarging", 1, 1) in running.reported
    assert not library.refused()  # it is not taken for a model that should draw


def test_what_is_not_there_is_said_with_the_field(tmp_path: Path) -> None:
    library = Library([tmp_path], presets_dir=ROOT / "presets")
    with pytest.raises(ModelMissing, match="Swin2SR") as missing:
        Upscale(image="house", method="model", upscaler="swin2sr-x2").resolve(
            LibraryContext(library)
        )
    assert missing.value.field == "upscaler"
    assert "models pull swin2sr-x2" in str(missing.value.fix)
    with pytest.raises(InvalidInput, match="no upscaler 'mine'") as unknown:
        Upscale(image="house", method="model", upscaler="mine").resolve(LibraryContext(library))
    assert unknown.value.field == "upscaler"
    with pytest.raises(ModelMissing):
        drawn().resolve(LibraryContext(library))


def test_a_result_that_is_too_large_is_refused_by_its_factor() -> None:
    picture = Image.new("RGB", (4100, 4100))
    running = Running(Library([]), pictures={"house": picture})
    with pytest.raises(InvalidInput, match=f"{MAX_PIXELS // 1_000_000} megapixels") as refused:
        running.run(Upscale(image="house", factor=4))
    assert refused.value.field == "factor"
    assert not running.made
    with pytest.raises(InvalidInput):
        Upscale(image="house", factor=4).check_sizes({"image": [(10, 10), (4100, 4100)]})


@pytest.mark.parametrize(("factor", "size"), [(1, (90, 70)), (1.37, (123, 96)), (4, (360, 280))])
def test_interpolation_is_exact_to_the_pixel(factor: float, size: tuple[int, int]) -> None:
    running = Running(Library([]), pictures={"house": house()})
    asked = Upscale(image="house", factor=factor)
    assert asked.runs_in() == "cpu"
    assert drawn().runs_in() == "device"
    assert running.run(asked)["image"].size == size
