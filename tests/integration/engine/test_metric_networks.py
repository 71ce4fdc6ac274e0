"""Metric networks with tiny random weights, against the libraries' own answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    BitImageProcessorPil,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    Dinov2Config,
    Dinov2Model,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
)

from core.engine.evaluation.networks import ImageNetwork, TextImageNetwork
from core.errors import ModelBroken
from tests.integration.engine.tiny_writers import _byte_level

TINY: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
VISION = {**TINY, "image_size": 32, "patch_size": 8}
KINDS = {
    "clip": (CLIPConfig, CLIPModel, CLIPImageProcessorPil),
    "siglip": (SiglipConfig, SiglipModel, SiglipImageProcessorPil),
}
IMAGES = [
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 30, 3), np.uint8))
    for seed in range(9)
]
PROMPTS = [f"a robot {number}" for number in range(9)]


def saved(folder: Path, kind: str) -> Path:
    """A folder of the kind with random weights."""
    configuration, model, processor = KINDS[kind]
    torch.manual_seed(1)
    tokenizer = _byte_level(
        ["<s>", "<pad>", "</s>"], bos_token="<s>", pad_token="<pad>", eos_token="</s>"
    )
    text = {**TINY, "vocab_size": len(tokenizer), "max_position_embeddings": 24}
    text |= {"eos_token_id": 2, "pad_token_id": 1, "bos_token_id": 0}
    model(configuration(text_config=text, vision_config=VISION)).save_pretrained(folder)
    size = {"shortest_edge": 32} if kind == "clip" else {"height": 32, "width": 32}
    processor(size=size, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_adherence_is_the_cosine_behind_the_logits_of_the_network(
    kind: str, tmp_path: Path
) -> None:
    network = TextImageNetwork.load(saved(tmp_path, kind), "cpu")
    measured = network.adherence(IMAGES, PROMPTS)
    model = network._model
    tokens = network._tokenizer(
        PROMPTS, padding="max_length", max_length=24, truncation=True, return_tensors="pt"
    )
    if kind != "clip":
        tokens.pop("attention_mask")
    pixels = network._processor(images=IMAGES, return_tensors="pt")
    with torch.no_grad():
        logits = model(**tokens, **pixels).logits_per_image
    logits = logits - getattr(model, "logit_bias", 0)
    cosines = (logits / model.logit_scale.exp()).diagonal()
    assert measured == pytest.approx(cosines.detach().numpy(), abs=1e-5)


def test_dinov2_gives_the_normed_class_token(tmp_path: Path) -> None:
    torch.manual_seed(2)
    Dinov2Model(Dinov2Config(**{**VISION, "patch_size": 14, "image_size": 28})).save_pretrained(
        tmp_path
    )
    BitImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 28, "width": 28}
    ).save_pretrained(tmp_path)
    network = ImageNetwork.load(tmp_path, "cpu")
    vectors = network.vectors(IMAGES)
    pixels = network._processor(images=IMAGES, return_tensors="pt")
    with torch.no_grad():
        expected = network._model(**pixels).last_hidden_state[:, 0].numpy()
    assert vectors == pytest.approx(expected, abs=1e-5)


def test_a_folder_of_another_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match="siglip"):
        ImageNetwork.load(saved(tmp_path / "m", "siglip"), "cpu")
    (tmp_path / "m" / "config.json").unlink()
    with pytest.raises(ModelBroken, match=r"config\.json"):
        TextImageNetwork.load(tmp_path / "m", "cpu")
