"""Qwen-Image: latents normalised by channel, 2 x 2 of them as one token, and masked texts.

Source: diffusers' pipeline and its training script for Qwen-Image.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from PIL.Image import Image

from core.engine import latents
from core.engine.training.adapters.base import MASK, Texts, masked_text
from core.engine.training.adapters.base import Adapter as Base


class Adapter(Base):
    """See the module."""

    text_names: ClassVar[tuple[str, ...]] = ("embeds",)
    patch = 2

    def encode_image(self, image: Image) -> torch.Tensor:
        """(C, height / 8, width / 8)."""
        return latents.qwen_image_of_picture(self.pipeline, image)[0].float().cpu()

    def encode_text(self, text: str) -> dict[str, torch.Tensor]:
        """See the base: `embeds` [tokens, width], all of them valid."""
        return masked_text(super().encode_text(text))

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base. The network itself multiplies the noise level by 1000."""
        batch, channels, rows, columns = states.shape
        mask = texts[MASK]
        predicted = self.network(
            hidden_states=self.pipeline._pack_latents(states, batch, channels, rows, columns),
            encoder_hidden_states=texts["embeds"],
            encoder_hidden_states_mask=None if mask.all() else mask,
            timestep=times,
            img_shapes=[[(1, rows // 2, columns // 2)]] * batch,
            return_dict=False,
        )[0]
        return unpacked(predicted, states)

    def guide(self, positive: torch.Tensor, negative: torch.Tensor, scale: float) -> torch.Tensor:
        """See the base: scaled, token by token, to the length of the positive prediction."""
        combined = super().guide(positive, negative, scale)
        packed, wanted = (
            self.pipeline._pack_latents(grid, *grid.shape) for grid in (combined, positive)
        )
        lengths = wanted.norm(dim=-1, keepdim=True) / packed.norm(dim=-1, keepdim=True)
        return unpacked(packed * lengths, positive)


def unpacked(tokens: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Tokens (b, h w / 4, 4 C) as latents in the shape of `like`, (b, C, h, w)."""
    batch, channels, rows, columns = like.shape
    grid = tokens.view(batch, rows // 2, columns // 2, channels, 2, 2)
    return grid.permute(0, 3, 1, 4, 2, 5).reshape(like.shape)
