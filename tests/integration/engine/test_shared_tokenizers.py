"""Tokenizers taken from elsewhere are adapted to the text encoders that they stand beside."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core.engine.device import Device
from core.engine.loaders.folder import load_tokenizer
from core.engine.loading import load_pipeline
from core.models.families import FAMILIES
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.recognition.recognition import recognise
from core.models.weights.file import read_weights
from tests.integration.engine import layouts
from tests.integration.engine.stand_in import CALL, loaded
from tests.integration.engine.test_folders import drawn, saved
from tests.integration.engine.test_single_files import folder_of, offered
from tests.integration.engine.tiny_models import tiny
from tests.integration.engine.tiny_texts import clip_tokenizer

CPU = Device("cpu", "CPU", torch.float32, 8 << 30)


@pytest.fixture
def whole() -> Any:
    """An SD3.5 whose second tokenizer pads as the published one does."""
    pipeline = tiny("sd3")
    pipeline.tokenizer_2.pad_token = "!"
    return pipeline


@pytest.fixture
def completed(tmp_path: Path) -> Model:
    """An SD3.5 transformer in a single file, with one CLIP tokenizer as other programs ship it."""
    folder, pipeline = saved("sd3", tmp_path), tiny("sd3")
    tokenizer = clip_tokenizer()
    tokenizer.model_max_length = 8192
    tokenizer.save_pretrained(tmp_path / "clip")
    assert load_tokenizer(tmp_path / "clip").model_max_length == 8192
    path = layouts.write(pipeline.transformer.state_dict(), tmp_path / "one.safetensors")
    network = read_weights(path)
    shared = offered(tmp_path / "clip", "tokenizer-clip")
    return Model(
        "one",
        path,
        FAMILIES["sd3"],
        Record(call=CALL["sd3"]),
        False,
        {"transformer": (network,)},
        layout="transformer",
        finding=recognise(network.header, path),
        sources={
            "text_encoder": folder_of(folder / "text_encoder", "clip-l"),
            "text_encoder_2": folder_of(folder / "text_encoder_2", "clip-g"),
            "text_encoder_3": folder_of(folder / "text_encoder_3", "t5-xxl"),
            "tokenizer": shared,
            "tokenizer_2": shared,
            "tokenizer_3": offered(folder / "tokenizer_3", "tokenizer-t5"),
            "vae": folder_of(folder / "vae", "vae-sd3"),
        },
    )


def test_a_shared_tokenizer_allows_as_many_tokens_as_its_encoder(completed: Model) -> None:
    pipeline = load_pipeline(completed, CPU)
    assert pipeline.tokenizer.model_max_length == 77
    assert pipeline.tokenizer_2.model_max_length == 77
    assert pipeline.tokenizer_3.model_max_length == 512


def test_a_model_with_shared_tokenizers_draws_what_the_whole_model_draws(
    completed: Model, whole: Any
) -> None:
    pipeline = load_pipeline(completed, CPU)
    assert pipeline.tokenizer.pad_token == "<|endoftext|>"
    assert pipeline.tokenizer_2.pad_token == "!"
    whole.scheduler = pipeline.scheduler
    ours = drawn(loaded("sd3", pipeline), "sd3", "generate")
    assert ours == drawn(loaded("sd3", whole), "sd3", "generate")
    whole.tokenizer_2.pad_token = "<|endoftext|>"
    assert ours != drawn(loaded("sd3", whole), "sd3", "generate")
