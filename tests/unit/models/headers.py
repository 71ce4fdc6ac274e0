"""Names and shapes of the tensors of published files, as far as recognition reads them.

Written from the reference implementations; the diffusers layouts are also checked against diffusers
itself in tests/integration/models.
"""

from collections.abc import Mapping

Shapes = dict[str, tuple[int, ...]]


def prefixed(prefix: str, shapes: Mapping[str, tuple[int, ...]]) -> Shapes:
    """The same tensors under a prefix."""
    return {prefix + name: shape for name, shape in shapes.items()}


def flux1(channels: int = 64, guidance: bool = True, width: int = 3072) -> Shapes:
    """FLUX.1 as Black Forest Labs wrote it."""
    result: Shapes = {
        "img_in.weight": (width, channels),
        "txt_in.weight": (width, 4096),
        "vector_in.in_layer.weight": (width, 768),
        "time_in.in_layer.weight": (width, 256),
        "final_layer.linear.weight": (64, width),
        "final_layer.adaLN_modulation.1.weight": (2 * width, width),
    }
    if guidance:
        result["guidance_in.in_layer.weight"] = (width, 256)
    for block in range(19):
        at = f"double_blocks.{block}."
        for side in ("img", "txt"):
            result[f"{at}{side}_mod.lin.weight"] = (6 * width, width)
            result[f"{at}{side}_attn.qkv.weight"] = (3 * width, width)
            result[f"{at}{side}_attn.proj.weight"] = (width, width)
            result[f"{at}{side}_attn.norm.query_norm.scale"] = (128,)
            result[f"{at}{side}_attn.norm.key_norm.scale"] = (128,)
            result[f"{at}{side}_mlp.0.weight"] = (4 * width, width)
            result[f"{at}{side}_mlp.2.weight"] = (width, 4 * width)
    for block in range(38):
        at = f"single_blocks.{block}."
        result[f"{at}linear1.weight"] = (7 * width, width)
        result[f"{at}linear2.weight"] = (width, 5 * width)
        result[f"{at}modulation.lin.weight"] = (3 * width, width)
        result[f"{at}norm.key_norm.scale"] = (128,)
    return result


def chroma() -> Shapes:
    """Chroma as its authors wrote it: FLUX.1's blocks without what modulates them."""
    lost = ("vector_in", "time_in", "guidance_in", "final_layer.adaLN")
    result = {
        name: shape
        for name, shape in flux1().items()
        if not name.startswith(lost) and "_mod." not in name and "modulation" not in name
    }
    guide = "distilled_guidance_layer"
    result |= {f"{guide}.in_proj.weight": (5120, 64), f"{guide}.out_proj.weight": (3072, 5120)}
    for layer in range(5):
        result |= {
            f"{guide}.layers.{layer}.in_layer.weight": (5120, 5120),
            f"{guide}.layers.{layer}.out_layer.weight": (5120, 5120),
            f"{guide}.norms.{layer}.scale": (5120,),
        }
    return result


def flux2(width: int, joint: int, double: int, single: int, guidance: bool = False) -> Shapes:
    """FLUX.2 as Black Forest Labs wrote it."""
    result: Shapes = {
        "img_in.weight": (width, 128),
        "txt_in.weight": (width, joint),
        "time_in.in_layer.weight": (width, 256),
        "double_stream_modulation_img.lin.weight": (6 * width, width),
        "double_stream_modulation_txt.lin.weight": (6 * width, width),
        "single_stream_modulation.lin.weight": (3 * width, width),
        "final_layer.linear.weight": (128, width),
    }
    if guidance:
        result["guidance_in.in_layer.weight"] = (width, 256)
    for block in range(double):
        at = f"double_blocks.{block}."
        for side in ("img", "txt"):
            result[f"{at}{side}_attn.qkv.weight"] = (3 * width, width)
            result[f"{at}{side}_attn.proj.weight"] = (width, width)
            result[f"{at}{side}_attn.norm.key_norm.scale"] = (128,)
            result[f"{at}{side}_mlp.0.weight"] = (6 * width, width)
            result[f"{at}{side}_mlp.2.weight"] = (width, 3 * width)
    for block in range(single):
        at = f"single_blocks.{block}."
        result[f"{at}linear1.weight"] = (9 * width, width)
        result[f"{at}linear2.weight"] = (width, 4 * width)
        result[f"{at}norm.key_norm.scale"] = (128,)
    return result


KLEIN_4B = (3072, 7680, 5, 20)
KLEIN_9B = (4096, 12288, 8, 24)
FLUX2_DEV = (6144, 15360, 8, 48)
_ALPHA_NAMES = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_guidance_embed.timestep_embedder.linear_1",
}


def flux2_alpha(width: int, joint: int, double: int, single: int) -> Shapes:
    """FLUX.2 with blocks as in the original and embedders named as in diffusers."""
    result = {}
    for name, shape in flux2(width, joint, double, single).items():
        module = name.removesuffix(".weight")
        result[f"{_ALPHA_NAMES[module]}.weight" if module in _ALPHA_NAMES else name] = shape
    return result


def sd3(width: int = 2432, blocks: int = 38, dual: int = 0, normed: bool = True) -> Shapes:
    """Stable Diffusion 3 as Stability AI wrote it."""
    result: Shapes = {
        "pos_embed": (1, 147456 if dual else 36864, width),
        "x_embedder.proj.weight": (width, 16, 2, 2),
        "context_embedder.weight": (width, 4096),
        "t_embedder.mlp.0.weight": (width, 256),
        "y_embedder.mlp.0.weight": (width, 2048),
        "final_layer.linear.weight": (64, width),
    }
    for block in range(blocks):
        at = f"joint_blocks.{block}."
        for side in ("x_block", "context_block"):
            result[f"{at}{side}.attn.qkv.weight"] = (3 * width, width)
            result[f"{at}{side}.adaLN_modulation.1.weight"] = (6 * width, width)
            if normed:
                result[f"{at}{side}.attn.ln_q.weight"] = (64,)
        result[f"{at}x_block.mlp.fc1.weight"] = (4 * width, width)
        if block < dual:
            result[f"{at}x_block.attn2.qkv.weight"] = (3 * width, width)
            result[f"{at}x_block.adaLN_modulation.1.weight"] = (9 * width, width)
    return result


def unet(joint: int, channels: int = 4, label: int | None = None, first: int = 320) -> Shapes:
    """The network of Stable Diffusion 1.5 and SDXL as the original code wrote it."""
    result: Shapes = {
        "time_embed.0.weight": (4 * first, first),
        "input_blocks.0.0.weight": (first, channels, 3, 3),
        "input_blocks.3.0.op.weight": (first, first, 3, 3),
        "middle_block.0.in_layers.0.weight": (4 * first,),
        "output_blocks.2.1.conv.weight": (4 * first, 4 * first, 3, 3),
        "out.2.weight": (4, first, 3, 3),
    }
    if label is not None:
        result["label_emb.0.0.weight"] = (4 * first, label)
    for block in (4, 5) if label else (1, 2, 4, 5):
        width = first if block < 3 else 2 * first
        at = f"input_blocks.{block}."
        result[f"{at}0.in_layers.2.weight"] = (width, width, 3, 3)
        result[f"{at}1.proj_in.weight"] = (width, width)
        for name, side in (("attn1", width), ("attn2", joint)):
            inner = f"{at}1.transformer_blocks.0.{name}."
            result[f"{inner}to_q.weight"] = (width, width)
            result[f"{inner}to_k.weight"] = (width, side)
    return result


def vae(latents: int, quant: bool, normed: bool = False) -> Shapes:
    """An autoencoder as the original code wrote it."""
    result: Shapes = {
        "encoder.conv_in.weight": (128, 3, 3, 3),
        "encoder.conv_out.weight": (2 * latents, 512, 3, 3),
        "decoder.conv_in.weight": (512, latents, 3, 3),
        "decoder.mid.block_1.conv1.weight": (512, 512, 3, 3),
        "decoder.up.0.block.0.nin_shortcut.weight": (128, 256, 1, 1),
    }
    if quant:
        result["quant_conv.weight"] = (2 * latents, 2 * latents, 1, 1)
    if normed:
        result |= {"bn.running_mean": (4 * latents,), "bn.running_var": (4 * latents,)}
    return result


def clip(width: int, layers: int) -> Shapes:
    """A CLIP text encoder as transformers wrote it."""
    result: Shapes = {"text_model.embeddings.token_embedding.weight": (49408, width)}
    for layer in range(layers):
        at = f"text_model.encoder.layers.{layer}."
        result[f"{at}self_attn.q_proj.weight"] = (width, width)
        result[f"{at}mlp.fc1.weight"] = (4 * width, width)
    return result


def t5(width: int = 4096, layers: int = 24) -> Shapes:
    """The encoder of a T5."""
    result: Shapes = {
        "shared.weight": (32128, width),
        "encoder.final_layer_norm.weight": (width,),
    }
    for layer in range(layers):
        at = f"encoder.block.{layer}.layer."
        result[f"{at}0.SelfAttention.q.weight"] = (4096, width)
        result[f"{at}1.DenseReluDense.wi_0.weight"] = (10240, width)
    return result


def decoder(width: int, layers: int, normed: bool, vocabulary: int = 151936) -> Shapes:
    """Qwen3 (`normed`) or Mistral as transformers writes them."""
    result: Shapes = {
        "model.embed_tokens.weight": (vocabulary, width),
        "model.norm.weight": (width,),
    }
    for layer in range(layers):
        at = f"model.layers.{layer}."
        result[f"{at}self_attn.q_proj.weight"] = (4096, width)
        result[f"{at}mlp.down_proj.weight"] = (width, 9728)
        if normed:
            result[f"{at}self_attn.q_norm.weight"] = (128,)
    return result


def decoder_gguf(width: int, layers: int, normed: bool) -> Shapes:
    """The same as llama.cpp writes them."""
    result: Shapes = {"token_embd.weight": (151936, width), "output_norm.weight": (width,)}
    for layer in range(layers):
        result[f"blk.{layer}.attn_q.weight"] = (4096, width)
        if normed:
            result[f"blk.{layer}.attn_q_norm.weight"] = (128,)
    return result


SDXL_CHECKPOINT: Shapes = {
    **prefixed("model.diffusion_model.", unet(2048, label=2816)),
    **prefixed("first_stage_model.", vae(4, True)),
    **prefixed("conditioner.embedders.0.transformer.", clip(768, 12)),
    "conditioner.embedders.1.model.token_embedding.weight": (49408, 1280),
    "denoiser.sigmas": (1000,),
}
# The statistics of the latents of Playground 2.5, beside the tensors of SDXL.
EDM: Shapes = {"edm_mean": (1, 4, 1, 1), "edm_std": (1, 4, 1, 1)}
SDXL_REFINER_CHECKPOINT: Shapes = {
    **prefixed("model.diffusion_model.", unet(1280, label=2560, first=384)),
    **prefixed("first_stage_model.", vae(4, True)),
    "conditioner.embedders.0.model.token_embedding.weight": (49408, 1280),
    "denoiser.sigmas": (1000,),
}
SD15_CHECKPOINT: Shapes = {
    **prefixed("model.diffusion_model.", unet(768)),
    **prefixed("first_stage_model.", vae(4, True)),
    **prefixed("cond_stage_model.transformer.", clip(768, 12)),
    "alphas_cumprod": (1000,),
    "model_ema.decay": (),
}
SD3_CHECKPOINT: Shapes = {
    **prefixed("model.diffusion_model.", sd3()),
    **prefixed("first_stage_model.", vae(16, False)),
    **prefixed("text_encoders.clip_l.transformer.", clip(768, 12)),
    **prefixed("text_encoders.clip_g.transformer.", clip(1280, 32)),
    **prefixed("text_encoders.t5xxl.transformer.", t5()),
}
FLUX1_CHECKPOINT: Shapes = {
    **prefixed("model.diffusion_model.", flux1()),
    **prefixed("vae.", vae(16, False)),
    **prefixed("text_encoders.clip_l.transformer.", clip(768, 12)),
    **prefixed("text_encoders.t5xxl.transformer.", t5()),
}
