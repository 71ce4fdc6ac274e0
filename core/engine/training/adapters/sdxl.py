"""SDXL: the UNet of SD1.5 with a pooled text and the size of the image as conditions."""

from __future__ import annotations

import torch

from core.engine.training.adapters import sd15
from core.engine.training.adapters.base import Texts


class Adapter(sd15.Adapter):
    """See the module. The sizes given to the network are those of the latents, without a crop."""

    text_names = ("embeds", "pooled")

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base."""
        scale = self.pipeline.vae_scale_factor
        height, width = (side * scale for side in states.shape[-2:])
        sizes = torch.tensor([[height, width, 0, 0, height, width]], device=states.device)
        conditions = {
            "text_embeds": texts["pooled"],
            "time_ids": sizes.to(states.dtype).expand(len(states), -1),
        }
        return self._call(states, texts, times, added_cond_kwargs=conditions)
