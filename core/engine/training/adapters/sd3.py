"""SD3.5: a transformer that reads timesteps of 0 to 1000."""

from __future__ import annotations

import torch
from PIL.Image import Image

from core.engine.training.adapters.base import Adapter as Base
from core.engine.training.adapters.base import Texts


class Adapter(Base):
    """See the module."""

    text_names = ("embeds", "pooled")
    patch = 2

    def encode_image(self, image: Image) -> torch.Tensor:
        """(C, height / 8, width / 8)."""
        return self.image_latents(image)

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base."""
        predicted: torch.Tensor = self.network(
            hidden_states=states,
            timestep=times * 1000,
            encoder_hidden_states=texts["embeds"],
            pooled_projections=texts["pooled"],
            return_dict=False,
        )[0]
        return predicted
