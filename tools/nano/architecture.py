"""The parts of the model: exact sizes, how they are built and initialised, and token coordinates.

Sizes are of the FLUX.2 klein architecture at 7.8 million parameters.
"""

from typing import Any

import torch
from diffusers import (
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
)
from torch import nn
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

TEXT_LAYERS = (1, 2, 3)  # of the text encoder, whose hidden states the transformer reads
TOKEN_PIXELS = 16  # the side of one image token: VAE factor 8, patches of 2
REFERENCE_TIME = 10  # the T coordinate that the pipelines give the first reference image
VOCABULARY_MULTIPLE = 64  # rows of the text embedding are rounded up to this

TEXT_ENCODER: dict[str, Any] = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 32,
    "max_position_embeddings": 512,
    "tie_word_embeddings": True,
    "attention_bias": False,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "use_cache": False,
}
TRANSFORMER: dict[str, Any] = {
    "patch_size": 1,
    "in_channels": 64,
    "num_layers": 2,
    "num_single_layers": 5,
    "attention_head_dim": 32,
    "num_attention_heads": 6,
    "joint_attention_dim": 384,
    "timestep_guidance_channels": 256,
    "mlp_ratio": 3.0,
    "axes_dims_rope": (4, 10, 10, 8),
    "rope_theta": 100,
    "guidance_embeds": False,
}
VAE: dict[str, Any] = {
    "block_out_channels": (16, 32, 64, 96),
    "decoder_block_out_channels": (16, 32, 64, 112),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 1,
    "latent_channels": 16,
    "norm_num_groups": 2,  # more groups normalise flat colour away at this width
    "mid_block_add_attention": False,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
    "sample_size": 128,
}


def build_text_encoder(tokenizer: Qwen2TokenizerFast, **changes: Any) -> Qwen3ForCausalLM:
    """A new text encoder with a row for every token, in eager attention (fast at 32 tokens)."""
    rows = -(-len(tokenizer) // VOCABULARY_MULTIPLE) * VOCABULARY_MULTIPLE
    config = Qwen3Config(
        **{**TEXT_ENCODER, "vocab_size": rows, **changes},
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        attn_implementation="eager",
    )
    return Qwen3ForCausalLM(config)


def build_transformer(**changes: Any) -> Flux2Transformer2DModel:
    """A new transformer that predicts zero: modulation and both output layers start at zero."""
    transformer = Flux2Transformer2DModel(**{**TRANSFORMER, **changes})
    for parameter in transformer.parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.6 * parameter.shape[1] ** -0.5)
    for linear in (
        transformer.double_stream_modulation_img.linear,
        transformer.double_stream_modulation_txt.linear,
        transformer.single_stream_modulation.linear,
        transformer.norm_out.linear,
        transformer.proj_out,
    ):
        nn.init.zeros_(linear.weight)
    return transformer


def build_vae(**changes: Any) -> AutoencoderKLFlux2:
    """A new VAE that keeps its signal: torch's own initial weights attenuate it layer by layer."""
    vae = AutoencoderKLFlux2(**{**VAE, **changes})
    channels = vae.config.latent_channels
    with torch.no_grad():
        for name, parameter in vae.named_parameters():
            if parameter.ndim == 4 and "conv_out" not in name:
                nn.init.kaiming_normal_(parameter, nonlinearity="linear")
                parameter.mul_(0.3 if "conv2" in name else 1.0)
        # The posterior starts narrow: otherwise its noise drowns the signal for a long time.
        last = vae.encoder.conv_out
        last.bias[channels:] = -4.0
        last.weight[channels:] *= 0.1
        last.weight[:channels] *= 2.0
    return vae


def build_scheduler() -> FlowMatchEulerDiscreteScheduler:
    """Plain Euler steps. Dynamic shifting would push four steps far into the noise at 64 tokens."""
    return FlowMatchEulerDiscreteScheduler(
        num_train_timesteps=1000, shift=1.0, use_dynamic_shifting=False
    )


def build_pipeline(
    tokenizer: Qwen2TokenizerFast,
    text_encoder: Qwen3ForCausalLM,
    transformer: Flux2Transformer2DModel,
    vae: AutoencoderKLFlux2,
) -> Flux2KleinPipeline:
    """The ordinary pipeline over the four parts."""
    return Flux2KleinPipeline(
        scheduler=build_scheduler(),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        transformer=transformer,
        is_distilled=False,
    )


def encode_text(
    text_encoder: Qwen3ForCausalLM, ids: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Prompt embedding, [batch, tokens, layers x hidden], as the pipeline computes it."""
    output = text_encoder.model(
        input_ids=ids, attention_mask=mask, output_hidden_states=True, use_cache=False
    )
    states = torch.stack([output.hidden_states[layer] for layer in TEXT_LAYERS], dim=2)
    return states.flatten(2)


def text_coordinates(length: int) -> torch.Tensor:
    """Coordinates (T, H, W, L) of text tokens, int64 [length, 4]."""
    zero = torch.zeros(1, dtype=torch.long)
    return torch.cartesian_prod(zero, zero, zero, torch.arange(length))


def image_coordinates(height: int, width: int, time: int = 0) -> torch.Tensor:
    """Coordinates (T, H, W, L) of the tokens of an image of `height` x `width` tokens, row by row.

    int64 [height x width, 4]; `time` is REFERENCE_TIME for the first reference image.
    """
    zero = torch.zeros(1, dtype=torch.long)
    return torch.cartesian_prod(
        torch.tensor([time]), torch.arange(height), torch.arange(width), zero
    )
