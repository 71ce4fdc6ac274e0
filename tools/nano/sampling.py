"""Drawing many pictures at once, without the pipeline: what evaluations use.

The same mathematics as the pipeline at the same noise (Euler steps, guidance by an empty prompt),
in batches, any grid, with the padding and layers that the model was trained with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2, Flux2Transformer2DModel
from PIL import Image
from transformers import Qwen3ForCausalLM

from tools.nano import model, tokens
from tools.nano.architecture import (
    REFERENCE_TIME,
    encode_text,
    image_coordinates,
    text_coordinates,
)
from tools.nano.attention import match_norms, use_plain_attention
from tools.nano.latents import Grid, encode_pixels, statistics, to_pixels, unpatchify
from tools.nano.model import Model
from tools.nano.parallel import Group

STEPS = 8
GUIDANCE = 3.0
ALONE = Group()


@dataclass
class Sampler:
    """A model and a VAE, on the device and in the precision of `group`."""

    model: Model
    vae: AutoencoderKLFlux2
    group: Group

    @staticmethod
    def of(trained: Model, vae: AutoencoderKLFlux2, group: Group = ALONE) -> "Sampler":
        """A sampler over loaded parts, which are moved to the device and set to evaluation."""
        for part in (trained.text_encoder, trained.transformer, vae):
            part.to(group.device).eval()
        match_norms(trained.transformer)
        if group.device == "cpu":
            use_plain_attention(trained.transformer)
        return Sampler(trained, vae, group)

    @staticmethod
    def from_folder(folder: Path, group: Group = ALONE) -> "Sampler":
        """Of an exported diffusers folder."""
        trained = Model(
            tokens.load(folder / "tokenizer"),
            Qwen3ForCausalLM.from_pretrained(folder / "text_encoder", dtype=torch.float32),
            Flux2Transformer2DModel.from_pretrained(folder / "transformer", dtype=torch.float32),
        )
        vae = AutoencoderKLFlux2.from_pretrained(folder / "vae", dtype=torch.float32)
        return Sampler.of(trained, vae, group)

    @staticmethod
    def from_work(work: Path, group: Group = ALONE) -> "Sampler":
        """Of a training that runs or has ended: the averages of its newest checkpoint."""
        decoder = work / "decoder" / "vae"
        vae = AutoencoderKLFlux2.from_pretrained(decoder if decoder.exists() else work / "vae")
        trained = model.read_averages(work / "tokenizer", work / "transformer")
        return Sampler.of(trained, vae, group)

    def draw(
        self,
        prompts: Sequence[str],
        grid: Grid,
        seed: int = 0,
        steps: int = STEPS,
        guidance: float = GUIDANCE,
        references: Sequence[Image.Image] | None = None,
    ) -> list[Image.Image]:
        """One picture a prompt; `references`, of the grid's size, are edited as the prompts say."""
        generator = torch.Generator().manual_seed(seed)
        channels = self.model.transformer.config.in_channels
        noise = torch.randn((len(prompts), channels, *grid.tokens), generator=generator)
        reference = None
        if references is not None:
            reference = encode_pixels(self.group, self.vae, to_pixels(references))
        return to_images(self.decode(self.denoise(prompts, noise, steps, guidance, reference)))

    def denoise(
        self,
        prompts: Sequence[str],
        noise: torch.Tensor,
        steps: int = STEPS,
        guidance: float = GUIDANCE,
        reference: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Normalised patches [prompts, channels, rows, columns] from `noise` of the same shape.

        `reference` are tokens [prompts, image tokens, channels] of pictures of the same grid.
        """
        with torch.no_grad():
            rows, columns = noise.shape[2:]
            state = noise.to(self.group.device).flatten(2).transpose(1, 2)
            texts = [list(prompts)] if guidance <= 1 else [list(prompts), [""] * len(prompts)]
            encoded = [self._encode(text) for text in texts]
            levels = [*np.linspace(1, 1 / steps, steps).tolist(), 0.0]
            for level, following in pairwise(levels):
                velocities = [
                    self._velocity(state, text, level, (rows, columns), reference)
                    for text in encoded
                ]
                velocity = (
                    velocities[0]
                    if len(velocities) == 1
                    else velocities[1] + guidance * (velocities[0] - velocities[1])
                )
                state = state + (following - level) * velocity
            return state.transpose(1, 2).reshape(noise.shape)

    def decode(self, patches: torch.Tensor) -> torch.Tensor:
        """Pixels, float32 [batch, 3, height, width] in -1..1, of what `denoise` gave."""
        with torch.no_grad():
            mean, deviation = statistics(self.vae)
            latents = unpatchify(patches.to(self.group.device) * deviation + mean)
            with self.group.autocast():
                pixels: torch.Tensor = self.vae.decode(latents).sample.float().clamp(-1, 1)
            return pixels

    def _encode(self, texts: list[str]) -> torch.Tensor:
        ids, mask = tokens.encode(self.model.tokenizer, texts)
        device = self.group.device
        with self.group.autocast():
            return encode_text(self.model.text_encoder, ids.to(device), mask.to(device)).float()

    def _velocity(
        self,
        state: torch.Tensor,
        text: torch.Tensor,
        level: float,
        shape: tuple[int, int],
        reference: torch.Tensor | None,
    ) -> torch.Tensor:
        coordinates = image_coordinates(*shape)
        seen = state
        if reference is not None:
            seen = torch.cat([state, reference.to(self.group.device)], dim=1)
            coordinates = torch.cat([coordinates, image_coordinates(*shape, REFERENCE_TIME)])
        with self.group.autocast():
            velocity: torch.Tensor = self.model.transformer(
                hidden_states=seen,
                encoder_hidden_states=text,
                timestep=torch.full((len(state),), level, device=self.group.device),
                img_ids=coordinates.to(self.group.device),
                txt_ids=text_coordinates(text.shape[1]).to(self.group.device),
                return_dict=False,
            )[0]
        return velocity[:, : state.shape[1]].float()


def to_images(pixels: torch.Tensor) -> list[Image.Image]:
    """RGB pictures of pixels [batch, 3, height, width] in -1..1."""
    scaled = ((pixels + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return [Image.fromarray(picture) for picture in scaled]
