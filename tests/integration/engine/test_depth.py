"""Depth maps with the real classes: a tiny network, random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

from core.engine.auxiliary.depth import DepthEstimator
from core.errors import InvalidInput, ModelBroken, ModelMissing
from core.models.library.library import Library
from core.operations.depth import Depth
from core.settings import ROOT
from tests.integration.engine.running import Running
from tests.integration.engine.test_modes import picture


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with a tiny network in place of the catalogue's."""
    root = tmp_path_factory.mktemp("models")
    folder = root / "companions" / "depth-anything-v2-small"
    backbone = Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False,
        apply_layernorm=True,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=16,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=8,
    )
    torch.manual_seed(0)
    network = DepthAnythingForDepthEstimation(config)
    with torch.no_grad():  # random weights of the usual size estimate 0 everywhere
        for parameter in network.parameters():
            parameter.normal_(std=0.2)
        network.head.conv3.bias.fill_(20)
    network.save_pretrained(folder)
    size = {"height": 56, "width": 56}
    processor = DPTImageProcessorPil(
        size=size, keep_aspect_ratio=True, ensure_multiple_of=14, resample=3
    )
    processor.save_pretrained(folder)
    return root


def library(*places: Path) -> Library:
    return Library([*places], presets_dir=ROOT / "presets")


def test_a_depth_map_spreads_from_black_to_white_and_is_always_the_same(models: Path) -> None:
    shown = {"A": picture(size=(90, 60)), "B": picture(size=(90, 60)).convert("RGBA")}
    running = Running(library(models), pictures=shown)
    first = running.run(Depth(image="A"))["image"]
    assert (first.size, first.mode) == ((90, 60), "RGB")
    assert first.getextrema() == ((0, 255),) * 3
    assert running.run(Depth(image="B"))["image"].tobytes() == first.tobytes()


def test_a_network_of_distances_gives_near_in_white_too(models: Path) -> None:
    folder = models / "companions" / "depth-anything-v2-small"
    estimator = DepthEstimator.load(folder, "cpu")
    near = np.asarray(estimator.depth(picture()), np.int16)
    estimator._model.config.depth_estimation_type = "metric"
    assert np.abs(255 - np.asarray(estimator.depth(picture()), np.int16) - near).max() <= 1


def test_missing_weights_are_named_with_the_command_that_brings_them(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        Running(library(tmp_path)).run(Depth(image="A"))
    assert "models pull depth-anything-v2-small" in (missing.value.fix or "")


def test_a_strip_is_refused_and_a_folder_without_a_tensor_is_broken(
    models: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Depth(image="A").check_sizes({"image": [(900, 100)]})
    assert refusal.value.field == "image"
    folder = tmp_path / "broken"
    folder.mkdir()
    for file in (models / "companions" / "depth-anything-v2-small").iterdir():
        data = file.read_bytes()
        (folder / file.name).write_bytes(data if file.suffix == ".json" else data[:-100])
    with pytest.raises(ModelBroken):
        DepthEstimator.load(folder, "cpu")


def test_an_image_of_one_colour_is_read_without_a_fault(models: Path) -> None:
    flat = {"A": Image.new("RGB", (30, 30), "grey")}
    assert Running(library(models), pictures=flat).run(Depth(image="A"))["image"].size == (30, 30)
