"""Prompts for CLIP text encoders: attention weights, and more tokens than one window holds.

Each window has the tokens of the encoder's positions, 77 with start and end. The embeddings of all
windows stand one after the other. A weight moves the embedding of a token along the line from the
empty prompt's (0) through the prompt's (1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from core.engine.pipeline_run import PipelineRun, text_model
from core.prompts.attention import PromptText, WeightedText

Tensors = tuple[torch.Tensor, ...]


def embed(run: PipelineRun, prompt: PromptText, clip_skip: int = 0) -> Tensors:
    """Embeddings (1, 77 × windows, width); for SDXL also the pooled one of the first window.

    The pipeline itself encodes a prompt without weights that fits one window.
    """
    options = {"clip_skip": clip_skip} if clip_skip else {}
    encoders = _encoders(run.pipeline, clip_skip)
    if isinstance(prompt, str):
        parts: Sequence[WeightedText] = (WeightedText(prompt),)
        if all(len(encoder.tokens(parts)) <= encoder.size for encoder in encoders):
            return run.embed(prompt, **options)
    else:
        parts = prompt

    def encode() -> Tensors:
        with torch.no_grad(), text_model(run.pipeline.text_encoder):
            windows = max(-(-len(encoder.tokens(parts)) // encoder.size) for encoder in encoders)
            encoded = [encoder.encode(parts, windows) for encoder in encoders]
        pooled = encoded[-1][1]
        embeddings = torch.cat([tensor for tensor, _ in encoded], dim=-1)
        return (embeddings,) if pooled is None else (embeddings, pooled)

    return run.cached(prompt, encode, **options)


def padded(run: PipelineRun, tensors: Tensors, length: int, clip_skip: int = 0) -> Tensors:
    """Embeddings with windows of the empty prompt added, up to `length` tokens."""
    embeddings, *rest = tensors
    if embeddings.shape[1] == length:
        return tensors
    (empty, *_) = embed(run, "", clip_skip)
    windows = (length - embeddings.shape[1]) // empty.shape[1]
    return torch.cat([embeddings, *[empty] * windows], dim=1), *rest


@dataclass(frozen=True, slots=True)
class _Encoder:
    """A text encoder with its tokenizer.

    `layer` is the index of the hidden states that are its output; 0 for the last ones after the
    final normalization, which `normalized` also applies to those of other layers.
    """

    tokenizer: Any
    network: Any
    device: torch.device
    layer: int
    normalized: bool

    @property
    def size(self) -> int:
        """The tokens of one window, without start and end."""
        return int(self.network.config.max_position_embeddings) - 2

    def tokens(self, parts: Sequence[WeightedText]) -> list[tuple[int, float]]:
        """The tokens of a prompt with their weights, at least none."""
        return [
            (token, part.weight)
            for part in parts
            for token in self.tokenizer(part.text, add_special_tokens=False).input_ids
        ]

    def encode(
        self, parts: Sequence[WeightedText], windows: int
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """The embeddings of at least one window, and the pooled one of the first, if it has one."""
        tokens = self.tokens(parts)
        pieces = [tokens[i * self.size : (i + 1) * self.size] for i in range(max(windows, 1))]
        encoded = [self._window([token for token, _ in piece]) for piece in pieces]
        embeddings = torch.cat([embedding for embedding, _ in encoded], dim=1)
        weights = torch.ones(embeddings.shape[1])
        for window, piece in enumerate(pieces):
            start = window * (self.size + 2) + 1
            weights[start : start + len(piece)] = torch.tensor([weight for _, weight in piece])
        return self._weighted(embeddings, weights), encoded[0][1]

    def _weighted(self, embeddings: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        if bool((weights == 1).all()):
            return embeddings
        empty = self._window([])[0].repeat(1, embeddings.shape[1] // (self.size + 2), 1)
        weights = weights.to(embeddings.device)[None, :, None]
        return torch.lerp(empty.float(), embeddings.float(), weights).to(embeddings.dtype)

    def _window(self, tokens: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor | None]:
        names = self.tokenizer
        ids = [names.bos_token_id, *tokens, names.eos_token_id]
        ids += [names.pad_token_id] * (self.size + 2 - len(ids))
        output = self.network(
            torch.tensor([ids], device=self.device), output_hidden_states=self.layer != 0
        )
        pooled = getattr(output, "text_embeds", None)
        if self.layer == 0:
            return output.last_hidden_state, pooled
        states = output.hidden_states[self.layer]
        if self.normalized:
            states = getattr(self.network, "text_model", self.network).final_layer_norm(states)
        return states, pooled


def _encoders(pipeline: Any, clip_skip: int) -> list[_Encoder]:
    """SDXL has two, its refiner the second only; they give the states before the last layer. SD1.5
    has one and normalizes."""
    device = pipeline._execution_device
    if not hasattr(pipeline, "text_encoder_2"):
        layer = -(clip_skip + 1) if clip_skip else 0
        return [_Encoder(pipeline.tokenizer, pipeline.text_encoder, device, layer, True)]
    pairs = (
        (pipeline.tokenizer, pipeline.text_encoder),
        (pipeline.tokenizer_2, pipeline.text_encoder_2),
    )
    layer = -(clip_skip + 2)
    return [
        _Encoder(tokenizer, network, device, layer, False)
        for tokenizer, network in pairs
        if network is not None
    ]
