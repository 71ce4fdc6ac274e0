"""The interface of training adapters: how a family reads images and texts, and predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from PIL.Image import Image

from core.engine.loaded import Loaded
from core.engine.pipeline_run import PipelineRun
from core.engine.render_request import RenderRequest

Texts = Mapping[str, torch.Tensor]
REFERENCE = "reference"
"""The latents of the image before an edit, among the texts of a row."""


def _silent(phase: str, **_: Any) -> None:
    """Report nothing."""


class Adapter(ABC):
    """The training of a loaded model.

    Latents are normalised as the network reads them, (C, h, w) or, in a batch, (b, C, h, w).
    Texts are tensors by name, without a batch dimension until they are stacked.
    """

    flow: ClassVar[bool] = True  # predicts noise - latents; else noise or velocity
    text_names: ClassVar[tuple[str, ...]]  # of what `encode_prompt` returns; empty: unused

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.pipeline = loaded.pipeline
        self.network: Any = getattr(self.pipeline, loaded.model.family.core)

    @property
    def guided(self) -> bool:
        """True where the guidance scale is an input of the network."""
        return bool(self.network.config.get("guidance_embeds", False))

    def encode_text(self, text: str) -> dict[str, torch.Tensor]:
        """The conditions of a prompt, as images of the model are drawn with them."""
        size = self.loaded.model.canvas(512, 512)
        request = RenderRequest(
            mode="generate",
            seed=0,
            report=_silent,
            width=size[0],
            height=size[1],
            num_inference_steps=1,
            prompt=text,
        )
        tensors = PipelineRun(self.loaded, request).embed(text)
        pairs = zip(self.text_names, tensors, strict=False)
        return {name: tensor[0].cpu() for name, tensor in pairs if name}

    @abstractmethod
    def encode_image(self, image: Image) -> torch.Tensor:
        """The normalised latents of an RGB image, on the processor, in float32."""

    @abstractmethod
    def predict(
        self, states: torch.Tensor, texts: Texts, times: torch.Tensor, guidance: float
    ) -> torch.Tensor:
        """The network's prediction for noisy latents, in their shape.

        `times` [b]: noise levels 0 … 1 of a flow, else timesteps 0 … 999.
        """

    def image_latents(self, image: Image) -> torch.Tensor:
        """Latents of an autoencoder with one scale and shift."""
        vae = self.pipeline.vae
        pixels = self.pipeline.image_processor.preprocess(
            image, height=image.height, width=image.width
        )
        with torch.no_grad():
            encoded = vae.encode(pixels.to(vae.device, vae.dtype)).latent_dist.mode()
        shift = getattr(vae.config, "shift_factor", None) or 0
        latents: torch.Tensor = ((encoded - shift) * vae.config.scaling_factor)[0].float().cpu()
        return latents


def stacked(texts: Sequence[Texts], device: torch.device) -> dict[str, torch.Tensor]:
    """Several conditions as one batch. Raises `ValueError` where their lengths differ."""
    return {name: torch.stack([text[name] for text in texts]).to(device) for name in texts[0]}
