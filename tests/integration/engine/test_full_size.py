"""The script for full-size models on a GPU: its calls, on tiny models and a processor."""

import pytest
import torch

from benchmarks import full_size
from tests.integration.engine.tiny_models import tiny

TINY = {"flux1-dev": "flux1", "flux2-klein-4b": "klein-distilled", "sdxl-base": "sdxl"}


@pytest.mark.parametrize("name", full_size.CASES)
def test_a_pipeline_without_tokenizers_reads_and_draws(name: str) -> None:
    pipeline, case = tiny(TINY[name]), full_size.CASES[name]
    for part in pipeline.components:
        if part.startswith("tokenizer"):
            setattr(pipeline, part, None)
    full_size.read(pipeline, "cpu")
    given = full_size.call(case, pipeline, "cpu", torch.float32)
    found = pipeline(**{**given, "num_inference_steps": 1}, width=64, height=64)
    assert found.images[0].size == (64, 64)
