"""Chroma: the network of FLUX.1 without pooled text and guidance, with masked padding."""

from __future__ import annotations

import torch

from core.engine.training.adapters import flux1
from core.engine.training.adapters.base import Texts


class Adapter(flux1.Adapter):
    """See the module."""

    text_names = ("embeds", "", "mask")

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base. Image tokens are never masked."""
        tokens = states.shape[-2] * states.shape[-1] // 4
        mask = self.pipeline._prepare_attention_mask(
            len(states), tokens, states.dtype, texts["mask"]
        )
        return self._call(states, texts, times, attention_mask=mask)
