"""The exported folder: the ordinary pipeline loads it, and draws what the sampler draws."""

# ruff: noqa: E402 - what is tested needs torch, without which the file is skipped

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from diffusers import Flux2KleinPipeline

from tests.unit.nano import tiny
from tools.nano import export
from tools.nano.architecture import TEXT_LAYERS
from tools.nano.latents import Grid
from tools.nano.parallel import Group
from tools.nano.sampling import Sampler, to_images
from tools.nano.tokens import TEXT_TOKENS

PROMPTS = ["a red house", "cat"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export")
    tiny.write_tokenizer(path / "tokenizer")
    (path / "model").mkdir()
    (path / "model" / "qpyt.json").write_text("{}", encoding="utf-8")
    export.export(tiny.new_model(path / "tokenizer"), tiny.new_vae(), path / "model")
    return path / "model"


def test_a_folder_holds_half_precision_weights_and_no_place_of_its_origin(folder: Path) -> None:
    pipeline = Flux2KleinPipeline.from_pretrained(folder)
    assert pipeline.transformer.config.in_channels == 16
    for path in folder.glob("*/*.safetensors"):
        header = path.read_bytes()[: 1 << 16]
        assert b"F16" in header
        assert b"F32" not in header
    for path in folder.glob("*/config.json"):
        assert "_name_or_path" not in json.loads(path.read_text(encoding="utf-8"))


def test_what_else_is_in_the_folder_stays(folder: Path) -> None:
    assert (folder / "qpyt.json").read_text(encoding="utf-8") == "{}"


def test_a_folder_that_would_be_too_large_stays_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / "transformer" / "config.json").stat().st_mtime_ns
    monkeypatch.setattr(export, "LARGEST", 1000)
    sampler = Sampler.from_folder(folder)
    with pytest.raises(ValueError, match="more than 1000"):
        export.export(sampler.model, sampler.vae, folder)
    assert (folder / "transformer" / "config.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("grid", [Grid(32, 32), Grid(64, 32)])
def test_the_sampler_draws_what_the_pipeline_draws(
    folder: Path, grid: Grid, guidance: float, group: Group
) -> None:
    noise = torch.randn((2, 16, *grid.tokens), generator=torch.Generator().manual_seed(3))
    pipeline = Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    expected = pipeline(
        prompt=PROMPTS,
        width=grid.width,
        height=grid.height,
        num_inference_steps=3,
        guidance_scale=guidance,
        latents=noise,
        max_sequence_length=TEXT_TOKENS,
        text_encoder_out_layers=TEXT_LAYERS,
        output_type="pt",
    ).images
    sampler = Sampler.from_folder(folder, group)
    pixels = (sampler.decode(sampler.denoise(PROMPTS, noise, 3, guidance)) + 1) / 2
    assert tiny.relative_error(pixels, expected) < tiny.tolerance(group.precision)


def test_the_sampler_edits_what_the_pipeline_edits(folder: Path, group: Group) -> None:
    grid = Grid(80, 64)  # the pipeline takes no side below 64
    sampler = Sampler.from_folder(folder, group)
    picture = sampler.draw(["cat"], grid, seed=1, steps=2)[0]
    pipeline = Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    noise = torch.randn((1, 16, *grid.tokens), generator=torch.Generator().manual_seed(0))
    expected = pipeline(
        image=picture,
        prompt="make the roof green",
        width=grid.width,
        height=grid.height,
        num_inference_steps=2,
        guidance_scale=3.0,
        latents=noise,
        max_sequence_length=TEXT_TOKENS,
        text_encoder_out_layers=TEXT_LAYERS,
        output_type="pt",
    ).images
    edited = sampler.draw(["make the roof green"], grid, steps=2, references=[picture])[0]
    levels = zip(edited.tobytes(), to_images(expected * 2 - 1)[0].tobytes(), strict=True)
    limit = 1 + 255 * tiny.tolerance(group.precision)  # one level is lost by rounding
    assert max(abs(a - b) for a, b in levels) <= limit
