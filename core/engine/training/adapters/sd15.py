"""SD1.5: a UNet that predicts the noise, or the velocity, at one of 1000 timesteps."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from PIL.Image import Image

from core.engine.training.adapters.base import Adapter as Base
from core.engine.training.adapters.base import Texts


class Adapter(Base):
    """See the module."""

    flow = False
    text_names: ClassVar[tuple[str, ...]] = ("embeds",)

    def encode_image(self, image: Image) -> torch.Tensor:
        """(C, height / 8, width / 8)."""
        return self.image_latents(image)

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base."""
        return self._call(states, texts, times)

    def _call(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, **more: Any
    ) -> torch.Tensor:
        predicted: torch.Tensor = self.network(
            states, times, encoder_hidden_states=texts["embeds"], return_dict=False, **more
        )[0]
        return predicted
