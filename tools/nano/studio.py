"""A model behind the calls that people make: draw, edit by words, redraw, fill in.

Uses the ordinary diffusers pipelines, so that what is measured is what people get.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import Flux2KleinInpaintPipeline, Flux2KleinPipeline
from PIL import Image

from tools.nano.architecture import TEXT_LAYERS, build_pipeline
from tools.nano.latents import GRIDS, Grid
from tools.nano.sampling import Sampler
from tools.nano.tokens import TEXT_TOKENS

STEPS, GUIDANCE = 8, 3.0  # defaults of drawing
EDIT_STEPS, EDIT_GUIDANCE = 12, 3.0
TOKENS_AT_ONCE = 16 * 64  # image tokens in one call when many prompts are drawn


class Studio:
    """The pipelines over one set of weights, in single precision. Seeds make pictures repeat."""

    def __init__(self, pipe: Flux2KleinPipeline) -> None:
        self.pipe = pipe
        self._filler = Flux2KleinInpaintPipeline(**self.pipe.components)
        for pipe in (self.pipe, self._filler):
            pipe.set_progress_bar_config(disable=True)
        self._call = {"max_sequence_length": TEXT_TOKENS, "text_encoder_out_layers": TEXT_LAYERS}

    @staticmethod
    def of_folder(folder: Path) -> "Studio":
        """Of an exported diffusers folder."""
        return Studio(Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32))

    @staticmethod
    def of_work(work: Path) -> "Studio":
        """Of a training that runs or has ended: the averages of its newest checkpoint."""
        sampler = Sampler.from_work(work)
        parts = sampler.model
        return Studio(
            build_pipeline(parts.tokenizer, parts.text_encoder, parts.transformer, sampler.vae)
        )

    def draw(
        self,
        prompts: Sequence[str],
        grid: Grid = GRIDS[0],
        seed: int = 0,
        steps: int = STEPS,
        guidance: float = GUIDANCE,
    ) -> list[Image.Image]:
        """One RGB picture of each prompt; the noise of number i comes from `seed` + i."""
        pictures: list[Image.Image] = []
        at_once = max(1, TOKENS_AT_ONCE // grid.count)
        for begin in range(0, len(prompts), at_once):
            some = list(prompts[begin : begin + at_once])
            sources = [_source(seed + begin + number) for number in range(len(some))]
            pictures += self._pictures(
                self.pipe, grid, prompt=some, generator=sources, guidance_scale=guidance,
                num_inference_steps=steps,
            )  # fmt: skip
        return pictures

    def edit(self, picture: Image.Image, order: str, seed: int = 0) -> Image.Image:
        """The picture changed as `order` says, with the picture as the reference."""
        return self._pictures(
            self.pipe, _grid_of(picture), image=picture, prompt=order, generator=_source(seed),
            guidance_scale=EDIT_GUIDANCE, num_inference_steps=EDIT_STEPS,
        )[0]  # fmt: skip

    def fill(
        self, picture: Image.Image, mask: Image.Image, prompt: str, seed: int = 0
    ) -> Image.Image:
        """The picture with what `prompt` says where the L mask is white."""
        return self._pictures(
            self._filler, _grid_of(picture), image=picture, mask_image=mask, prompt=prompt,
            strength=1.0, generator=_source(seed), guidance_scale=EDIT_GUIDANCE,
            num_inference_steps=EDIT_STEPS,
        )[0]  # fmt: skip

    def redraw(
        self, picture: Image.Image, prompt: str, strength: float = 0.8, seed: int = 0
    ) -> Image.Image:
        """The picture noised to `strength`, 0..1, and drawn again towards `prompt`."""
        grid = _grid_of(picture)
        pixels = self.pipe.image_processor.preprocess(
            picture, height=picture.height, width=picture.width
        )
        with torch.no_grad():
            clean = self.pipe._encode_vae_image(pixels, None)
        sigmas = np.linspace(1.0, 1 / EDIT_STEPS, EDIT_STEPS)
        sigmas = sigmas[round(EDIT_STEPS * (1 - strength)) :]
        noise = torch.randn(clean.shape, generator=_source(seed))
        start = float(sigmas[0])
        return self._pictures(
            self.pipe, grid, prompt=prompt, latents=(1 - start) * clean + start * noise,
            sigmas=sigmas.tolist(), num_inference_steps=len(sigmas), guidance_scale=GUIDANCE,
        )[0]  # fmt: skip

    def _pictures(self, pipe: Any, grid: Grid, **options: Any) -> list[Image.Image]:
        answer = pipe(width=grid.width, height=grid.height, **self._call, **options)
        pictures: list[Image.Image] = answer.images
        return pictures


def _grid_of(picture: Image.Image) -> Grid:
    return Grid(*picture.size)


def _source(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
