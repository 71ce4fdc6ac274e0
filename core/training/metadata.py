"""The metadata of a trained LoRA, as kohya's scripts and the model specification name it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.training.configuration.schema import TrainingConfig
from core.version import VERSION

KEY = "qpyt_training"


@dataclass(frozen=True, slots=True)
class LoraOrigin:
    """The facts of a training that its file keeps. Hashes are SHA-256 in hex."""

    name: str
    base_id: str
    base_fingerprint: str
    architecture: str
    dataset_digest: str
    images: int
    step: int
    created_at: str


def lora_metadata(config: TrainingConfig, origin: LoraOrigin) -> dict[str, str]:
    """Metadata as text by name. Without a trigger word no phrase is stated."""
    training, resolution = config.training, max(config.data.resolution)
    own: Mapping[str, Any] = {
        "version": VERSION,
        "base": {"id": origin.base_id, "fingerprint": origin.base_fingerprint},
        "dataset": {"digest": origin.dataset_digest, "images": origin.images},
        "step": origin.step,
        "scale": config.alpha / config.lora.rank,
        "config": config.model_dump(mode="json"),
    }
    words = {
        "ss_network_module": "networks.lora",
        "ss_network_dim": config.lora.rank,
        "ss_network_alpha": config.alpha,
        "ss_base_model_version": origin.architecture,
        "ss_sd_model_name": origin.base_id,
        "ss_sd_model_hash": origin.base_fingerprint,
        "ss_output_name": origin.name,
        "ss_learning_rate": training.learning_rate,
        "ss_optimizer": training.optimizer,
        "ss_lr_scheduler": training.scheduler,
        "ss_lr_warmup_steps": training.warmup_steps,
        "ss_steps": origin.step,
        "ss_max_train_steps": config.steps(origin.images),
        "ss_batch_size_per_device": training.batch_size,
        "ss_gradient_accumulation_steps": training.gradient_accumulation_steps,
        "ss_num_train_images": origin.images,
        "ss_resolution": f"({resolution}, {resolution})",
        "ss_seed": training.seed,
        "ss_min_snr_gamma": training.min_snr_gamma,
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"{origin.architecture}/lora",
        "modelspec.implementation": "diffusers",
        "modelspec.title": origin.name,
        "modelspec.date": origin.created_at,
        "modelspec.resolution": f"{resolution}x{resolution}",
        "modelspec.trigger_phrase": config.data.trigger_word or None,
        KEY: json.dumps(own, sort_keys=True),
    }
    return {name: str(value) for name, value in words.items() if value is not None}
