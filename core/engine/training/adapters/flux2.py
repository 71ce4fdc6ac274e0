"""FLUX.2: latents normalised per channel by a batch norm, one token per 16 x 16 pixels.

The same code trains klein, dev and the built-in model. Sources: diffusers' pipelines and its
training script for FLUX.2.
"""

from __future__ import annotations

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein import compute_empirical_mu
from PIL.Image import Image

from core.engine import latents
from core.engine.training.adapters.base import REFERENCE, Texts
from core.engine.training.adapters.base import Adapter as Base


class Adapter(Base):
    """See the module. Guidance is an input of dev's network only."""

    text_names = ("embeds",)

    def encode_image(self, image: Image) -> torch.Tensor:
        """The mode of the posterior, 2 x 2 patches as channels: (4C, height / 16, width / 16)."""
        return latents.of_picture(self.pipeline, image)[0].float().cpu()

    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """See the base. The network itself multiplies the noise level by 1000.

        A reference follows the noisy image as tokens of a later time, as the pipeline places it.
        """
        embeds = texts["embeds"]
        vector = torch.full_like(times, guidance) if self.guided else None
        packed = self.pipeline._pack_latents(states)
        tokens, ids = packed.shape[1], self.pipeline._prepare_latent_ids(states)
        reference = texts.get(REFERENCE)
        if reference is not None:
            placed = self.pipeline._prepare_image_ids([reference[:1]])
            ids = torch.cat([ids, placed.expand(len(states), -1, -1)], dim=1)
            pack = self.pipeline._pack_latents(reference.to(states))
            packed = torch.cat([packed, pack], dim=1)
        predicted = self.network(
            hidden_states=packed,
            encoder_hidden_states=embeds,
            timestep=times,
            guidance=vector,
            img_ids=ids.to(states.device),
            txt_ids=self.pipeline._prepare_text_ids(embeds).to(states.device),
            return_dict=False,
        )[0]
        grid: torch.Tensor = predicted[:, :tokens].transpose(1, 2).reshape(states.shape)
        return grid

    def shift(self, tokens: int, steps: int) -> float:
        """See the base."""
        return float(compute_empirical_mu(tokens, steps))
