"""Quantization while loading: bitsandbytes configurations of the parts that a plan compresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch


def quantizer(formats: Mapping[str, str], dtype: torch.dtype) -> dict[str, Any]:
    """bitsandbytes configurations of the parts stored as NF4, by part; they act while loading."""
    from diffusers import BitsAndBytesConfig as DiffusersConfig
    from transformers import BitsAndBytesConfig as TransformersConfig

    settings = {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_compute_dtype": dtype,
    }
    return {
        name: (TransformersConfig if name.startswith("text_encoder") else DiffusersConfig)(
            **settings
        )
        for name, form in formats.items()
        if form == "nf4"
    }
