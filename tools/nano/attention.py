"""Norms and attention of the FLUX.2 transformer for training: the same numbers, cheaper kernels.

Torch's fused attention takes several times as long backwards as plain products at some hundred
tokens of 32 dimensions, and rotates queries and keys in single precision whatever their type.
On a GPU torch's own attention is faster.
"""

import torch
from diffusers import Flux2Transformer2DModel
from torch import nn
from torch.nn import functional

Rotation = tuple[torch.Tensor, torch.Tensor]  # cosines and sines, each [tokens, head dimension]


class MatchingRMSNorm(nn.RMSNorm):  # type: ignore[misc]  # torch is untyped here
    """RMS norm in the dtype of its input.

    Autocast leaves the weight in float32 beside inputs in bfloat16, and torch has no fused kernel
    for two dtypes.
    """

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        weight = None if self.weight is None else self.weight.to(states.dtype)
        normed: torch.Tensor = functional.rms_norm(states, self.normalized_shape, weight, self.eps)
        return normed


def match_norms(transformer: Flux2Transformer2DModel) -> None:
    """Let every RMS norm compute in the dtype of its input; weights and names stay as they are."""
    for module in list(transformer.modules()):
        for name, norm in list(module.named_children()):
            if type(norm) is nn.RMSNorm:
                matching = MatchingRMSNorm(norm.normalized_shape, eps=norm.eps)
                matching.weight = norm.weight
                setattr(module, name, matching)


def use_plain_attention(transformer: Flux2Transformer2DModel) -> None:
    """Replace the attention of every block; weights, names and results stay as they are."""
    for block in transformer.transformer_blocks:
        block.attn.set_processor(PlainAttention())
    for block in transformer.single_transformer_blocks:
        block.attn.set_processor(PlainParallelAttention())


class PlainAttention:
    """Joint attention of text and image tokens in a block of two streams."""

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Rotation | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        image, text, size = hidden_states, encoder_hidden_states, attn.head_dim
        query = attn.norm_q(_heads(attn.to_q(image), size))
        key = attn.norm_k(_heads(attn.to_k(image), size))
        text_query = attn.norm_added_q(_heads(attn.add_q_proj(text), size))
        text_key = attn.norm_added_k(_heads(attn.add_k_proj(text), size))
        value = torch.cat([attn.add_v_proj(text), attn.to_v(image)], dim=1)
        mixed = attend(
            torch.cat([text_query, query], dim=1),
            torch.cat([text_key, key], dim=1),
            _heads(value, size),
            image_rotary_emb,
        )
        text_out, image_out = mixed.split([text.shape[1], image.shape[1]], dim=1)
        return attn.to_out[0](image_out), attn.to_add_out(text_out)


class PlainParallelAttention:
    """Attention beside the feed-forward part in a block of one stream."""

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        image_rotary_emb: Rotation | None = None,
    ) -> torch.Tensor:
        inner = attn.inner_dim
        projected = attn.to_qkv_mlp_proj(hidden_states)
        rest = projected.shape[-1] - 3 * inner
        query, key, value, forward = projected.split([inner, inner, inner, rest], dim=-1)
        mixed = attend(
            attn.norm_q(_heads(query, attn.head_dim)),
            attn.norm_k(_heads(key, attn.head_dim)),
            _heads(value, attn.head_dim),
            image_rotary_emb,
        )
        merged: torch.Tensor = attn.to_out(torch.cat([mixed, attn.mlp_act_fn(forward)], dim=-1))
        return merged


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, rotation: Rotation | None
) -> torch.Tensor:
    """Attention without a mask; the three are [batch, tokens, heads, size], the result is flat.

    [batch, tokens, heads x size], in the type of `value`.
    """
    if rotation is not None:
        query, key = rotate(query, rotation), rotate(key, rotation)
    kind = value.dtype
    query = query.to(kind).transpose(1, 2) * query.shape[-1] ** -0.5
    scores = query @ key.to(kind).permute(0, 2, 3, 1)
    # Autocast would raise the softmax to single precision; the half is exact enough here.
    with torch.autocast(value.device.type, enabled=False):
        weights = scores.softmax(dim=-1)
    return (weights @ value.transpose(1, 2)).transpose(1, 2).flatten(2)


def rotate(states: torch.Tensor, rotation: Rotation) -> torch.Tensor:
    """Rotary embedding in the type of `states` [batch, tokens, heads, size]."""
    cosine, sine = (table.to(states.dtype)[None, :, None, :] for table in rotation)
    even, odd = states.unflatten(-1, (-1, 2)).unbind(-1)
    turned = torch.stack([-odd, even], dim=-1).flatten(-2)
    return torch.addcmul(states * cosine, turned, sine)


def _heads(states: torch.Tensor, size: int) -> torch.Tensor:
    return states.unflatten(-1, (-1, size))
