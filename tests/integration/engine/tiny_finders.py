"""Networks that find segments and objects: the real classes, tiny, with random weights."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    ConvNextConfig,
    Owlv2Config,
    Owlv2ForObjectDetection,
    SamConfig,
    SamModel,
    UperNetConfig,
    UperNetForSemanticSegmentation,
)
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil
from transformers.models.segformer.image_processing_pil_segformer import SegformerImageProcessorPil

from tests.integration.engine.tiny_texts import clip_tokenizer

LABELS = {0: "wall", 1: "building", 2: "sky", 3: "tree"}
SIDE = {"height": 64, "width": 64}


def save_scene(folder: Path) -> None:
    """UPerNet of four classes."""
    backbone = ConvNextConfig(
        hidden_sizes=[8] * 4,
        depths=[1] * 4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    config = UperNetConfig(
        backbone_config=backbone,
        hidden_size=8,
        pool_scales=[1, 2],
        auxiliary_in_channels=8,
        auxiliary_channels=8,
        id2label=LABELS,
        label2id={name: index for index, name in LABELS.items()},
    )
    torch.manual_seed(0)
    UperNetForSemanticSegmentation(config).save_pretrained(folder)
    SegformerImageProcessorPil(size=SIDE).save_pretrained(folder)


def save_detector(folder: Path) -> None:
    """OWLv2 with a tokenizer of bytes."""
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    layers = {"num_hidden_layers": 1}
    tokenizer = clip_tokenizer()
    last = len(tokenizer) - 1
    words = {"vocab_size": last + 1, "max_position_embeddings": 16}
    ends = {"bos_token_id": last - 1, "eos_token_id": last, "pad_token_id": last}
    config = Owlv2Config(
        text_config={**sizes, **layers, **words, **ends},
        vision_config={**sizes, **layers, "image_size": 64, "patch_size": 16},
        projection_dim=16,
    )
    torch.manual_seed(3)
    Owlv2ForObjectDetection(config).save_pretrained(folder)
    Owlv2ImageProcessorPil(size=SIDE).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    # As published; tokenizer.json holds the merges too.
    (folder / "merges.txt").write_text("", encoding="utf-8")


def save_masks(folder: Path) -> None:
    """SAM."""
    vision = {
        "hidden_size": 16,
        "output_channels": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 64,
        "patch_size": 16,
        "mlp_dim": 16,
        "window_size": 2,
        "global_attn_indexes": [0],
        "num_pos_feats": 4,
    }
    prompts = {"hidden_size": 8, "image_size": 64, "patch_size": 16, "mask_input_channels": 4}
    decoder = {
        "hidden_size": 8,
        "mlp_dim": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "iou_head_hidden_dim": 8,
    }
    config = SamConfig(
        vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder
    )
    torch.manual_seed(0)
    SamModel(config).save_pretrained(folder)
    processor = SamImageProcessorPil(
        size={"longest_edge": 64},
        pad_size=SIDE,
        mask_size={"longest_edge": 16},
        mask_pad_size={"height": 16, "width": 16},
    )
    processor.save_pretrained(folder)


def save_finders(models: Path) -> None:
    """All of them below a models folder."""
    save_scene(models / "companions" / "upernet-convnext-tiny")
    save_detector(models / "companions" / "owlv2-base")
    save_masks(models / "companions" / "sam-vit-base")
