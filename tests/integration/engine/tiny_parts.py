"""VAEs and schedules of tiny models: random weights, the real classes."""

from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    AutoencoderKLQwenImage21,
)

SHIFTED = {
    "shift": 3.0,
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
}


def kl_vae(latent: int = 4, *, quant: bool = True, scaling: float, shift: float | None) -> Any:
    """Four levels like the real ones, so a latent covers 8 × 8 pixels."""
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        latent_channels=latent,
        norm_num_groups=4,
        sample_size=64,
        scaling_factor=scaling,
        shift_factor=shift,
        use_quant_conv=quant,
        use_post_quant_conv=quant,
    )


def flux2_vae() -> Any:
    """32 channels, and statistics of a batch norm that are not those of a fresh one."""
    vae = AutoencoderKLFlux2(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=32,
        norm_num_groups=4,
        sample_size=64,
    )
    vae.bn.running_mean.copy_(torch.linspace(-0.5, 0.5, 128))
    vae.bn.running_var.copy_(torch.linspace(0.5, 2.0, 128))
    return vae


def qwen_image_vae(channels: int = 3) -> Any:
    """16 channels of one frame, and statistics that are not 0 and 1."""
    return AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=16,
        input_channels=channels,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.1 * channel for channel in range(16)],
        latents_std=[1.0 + 0.1 * channel for channel in range(16)],
    )


def qwen_image21_vae() -> Any:
    """64 channels for 16 × 16 pixels with transparency, and statistics that are not 0 and 1."""
    return AutoencoderKLQwenImage21(
        base_dim=4,
        decoder_base_dim=4,
        dim_mult=[1, 1, 2, 2, 2],
        num_res_blocks=1,
        latents_mean=[0.01 * channel for channel in range(64)],
        latents_std=[1.0 + 0.01 * channel for channel in range(64)],
    )
