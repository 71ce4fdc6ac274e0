"""The layouts that SDXL and Stable Diffusion 1.5 share: one kind of network, two sizes.

Names: Stability AI's and CompVis' ldm code (original) and diffusers 0.42.1.
"""

from __future__ import annotations

from core.models.families.family import PromptEncoding

_ATTENTION = (
    "transformer_blocks.#.{attn1,attn2}.{to_q,to_k,to_v,to_out.#}",
    "transformer_blocks.#.{norm1,norm2,norm3}",
    "transformer_blocks.#.ff.net.{#,#.proj}",
)
_INSIDE = ("norm", "proj_in", "proj_out", *_ATTENTION)
_OUTER = "{input_blocks,output_blocks}.#.#"
ORIGINAL: tuple[str, ...] = (
    "time_embed.#",
    "label_emb.#.#",
    "out.#",
    _OUTER,
    _OUTER + ".{op,conv,skip_connection}",
    _OUTER + ".{in_layers,emb_layers,out_layers}.#",
    *(f"{_OUTER}.{name}" for name in _INSIDE),
    "middle_block.#.{in_layers,emb_layers,out_layers}.#",
    *(f"middle_block.#.{name}" for name in _INSIDE),
)
_RESNET = "resnets.#.{norm1,conv1,time_emb_proj,norm2,conv2,conv_shortcut}"
_SIDES = "{down_blocks,up_blocks}.#"
DIFFUSERS: tuple[str, ...] = (
    "{conv_in,conv_norm_out,conv_out}",
    "{time_embedding,add_embedding}.{linear_1,linear_2}",
    f"{_SIDES}.{_RESNET}",
    f"mid_block.{_RESNET}",
    *(f"{_SIDES}.attentions.#.{name}" for name in _INSIDE),
    *(f"mid_block.attentions.#.{name}" for name in _INSIDE),
    f"{_SIDES}.{{downsamplers,upsamplers}}.#.conv",
)
# CLIP reads 77 tokens at once. Networks of this kind attend to any number of them.
PROMPTS = PromptEncoding({"tokenizer": 77}, long_prompt="chunks", weights=True)
ORIGINAL_FIRST = "input_blocks.0.0.weight"
DIFFUSERS_FIRST = "conv_in.weight"
