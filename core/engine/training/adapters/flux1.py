"""FLUX.1: 2 x 2 latents as one token, and a pooled text beside the text."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from PIL.Image import Image

from core.engine.training.adapters.base import Adapter as Base
from core.engine.training.adapters.base import Texts


class Adapter(Base):
    """See the module. The guidance scale is an input of the network."""

    text_names: ClassVar[tuple[str, ...]] = ("embeds", "pooled")
    patch = 2

    def encode_image(self, image: Image) -> torch.Tensor:
        """(C, height / 8, width / 8)."""
        return self.image_latents(image)

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base. The network itself multiplies the noise level by 1000."""
        vector = torch.full_like(times, guidance) if self.guided else None
        return self._call(states, texts, times, pooled_projections=texts["pooled"], guidance=vector)

    def _call(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, **more: Any
    ) -> torch.Tensor:
        batch, channels, rows, columns = states.shape
        pipeline, embeds = self.pipeline, texts["embeds"]
        ids = pipeline._prepare_latent_image_ids(
            batch, rows // 2, columns // 2, states.device, states.dtype
        )
        predicted = self.network(
            hidden_states=pipeline._pack_latents(states, batch, channels, rows, columns),
            encoder_hidden_states=embeds,
            timestep=times,
            img_ids=ids,
            txt_ids=torch.zeros(embeds.shape[1], 3, device=states.device, dtype=states.dtype),
            return_dict=False,
            **more,
        )[0]
        scale = pipeline.vae_scale_factor
        grid: torch.Tensor = pipeline._unpack_latents(
            predicted, rows * scale, columns * scale, scale
        )
        return grid
