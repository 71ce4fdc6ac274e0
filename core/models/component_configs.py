"""What a single file does not say and its shapes do not tell, from the published configurations.

Two tables: by part (VAEs scale their latents by numbers of their own), and by architecture (the
shapes of a UNet leave its blocks open). Values: the
models' own `config.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PARTS: Mapping[str, Mapping[str, Any]] = {
    "vae-sd15": {"scaling_factor": 0.18215, "sample_size": 512},
    "vae-sdxl": {"scaling_factor": 0.13025, "force_upcast": True},
    "vae-flux1": {"scaling_factor": 0.3611, "shift_factor": 0.1159, "force_upcast": True},
    "vae-sd3": {"scaling_factor": 1.5305, "shift_factor": 0.0609, "force_upcast": True},
}

NETWORKS: Mapping[str, Mapping[str, Any]] = {
    "sd15": {
        "sample_size": 64,
        "in_channels": 4,
        "out_channels": 4,
        "layers_per_block": 2,
        "block_out_channels": (320, 640, 1280, 1280),
        "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
        "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
        "attention_head_dim": 8,
        "cross_attention_dim": 768,
    },
    "sdxl": {
        "sample_size": 128,
        "in_channels": 4,
        "out_channels": 4,
        "layers_per_block": 2,
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", *("CrossAttnDownBlock2D",) * 2),
        "up_block_types": (*("CrossAttnUpBlock2D",) * 2, "UpBlock2D"),
        "attention_head_dim": (5, 10, 20),
        "cross_attention_dim": 2048,
        "transformer_layers_per_block": (1, 2, 10),
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
}
