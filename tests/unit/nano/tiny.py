"""A model of a few thousand parameters and pools of a few images, for the tests of training."""

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKLFlux2

from tools.nano import model, tokens
from tools.nano.architecture import build_vae
from tools.nano.batches import Mix, Source
from tools.nano.latents import PAIRS, SCENES, Grid, PoolRequest, write_part
from tools.nano.model import Model
from tools.nano.parallel import Group, Precision

GRID, WIDE = Grid(32, 32), Grid(64, 32)
COUNT = 8  # images, or pairs, in each pool
TEXTS = ["a red house with a blue roof on grass", "make the roof green", "cat"] * 20
TEXT_ENCODER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_attention_heads": 1,
    "num_key_value_heads": 1,
}
TRANSFORMER: dict[str, Any] = {
    "in_channels": 16,
    "num_layers": 1,
    "num_single_layers": 1,
    "num_attention_heads": 1,
    "joint_attention_dim": 96,
    "timestep_guidance_channels": 32,
}
VAE: dict[str, Any] = {
    "block_out_channels": (4, 4, 4, 4),
    "decoder_block_out_channels": (4, 4, 4, 4),
    "latent_channels": 4,
}


def tolerance(precision: Precision) -> float:
    """Largest relative error of a result in `precision`: a few units of its last place."""
    return 4 * torch.finfo(precision.dtype).eps


def relative_error(values: torch.Tensor, expected: torch.Tensor) -> float:
    """Norm of the difference, as a share of the norm of `expected`."""
    values, expected = values.detach().float(), expected.detach()
    return float((values - expected).norm() / expected.norm())


def write_tokenizer(folder: Path) -> None:
    """A tokenizer of some dozen words."""
    tokens.build(TEXTS, folder, vocabulary=320)


def new_vae() -> AutoencoderKLFlux2:
    """A VAE that nobody trained, the same every time."""
    torch.manual_seed(1)
    return build_vae(**VAE).eval()


def new_model(tokenizer: Path, seed: int = 0) -> Model:
    """A model that nobody trained, whose outputs are not zero."""
    built = model.build(tokens.load(tokenizer), TEXT_ENCODER, TRANSFORMER, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in built.named().values():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return built


def write_pools(folder: Path) -> None:
    """Scenes and pairs in two grids."""
    vae = new_vae()
    for grid in (GRID, WIDE):
        for kind in (SCENES, PAIRS):
            write_part(Group(), vae, folder, PoolRequest(grid, kind, COUNT), 0, COUNT)


def source(folder: Path, tokenizer: Path, **changes: Any) -> Source:
    """Batches of the pools, mixed of everything."""
    shares = {GRID.name: 0.5, WIDE.name: 0.5}
    mix = Mix(**{"batch": 2, "grids": shares, "edits": 0.5, "first_only": 0.25, **changes})
    return Source(folder, tokens.load(tokenizer), mix, grids=(GRID, WIDE))
