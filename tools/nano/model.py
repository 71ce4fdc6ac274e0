"""The two trained parts with their tokenizer: weights by name, and where they come from.

Reads new weights, exported folders and checkpoints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import Flux2Transformer2DModel
from torch import nn
from transformers import Qwen2TokenizerFast, Qwen3ForCausalLM

from tools.nano import checkpoints, tokens
from tools.nano.architecture import build_text_encoder, build_transformer
from tools.nano.training import AVERAGES

EMBEDDING = "model.embed_tokens.weight"


@dataclass
class Model:
    """Text encoder and transformer, trained jointly, and the tokenizer they were trained with."""

    tokenizer: Qwen2TokenizerFast
    text_encoder: Qwen3ForCausalLM
    transformer: Flux2Transformer2DModel

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters that are trained, by names that begin with their part."""
        parts = {"transformer": self.transformer, "text_encoder": self.text_encoder}
        return {
            f"{part}.{name}": parameter
            for part, module in parts.items()
            for name, parameter in module.named_parameters()
        }

    def load(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Take over weights by the names of `named`."""
        with torch.no_grad():
            for name, parameter in self.named().items():
                parameter.copy_(weights[name])

    def to(self, device: str) -> "Model":
        """Move both parts, in place."""
        self.text_encoder.to(device)
        self.transformer.to(device)
        return self


def build(
    tokenizer: Qwen2TokenizerFast,
    text_encoder: Mapping[str, Any] | None = None,
    transformer: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> Model:
    """New weights of a seed; the mappings change sizes, for tests."""
    torch.manual_seed(seed)
    return Model(
        tokenizer,
        build_text_encoder(tokenizer, **(text_encoder or {})),
        build_transformer(**(transformer or {})),
    )


def read_averages(
    tokenizer_folder: Path,
    training_folder: Path,
    text_encoder: Mapping[str, Any] | None = None,
    transformer: Mapping[str, Any] | None = None,
) -> Model:
    """The averaged weights of the newest checkpoint of a training folder, ready to sample from."""
    checkpoint = checkpoints.newest(training_folder)
    if checkpoint is None:
        raise FileNotFoundError(f"no checkpoint in {training_folder}")
    model = build(tokens.load(tokenizer_folder), text_encoder, transformer)
    model.load(checkpoints.read_tensors(checkpoint, AVERAGES))
    model.text_encoder.eval()
    model.transformer.eval()
    return model


def warm_start(model: Model, folder: Path) -> int:
    """Copy what fits from an exported diffusers folder; the number of tensors copied.

    Tensors fit by name and shape. Rows of the text embedding go by the text of their token, so the
    vocabulary may differ; rows of new tokens stay as they are.
    """
    with torch.no_grad():
        old = Model(
            tokens.load(folder / "tokenizer"),
            Qwen3ForCausalLM.from_pretrained(folder / "text_encoder", dtype=torch.float32),
            Flux2Transformer2DModel.from_pretrained(folder / "transformer"),
        )
        known, copied = old.named(), 0
        for name, parameter in model.named().items():
            if name == f"text_encoder.{EMBEDDING}":
                _copy_rows(old.tokenizer, known[name], model.tokenizer, parameter)
            elif name in known and known[name].shape == parameter.shape:
                parameter.copy_(known[name])
            else:
                continue
            copied += 1
        return copied


def _copy_rows(
    old: Qwen2TokenizerFast, rows: torch.Tensor, new: Qwen2TokenizerFast, target: torch.Tensor
) -> None:
    if rows.shape[1] != target.shape[1]:
        return
    vocabulary = old.get_vocab()
    for token, row in new.get_vocab().items():
        if token in vocabulary:
            target[row].copy_(rows[vocabulary[token]])
