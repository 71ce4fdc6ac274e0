"""Metadata of LoRAs: alpha, trigger words, base model."""

import json
import struct
from pathlib import Path

from core.models.weights.file import read_weights
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import kohya, look, peft, unet


def test_the_alpha_is_read_from_metadata_or_from_its_tensors(tmp_path: Path) -> None:
    shapes = kohya("lora_unet_", unet(768))
    path = safetensors(tmp_path / "a.safetensors", shapes, "F32")
    assert alpha_of(path) == 0
    tensor = read_weights(path).tensors[next(name for name in shapes if name.endswith(".alpha"))]
    with path.open("r+b") as file:
        file.seek(tensor.start)
        file.write(struct.pack("<f", 8.0))
    assert alpha_of(path) == 8
    reported = {"ss_network_alpha": "4.0"}
    assert alpha_of(safetensors(path, shapes, metadata=reported)) == 4
    reported = {"lora_adapter_metadata": json.dumps({"transformer.lora_alpha": 32})}
    assert alpha_of(safetensors(path, peft("unet.", unet(768)), metadata=reported)) == 32
    assert alpha_of(safetensors(path, peft("unet.", unet(768)))) is None


def alpha_of(path: Path) -> float | None:
    lora = look(path).lora
    assert lora is not None
    return lora.alpha


def test_trigger_words_come_from_the_metadata(tmp_path: Path) -> None:
    tags = {"10_thing": {"a castle": 3, "moss": 9}, "odd": 3}
    reported = {"ss_tag_frequency": json.dumps(tags), "ss_base_model_version": "sd_v1"}
    lora = look(safetensors(tmp_path / "a", peft("unet.", unet(768)), metadata=reported)).lora
    assert lora is not None
    assert (lora.words, lora.base) == (("moss", "a castle"), "sd_v1")
    reported = {"modelspec.trigger_phrase": "ohwx, \u202e <b>bold</b>"}
    lora = look(safetensors(tmp_path / "a", peft("unet.", unet(768)), metadata=reported)).lora
    assert lora is not None
    assert lora.words[0] == "ohwx"


def test_metadata_that_is_nonsense_is_passed_over(tmp_path: Path) -> None:
    reported = {
        "ss_network_alpha": "NaN",
        "ss_tag_frequency": "[" * 50_000,
        "lora_adapter_metadata": "7",
    }
    lora = look(safetensors(tmp_path / "a", kohya("lora_unet_", unet(768)), metadata=reported)).lora
    assert lora is not None
    assert lora.words == ()
