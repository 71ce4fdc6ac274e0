"""Z-Image: texts of their own lengths, and a time that runs from noise to image.

Source: diffusers' pipeline and its training script for Z-Image.
"""

from __future__ import annotations

import torch

from core.engine.training.adapters import sd3
from core.engine.training.adapters.base import MASK, Texts, masked_text


class Adapter(sd3.Adapter):
    """See the module. Latents are those of FLUX.1."""

    def encode_text(self, text: str) -> dict[str, torch.Tensor]:
        """See the base: `embeds` [tokens, width], all of them valid."""
        return masked_text({"embeds": self.embed(text)[0].cpu()})

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base. The network predicts the image minus the noise, frame by frame."""
        pairs = zip(texts["embeds"], texts[MASK], strict=True)
        predicted = self.network(
            list(states.unsqueeze(2).unbind(0)),
            1 - times,
            [embeds[mask] for embeds, mask in pairs],
            return_dict=False,
        )[0]
        return -torch.stack(list(predicted)).squeeze(2)
