"""Training of the control adapter: the flow-matching loss of the base, which stays frozen."""

import random
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from core.engine.control_adapter import TOKEN_PIXELS, ControlAdapter
from tools.nano.architecture import encode_text, image_coordinates, text_coordinates
from tools.nano.captions import caption
from tools.nano.control_samples import Samples, to_pictures
from tools.nano.latents import GRIDS
from tools.nano.parallel import Group
from tools.nano.sampling import Sampler
from tools.nano.tokens import encode
from tools.nano.training import Outcome, Recipe, Training

RANK = 16
BATCH = 24  # drawings of a process in a step
SEED = 0
NO_CAPTION = 0.15  # share of drawings
NOISY = 1.0  # mean of the noise levels before the sigmoid: outlines are decided early
EDGE_WEIGHT = 1.0  # of a token whose part of the control image is brightest, beside that of all


def build_adapter(transformer: nn.Module, seed: int = SEED) -> ControlAdapter:
    """A new adapter with the measures of a transformer."""
    torch.manual_seed(seed)
    config = transformer.config
    width = config.num_attention_heads * config.attention_head_dim
    return ControlAdapter(
        width,
        config.num_layers,
        config.num_single_layers,
        RANK,
        int(width * config.mlp_ratio),
    )


class Guiding:
    """The task of following control images: an adapter, a frozen model and drawings."""

    def __init__(
        self, group: Group, sampler: Sampler, adapter: ControlAdapter, samples: Samples
    ) -> None:
        self.group, self.model, self._samples = group, sampler.model, samples
        self.model.transformer.requires_grad_(False)
        self.model.text_encoder.requires_grad_(False)
        self.adapter = adapter.to(group.device)

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters of the adapter."""
        return dict(self.adapter.named_parameters())

    def is_matrix(self, name: str, parameter: nn.Parameter) -> bool:
        """All weights but those of the layer that reads pixels."""
        return bool(parameter.ndim > 1 and not name.startswith("stem.0."))

    def learn(self, step: int, done: float) -> Outcome:
        """The loss of this process's batch of `step`."""
        rng = random.Random(f"control batch {SEED} {step} {self.group.rank}")
        numbers = np.random.default_rng(rng.getrandbits(64))
        rows = numbers.integers(0, len(self._samples.scenes), BATCH)
        captions = [caption(self._samples.scenes[row], rng) for row in rows.tolist()]
        texts = ["" if rng.random() < NO_CAPTION else text for text in captions]
        generator = torch.Generator().manual_seed(rng.getrandbits(62))
        loss = self.loss(rows.tolist(), texts, generator)
        return Outcome(loss, "128x128", BATCH)

    def loss(self, rows: list[int], texts: list[str], generator: torch.Generator) -> torch.Tensor:
        """Mean squared error of the predicted velocity, a scalar with a gradient."""
        clean = torch.from_numpy(self._samples.tokens[rows].astype(np.float32))
        pictures = to_pictures(self._samples.controls[rows])
        noise = torch.randn(clean.shape, generator=generator)
        level = torch.sigmoid(torch.randn(len(clean), generator=generator) + NOISY)
        mixed = torch.lerp(clean, noise, level[:, None, None])
        with torch.no_grad(), self.group.autocast():
            text = encode_text(self.model.text_encoder, *encode(self.model.tokenizer, texts))
        transformer = self.model.transformer
        with self.group.autocast():
            tokens = self.adapter.tokens(pictures)
            with self.adapter.guiding(transformer, tokens, lambda _call: 1.0):
                velocity = transformer(
                    hidden_states=mixed,
                    encoder_hidden_states=text,
                    timestep=level,
                    img_ids=image_coordinates(*GRIDS[0].tokens),
                    txt_ids=text_coordinates(text.shape[1]),
                    return_dict=False,
                )[0]
        error = (velocity.float() - (noise - clean)).square().mean(dim=-1)
        weight = 1 + EDGE_WEIGHT * functional.max_pool2d(pictures, TOKEN_PIXELS).flatten(1)
        return (error * weight).sum() / weight.sum()


def recipe(minutes: float) -> Recipe:
    """The recipe of the adapter."""
    return Recipe(
        minutes,
        matrix_rate=0.01,
        other_rate=2e-3,
        warm_up=30,
        decay=0.5,
        average=0.995,
        save_every=2.0,
        print_every=20,
    )


def train(group: Group, model: Path, folder: Path, minutes: float) -> None:
    """Train in `folder` for so many minutes in all, those of earlier runs included."""
    sampler = Sampler.from_folder(model, group)
    adapter = build_adapter(sampler.model.transformer)
    task = Guiding(group, sampler, adapter, Samples.read(folder / "drawings"))
    training = Training(group, task, recipe(minutes), folder / "training")
    training.resume()
    training.run()
