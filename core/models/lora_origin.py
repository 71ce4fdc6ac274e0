"""Metadata of LoRAs that the lab makes: what they were made of, and what other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.models.recognition import lora_facts
from core.models.weights.header import MetaValue
from core.store.clock import timestamp
from core.version import VERSION

KEY = "qpyt_lab"


def lab_metadata(
    operation: str,
    name: str,
    architecture: str,
    rank: int,
    sources: Sequence[Mapping[str, Any]],
    metadata: Sequence[Mapping[str, MetaValue]] = (),
    **facts: Any,
) -> dict[str, str]:
    """Metadata as text by name.

    `sources` name the files and models, with weights and fingerprints; `metadata` is theirs, of
    which trigger words and the base model stay.
    """
    words = dict.fromkeys(word for own in metadata for word in lora_facts.words(own))
    bases = dict.fromkeys(filter(None, (lora_facts.base(own) for own in metadata)))
    values = {
        "ss_network_module": "networks.lora",
        "ss_network_dim": rank,
        "ss_network_alpha": rank,
        "ss_base_model_version": next(iter(bases), architecture),
        "ss_output_name": name,
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": f"{architecture}/lora",
        "modelspec.title": name,
        "modelspec.date": timestamp(),
        "modelspec.trigger_phrase": ", ".join(words) or None,
        KEY: json.dumps(
            {"version": VERSION, "operation": operation, "sources": list(sources), **facts},
            sort_keys=True,
        ),
    }
    return {key: str(value) for key, value in values.items() if value is not None}
