"""The interface of training adapters: how a family reads images and texts, and predicts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from PIL.Image import Image
from torch.nn.utils.rnn import pad_sequence

from core.engine.loaded import Loaded
from core.engine.pipeline_run import PipelineRun
from core.engine.render_request import RenderRequest
from core.engine.schedule import linear_shift

Texts = Mapping[str, torch.Tensor]
MASK = "mask"
"""The valid tokens of a text, true or false."""
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
    patch: ClassVar[int] = 1  # the side of a token in latent cells

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
        pairs = zip(self.text_names, self.embed(text), strict=False)
        return {name: tensor[0].cpu() for name, tensor in pairs if name}

    def embed(self, text: str) -> tuple[torch.Tensor, ...]:
        """The tensors that `encode_prompt` returns for one text."""
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
        return PipelineRun(self.loaded, request).embed(text)

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

    def tokens(self, shape: Sequence[int]) -> int:
        """The number of tokens of latents (…, h, w)."""
        return int(shape[-1] * shape[-2]) // self.patch**2

    def shift(self, tokens: int, steps: int) -> float:
        """The pipeline's `mu` of a schedule with dynamic shifting."""
        return linear_shift(self.loaded.scheduler(None), tokens)

    def guide(self, positive: torch.Tensor, negative: torch.Tensor, scale: float) -> torch.Tensor:
        """The prediction of classifier-free guidance, (b, C, h, w)."""
        return negative + scale * (positive - negative)

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


def masked_text(text: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A text without padding, with its mask: texts of several lengths can be stacked then."""
    return {**text, MASK: torch.ones(len(text["embeds"]), dtype=torch.bool)}


def stacked(texts: Sequence[Texts], device: torch.device) -> dict[str, torch.Tensor]:
    """Several conditions as one batch; those with a mask are padded with zeros at their ends.

    Raises `RuntimeError` where lengths differ without a mask.
    """
    join = partial(pad_sequence, batch_first=True) if MASK in texts[0] else torch.stack
    return {name: join([text[name] for text in texts]).to(device) for name in texts[0]}
