"""Krea 2: the latents of Qwen-Image, and texts of a fixed length as several layers of the encoder.

Source: diffusers' pipeline for Krea 2.
"""

from __future__ import annotations

import torch

from core.engine.training.adapters import qwen_image
from core.engine.training.adapters.base import MASK, Texts
from core.engine.training.adapters.base import Adapter as Base


class Adapter(qwen_image.Adapter):
    """See the module."""

    text_names = ("embeds", MASK)
    guide = Base.guide

    def encode_text(self, text: str) -> dict[str, torch.Tensor]:
        """See the base: `embeds` [tokens, layers, width] without padding, which has no position."""
        encoded = Base.encode_text(self, text)
        mask = encoded[MASK].bool()
        return {"embeds": encoded["embeds"][mask], MASK: mask[mask]}

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base. The network itself multiplies the noise level by 1000."""
        rows, columns = states.shape[-2:]
        pipeline, embeds = self.pipeline, texts["embeds"]
        places = pipeline.prepare_position_ids(
            embeds.shape[1], rows // 2, columns // 2, states.device
        )
        predicted = self.network(
            hidden_states=pipeline._pack_latents(states, *states.shape),
            encoder_hidden_states=embeds,
            encoder_attention_mask=texts[MASK],
            timestep=times,
            position_ids=places,
            return_dict=False,
        )[0]
        return qwen_image.unpacked(predicted, states)
