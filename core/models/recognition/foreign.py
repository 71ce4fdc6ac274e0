"""Unsupported models, recognised so that the error can name them.

Keys: the table of diffusers 0.42.1 (`loaders/single_file_utils.py`) and the published files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.models.recognition.finding import Finding
from core.models.weights.header import Tensor


@dataclass(frozen=True, slots=True)
class Foreign:
    """An unsupported kind of file: tensors that identify it, and one axis length where needed."""

    label: str
    needs: tuple[str, ...]
    side: tuple[str, int, int] | None = None


_DIFFUSION = "model.diffusion_model."
_CROSS = f"{_DIFFUSION}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_ALL = (
    Foreign("a Stable Diffusion 2 model", (_CROSS,), (_CROSS, 1, 1024)),
    Foreign("a ControlNet of another model", ("controlnet_cond_embedding.conv_in.weight",)),
    Foreign("a ControlNet of another model", ("control_model.time_embed.0.weight",)),
    Foreign("a ControlNet of another model", ("controlnet_x_embedder.weight",)),
    Foreign(
        "an IP-Adapter FaceID, which needs insightface (for research only)",
        ("image_proj.proj.0.weight", "image_proj.norm.weight"),
    ),
    Foreign(
        "an IP-Adapter FaceID, which needs insightface (for research only)",
        ("image_proj.perceiver_resampler.proj_in.weight",),
    ),
    Foreign("a Stable Cascade model", ("clip_txt_mapper.weight",)),
    Foreign("an AuraFlow model", ("double_layers.0.attn.w2q.weight",)),
    Foreign("an AuraFlow model", ("cond_seq_linear.weight",)),
    Foreign("a Wan model", ("head.modulation",)),
    Foreign("a Wan model", (f"{_DIFFUSION}head.modulation",)),
    Foreign("a HunyuanVideo model", ("txt_in.individual_token_refiner.blocks.0.norm1.weight",)),
    Foreign("an LTX-Video model", (f"{_DIFFUSION}patchify_proj.weight",)),
    Foreign("an LTX-Video model", ("patchify_proj.weight",)),
    Foreign("a Lumina 2 model", ("cap_embedder.0.weight",)),
    Foreign("an Ideogram 4 model", ("llm_cond_proj.weight",)),
    Foreign("an Ideogram 4 model", (f"{_DIFFUSION}llm_cond_proj.weight",)),
    # Networks of diffusers 0.42 without a record here.
    # Also Anima's network without the part that reads its prompts.
    *(
        Foreign("a Cosmos-Predict2 model", (f"{prefix}x_embedder.proj.1.weight",))
        for prefix in ("", "net.", _DIFFUSION)
    ),
    Foreign(
        "a Cosmos-Predict2 model, or Anima without that word in its name",
        ("time_embed.t_embedder.linear_1.weight", "transformer_blocks.0.attn2.to_k.weight"),
    ),
    Foreign("a HiDream model", ("double_stream_blocks.0.block.adaLN_modulation.1.bias",)),
    Foreign("a Sana model", ("blocks.0.cross_attn.q_linear.weight",)),
    # Qwen3 has norms beside these and is supported.
    Foreign(
        "a language model as GGUF, of which only Qwen3 and T5 are read",
        ("token_embd.weight", "blk.0.attn_q.weight"),
    ),
    Foreign("a textual inversion", ("emb_params",)),
    Foreign("a textual inversion", ("clip_l", "clip_g")),
    Foreign("an upscaler", ("conv_first.weight", "conv_body.weight")),
    Foreign("an upscaler", ("model.0.weight", "model.1.sub.0.RDB1.conv1.0.weight")),
)


def recognise(tensors: Mapping[str, Tensor]) -> Finding | None:
    """The finding of an unsupported file, with its kind in the problem."""
    for foreign in _ALL:
        if all(name in tensors for name in foreign.needs) and _side_holds(foreign, tensors):
            problem = f"It is {foreign.label}, which the studio does not use as a model."
            return Finding("unknown", total=len(tensors), problem=problem)
    return None


def _side_holds(foreign: Foreign, tensors: Mapping[str, Tensor]) -> bool:
    if foreign.side is None:
        return True
    name, axis, length = foreign.side
    shape = tensors[name].shape
    return len(shape) > axis and shape[axis] == length
