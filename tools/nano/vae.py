"""Training of the VAE: on crops of rendered pictures and of generic ones, and its statistics.

The generic pictures keep it fit for images that users bring. In the decoder phase the encoder stays
as it is, so latents that were made with it stay valid, and the decoder learns sharper edges.
"""

import math
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLFlux2
from PIL import Image
from torch import nn

from tools.nano import checkpoints
from tools.nano.generic import draw_generic
from tools.nano.latents import patchify, to_pixels
from tools.nano.parallel import Group
from tools.nano.render import render
from tools.nano.scene import sample_scene
from tools.nano.training import AVERAGES, Outcome, Recipe

STATISTICS_PICTURES = 768  # that the normalisation is measured on
JUDGED_PICTURES = 64  # that the error is measured on, unseen in training
CHANNEL_AXES = (0, 2, 3)


@dataclass(frozen=True)
class Picturing:
    """Samples of the VAE and weights of its loss."""

    batch: int = 8  # crops a process
    crop: int = 64  # pixels
    generic: float = 0.2  # share of generic pictures
    large: float = 0.35  # share of the rendered pictures that are of 256 pixels
    edges: float = 0.5  # weight of the differences of neighbouring pixels
    divergence: float = 1e-3  # weight of the posterior's divergence from the unit normal
    decoder_only: bool = False
    latent_noise: float = 0.05  # of the decoder phase, so that it bears imperfect latents


def recipe(minutes: float, decoder_only: bool, save_every: float, print_every: int) -> Recipe:
    """The recipe of the VAE; rates are lower when only a trained decoder goes on learning."""
    factor = 0.5 if decoder_only else 1.0
    return Recipe(
        minutes,
        matrix_rate=0.01 * factor,
        other_rate=3e-3 * factor,
        matrix_decay=0.0,
        betas=(0.9, 0.99),
        warm_up=30,
        decay=0.8,
        clip=4.0,
        average=0.999,
        save_every=save_every,
        print_every=print_every,
    )


class Compression:
    """The task of compressing: a VAE and what it sees."""

    def __init__(self, group: Group, vae: AutoencoderKLFlux2, picturing: Picturing) -> None:
        self.group, self.picturing = group, picturing
        self.vae = vae.to(group.device).train()
        vae.encoder.requires_grad_(not picturing.decoder_only)

    def named(self) -> dict[str, nn.Parameter]:
        """The parameters that are trained."""
        return {
            name: parameter
            for name, parameter in self.vae.named_parameters()
            if parameter.requires_grad
        }

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """All weights of convolutions, as matrices of their outputs."""
        return bool(parameter.ndim == 4)

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's crops of `step`."""
        rng = random.Random(f"vae {step} {self.group.rank}")
        generator = torch.Generator().manual_seed(rng.getrandbits(62))
        pixels = self._crops(rng).to(self.group.device)
        return Outcome(self.loss(pixels, generator), "crops", len(pixels))

    def loss(self, pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Absolute error of pixels and of edges, and the divergence; a scalar with a gradient."""
        weights = self.picturing
        with self.group.autocast():
            with torch.set_grad_enabled(not weights.decoder_only):
                posterior = self.vae.encode(pixels).latent_dist
            noise = torch.randn(posterior.mean.shape, generator=generator).to(self.group.device)
            spread = weights.latent_noise if weights.decoder_only else posterior.std
            output = self.vae.decode(posterior.mean + spread * noise).sample.float()
        error = (output - pixels).abs().mean()
        across, down = (output - pixels).diff(dim=3), (output - pixels).diff(dim=2)
        edges = across.abs().mean() + down.abs().mean()
        total: torch.Tensor = error + weights.edges * edges
        if weights.decoder_only:
            return total
        mean, logarithm = posterior.mean.float(), posterior.logvar.float()
        divergence = 0.5 * (mean**2 + logarithm.exp() - 1 - logarithm).mean()
        return total + weights.divergence * divergence

    def _crops(self, rng: random.Random) -> torch.Tensor:
        return to_pixels([self._crop(rng) for _ in range(self.picturing.batch)])

    def _crop(self, rng: random.Random) -> Image.Image:
        side = 256 if rng.random() < self.picturing.large else 128
        if rng.random() < self.picturing.generic:
            picture = draw_generic(rng, side)
        else:
            picture = render(sample_scene(rng), side, side).image
        left, top = (rng.randint(0, side - self.picturing.crop) for _ in range(2))
        return picture.crop((left, top, left + self.picturing.crop, top + self.picturing.crop))


def finish(
    group: Group, vae: AutoencoderKLFlux2, training: Path, folder: Path, keep: bool
) -> float:
    """Write the averaged VAE to `folder`; give its error in dB of peak signal to noise.

    `keep` leaves the statistics as they are: the encoder has not changed.
    """
    checkpoint = checkpoints.newest(training)
    if checkpoint is None:
        raise FileNotFoundError(f"no checkpoint in {training}")
    averages = checkpoints.read_tensors(checkpoint, AVERAGES)
    vae.load_state_dict({**vae.state_dict(), **averages})
    vae.eval().to(group.device)
    if not keep:
        measure_statistics(vae)
    vae.save_pretrained(folder)
    return measure_error(vae)


def measure_statistics(vae: AutoencoderKLFlux2) -> None:
    """Fill the VAE's own normalisation: the pipeline has no other scale of latents."""
    with torch.no_grad():
        total = square = count = 0.0
        for pixels in _renders(random.Random("statistics"), STATISTICS_PICTURES):
            patches = patchify(vae.encode(pixels.to(vae.device)).latent_dist.mode()).double()
            total = total + patches.sum(CHANNEL_AXES)
            square = square + patches.square().sum(CHANNEL_AXES)
            count += patches[:, 0].numel()
        mean = torch.as_tensor(total) / count
        vae.bn.running_mean.copy_(mean)
        vae.bn.running_var.copy_(torch.as_tensor(square) / count - mean.square())


def measure_error(vae: AutoencoderKLFlux2) -> float:
    """Mean peak signal to noise, in dB, over unseen renders."""
    with torch.no_grad():
        noises = []
        for pixels in _renders(random.Random("unseen"), JUDGED_PICTURES):
            pictures = pixels.to(vae.device)
            output = vae.decode(vae.encode(pictures).latent_dist.mode()).sample.clamp(-1, 1)
            errors = ((output - pictures) / 2).square().mean((1, 2, 3))
            noises += [-10 * math.log10(max(error, 1e-12)) for error in errors.tolist()]
        return float(np.mean(noises))


def _renders(
    rng: random.Random, count: int, side: int = 128, at_once: int = 32
) -> list[torch.Tensor]:
    return [
        to_pixels([render(sample_scene(rng), side, side).image for _ in range(at_once)])
        for _ in range(count // at_once)
    ]
