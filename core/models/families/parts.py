"""Text encoders and VAEs, distinguished by their shapes and config.

Shapes: transformers' configurations of the published encoders; `AutoencoderKL` and
`AutoencoderKLFlux2` of diffusers 0.42.1 and the autoencoder of Black Forest Labs' flux2.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.models.families.part import Part
from core.models.families.qwen_parts import QWEN_PARTS
from core.models.families.signature import Axis, Blocks, Measure, Present, Signature

_CLIP = Signature(
    "transformers",
    needs=("embeddings.token_embedding.weight", "encoder.layers.0.self_attn.q_proj.weight"),
    modules=(
        "embeddings.{token_embedding,position_embedding,position_ids}",
        "encoder.layers.#.self_attn.{q_proj,k_proj,v_proj,out_proj}",
        "encoder.layers.#.mlp.{fc1,fc2}",
        "encoder.layers.#.{layer_norm1,layer_norm2}",
        "final_layer_norm",
        "text_projection",
    ),
    measures={
        "width": Axis("embeddings.token_embedding.weight", 1),
        "layers": Blocks("encoder.layers."),
    },
)
_OPEN_CLIP = Signature(
    "open_clip",
    needs=("token_embedding.weight", "transformer.resblocks.0.attn.in_proj_weight"),
    modules=(
        "{token_embedding,positional_embedding,text_projection,logit_scale,ln_final}",
        "transformer.resblocks.#.{ln_1,ln_2}",
        "transformer.resblocks.#.attn.{in_proj_weight,in_proj_bias,out_proj}",
        "transformer.resblocks.#.mlp.{c_fc,c_proj}",
    ),
    measures={
        "width": Axis("token_embedding.weight", 1),
        "layers": Blocks("transformer.resblocks."),
    },
)
_T5 = Signature(
    "transformers",
    needs=("encoder.block.0.layer.0.SelfAttention.q.weight", "encoder.final_layer_norm.weight"),
    modules=(
        "shared",
        "encoder.{embed_tokens,final_layer_norm}",
        "encoder.block.#.layer.#.SelfAttention.{q,k,v,o,relative_attention_bias}",
        "encoder.block.#.layer.#.DenseReluDense.{wi_0,wi_1,wo}",
        "encoder.block.#.layer.#.layer_norm",
    ),
    measures={
        "width": Axis("encoder.block.0.layer.0.SelfAttention.q.weight", 1),
        "layers": Blocks("encoder.block."),
    },
)
_T5_GGUF = Signature(
    "llama.cpp",
    needs=("enc.blk.0.attn_q.weight", "token_embd.weight"),
    modules=(
        "{token_embd,enc.output_norm}",
        "enc.blk.#.{attn_q,attn_k,attn_v,attn_o,attn_norm,attn_rel_b}",
        "enc.blk.#.{ffn_gate,ffn_up,ffn_down,ffn_norm}",
    ),
    measures={"width": Axis("token_embd.weight", 1), "layers": Blocks("enc.blk.")},
)
_DECODER = (
    "model.{embed_tokens,norm}",
    "lm_head",
    "model.layers.#.{input_layernorm,post_attention_layernorm}",
    "model.layers.#.self_attn.{q_proj,k_proj,v_proj,o_proj,q_norm,k_norm}",
    "model.layers.#.mlp.{gate_proj,up_proj,down_proj}",
)
_DECODER_MEASURES: Mapping[str, Measure] = {
    "width": Axis("model.embed_tokens.weight", 1),
    "layers": Blocks("model.layers."),
}
_GGUF_DECODER = (
    "{token_embd,output,output_norm}",
    "blk.#.{attn_q,attn_k,attn_v,attn_output,attn_norm,attn_q_norm,attn_k_norm}",
    "blk.#.{ffn_gate,ffn_up,ffn_down,ffn_norm}",
)
_GGUF_MEASURES: Mapping[str, Measure] = {
    "width": Axis("token_embd.weight", 1),
    "layers": Blocks("blk."),
}
_QWEN3 = (
    Signature(
        "transformers",
        needs=("model.embed_tokens.weight", "model.layers.0.self_attn.q_norm.weight"),
        modules=_DECODER,
        measures=_DECODER_MEASURES,
    ),
    Signature(
        "llama.cpp",
        needs=("token_embd.weight", "blk.0.attn_q_norm.weight"),
        modules=_GGUF_DECODER,
        measures=_GGUF_MEASURES,
    ),
)
_MISTRAL = (
    Signature(
        "transformers",
        needs=("model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight"),
        lacks=("model.layers.0.self_attn.q_norm.weight",),
        modules=_DECODER,
        measures=_DECODER_MEASURES,
    ),
)

_VAE_ENDS = "{encoder,decoder}.{conv_in,conv_out}"
_QUANT = "{quant_conv,post_quant_conv,encoder.quant_conv,decoder.post_quant_conv,bn}"
_VAE_MEASURES: Mapping[str, Measure] = {
    "latents": Axis("decoder.conv_in.weight", 1),
    "normed": Present("bn.running_mean"),
}
_VAE_ORIGINAL = Signature(
    "original",
    needs=("decoder.conv_in.weight", "decoder.mid.block_1.conv1.weight"),
    modules=(
        _VAE_ENDS,
        _QUANT,
        "{encoder,decoder}.norm_out",
        "{encoder.down,decoder.up}.#.block.#.{norm1,conv1,norm2,conv2,nin_shortcut}",
        "{encoder.down.#.downsample,decoder.up.#.upsample}.conv",
        "{encoder,decoder}.mid.{block_1,block_2}.{norm1,conv1,norm2,conv2}",
        "{encoder,decoder}.mid.attn_1.{norm,q,k,v,proj_out}",
    ),
    measures=_VAE_MEASURES,
)
_VAE_DIFFUSERS = Signature(
    "diffusers",
    needs=("decoder.conv_in.weight", "decoder.mid_block.resnets.0.conv1.weight"),
    lacks=("decoder.mid_block.resnets.0.norm1.gamma",),  # VAEs of videos
    modules=(
        _VAE_ENDS,
        _QUANT,
        "{encoder,decoder}.conv_norm_out",
        "{encoder.down_blocks,decoder.up_blocks}.#.resnets.#"
        ".{norm1,conv1,norm2,conv2,conv_shortcut}",
        "{encoder.down_blocks.#.downsamplers,decoder.up_blocks.#.upsamplers}.#.conv",
        "{encoder,decoder}.mid_block.resnets.#.{norm1,conv1,norm2,conv2}",
        "{encoder,decoder}.mid_block.attentions.#.{group_norm,to_q,to_k,to_v,to_out.#}",
        # Names that older versions of diffusers wrote.
        "{encoder,decoder}.mid_block.attentions.#.{query,key,value,proj_attn}",
    ),
    measures=_VAE_MEASURES,
)
_VAE = (_VAE_ORIGINAL, _VAE_DIFFUSERS)

_CLIP_L = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
    "max_position_embeddings": 77,
}
_CLIP_G = {
    **_CLIP_L,
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "hidden_act": "gelu",
}
_T5_XXL = {
    "vocab_size": 32128,
    "d_model": 4096,
    "d_ff": 10240,
    "d_kv": 64,
    "num_heads": 64,
    "num_layers": 24,
    "feed_forward_proj": "gated-gelu",
}
_QWEN3_4B = {
    "vocab_size": 151936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 40960,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
}
_QWEN3_8B = {
    **_QWEN3_4B,
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "tie_word_embeddings": False,
}
_VAE_BLOCKS = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
_VAE_4 = {**_VAE_BLOCKS, "latent_channels": 4}
_VAE_16 = {
    **_VAE_BLOCKS,
    "latent_channels": 16,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}

_ALL = (
    Part(
        "clip-l",
        "CLIP-L text encoder",
        "text_encoder",
        (_CLIP,),
        {"width": 768, "layers": 12},
        123_000_000,
        config={"hidden_size": 768, "num_hidden_layers": 12},
        build=_CLIP_L,
    ),
    Part(
        "clip-g",
        "CLIP-G text encoder",
        "text_encoder",
        (_CLIP, _OPEN_CLIP),
        {"width": 1280, "layers": 32},
        695_000_000,
        config={"hidden_size": 1280, "num_hidden_layers": 32},
        build=_CLIP_G,
    ),
    Part(
        "t5-xxl",
        "T5-XXL text encoder",
        "text_encoder",
        (_T5, _T5_GGUF),
        {"width": 4096, "layers": 24},
        4_762_000_000,
        config={"d_model": 4096, "num_layers": 24},
        build=_T5_XXL,
        wide={"fp8": 131_797_000, "nf4": 131_799_000},
    ),
    Part(
        "qwen3-4b",
        "Qwen3 4B text encoder",
        "text_encoder",
        _QWEN3,
        {"width": 2560, "layers": 36},
        4_022_000_000,
        config={"model_type": "qwen3", "hidden_size": 2560},
        build=_QWEN3_4B,
        wide={"fp8": 389_152_000, "nf4": 389_152_000},
    ),
    Part(
        "qwen3-8b",
        "Qwen3 8B text encoder",
        "text_encoder",
        _QWEN3,
        {"width": 4096, "layers": 36},
        8_191_000_000,
        config={"model_type": "qwen3", "hidden_size": 4096},
        build=_QWEN3_8B,
        wide={"fp8": 1_244_968_000, "nf4": 1_244_968_000},
    ),
    Part(
        "mistral-small",
        "Mistral Small 3 text encoder",
        "text_encoder",
        _MISTRAL,
        {"width": 5120, "layers": 40},
        24_011_000_000,  # with the vision tower, which transformers loads and FP8 leaves wide
        config={"hidden_size": 5120, "num_hidden_layers": 40},
        wide={"fp8": 1_745_898_000, "nf4": 1_343_245_000},
    ),
    Part(
        "vae-sd15",
        "Stable Diffusion 1.5 VAE",
        "vae",
        _VAE,
        {"latents": 4, "normed": 0},
        83_653_000,
        config={"latent_channels": 4, "scaling_factor": 0.18215},
        hints=("sd15", "sd-v1", "vae-ft", "840000", "v1-5"),
        build={**_VAE_4, "scaling_factor": 0.18215},
    ),
    Part(
        "vae-playground-v2-5",
        "Playground 2.5 VAE",
        "vae",
        _VAE,
        {"latents": 4, "normed": 0},
        83_653_000,
        config={"latent_channels": 4, "scaling_factor": 0.5},
        hints=("playground",),
        build={**_VAE_4, "scaling_factor": 0.5},
        held={"latents_mean": "edm_mean", "latents_std": "edm_std"},
    ),
    Part(
        "vae-sdxl",
        "SDXL VAE",
        "vae",
        _VAE,
        {"latents": 4, "normed": 0},
        83_653_000,
        config={"latent_channels": 4, "scaling_factor": 0.13025},
        hints=("sdxl", "xl"),
        build={**_VAE_4, "scaling_factor": 0.13025},
    ),
    Part(
        "vae-flux1",
        "FLUX.1 VAE",
        "vae",
        _VAE,
        {"latents": 16, "normed": 0},
        83_820_000,
        config={"latent_channels": 16, "scaling_factor": 0.3611},
        hints=("flux",),
        files=("ae", "ae-fp16", "ae_bf16"),
        build={**_VAE_16, "scaling_factor": 0.3611, "shift_factor": 0.1159},
    ),
    Part(
        "vae-sd3",
        "Stable Diffusion 3.5 VAE",
        "vae",
        _VAE,
        {"latents": 16, "normed": 0},
        83_820_000,
        config={"latent_channels": 16, "scaling_factor": 1.5305},
        hints=("sd3", "sd35", "sd3.5", "stable-diffusion-3"),
        build={**_VAE_16, "scaling_factor": 1.5305, "shift_factor": 0.0609},
    ),
    Part(
        "vae-flux2",
        "FLUX.2 VAE",
        "vae",
        _VAE,
        {"latents": 32, "normed": 1},
        84_046_000,
        config={"latent_channels": 32},
        build={**_VAE_BLOCKS, "latent_channels": 32},
    ),
    Part(
        "tokenizer-clip",
        "CLIP tokenizer",
        "tokenizer",
        classes=("CLIPTokenizer", "CLIPTokenizerFast"),
        vocabulary=500_000,
    ),
    Part(
        "tokenizer-t5",
        "T5 tokenizer",
        "tokenizer",
        classes=("T5Tokenizer", "T5TokenizerFast"),
        vocabulary=500_000,
    ),
    Part(
        "tokenizer-qwen",
        "Qwen tokenizer",
        "tokenizer",
        classes=("Qwen2Tokenizer", "Qwen2TokenizerFast"),
        vocabulary=2_000_000,
    ),
    Part(
        "tokenizer-mistral",
        "Mistral tokenizer",
        "tokenizer",
        classes=("LlamaTokenizer", "LlamaTokenizerFast", "PreTrainedTokenizerFast"),
        vocabulary=2_000_000,
    ),
)
PARTS: Mapping[str, Part] = {part.id: part for part in (*_ALL, *QWEN_PARTS)}
