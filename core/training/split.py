"""The images of a dataset that a training holds out."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from core.configuration.declaration import SEED_MAX
from core.training.configuration.schema import TrainingConfig
from core.training.datasets.folder import Item
from core.training.metadata import KEY


class Split(BaseModel):
    """The images that a training held out, and the trigger word of its captions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(0.0, ge=0, le=0.5, description="Share of the images; 0: none.")
    seed: int = Field(0, ge=0, le=SEED_MAX, description="Seed of the choice.")
    trigger_word: str = Field("", max_length=80, description="Trigger word of the captions.")

    @classmethod
    def of(cls, config: TrainingConfig) -> Split:
        """That of a configuration."""
        section = config.validation
        return cls(
            share=section.held_share, seed=section.seed, trigger_word=config.data.trigger_word
        )

    @classmethod
    def of_file(cls, metadata: Mapping[str, object], digest: str) -> Split | None:
        """That of the training that wrote a LoRA file; None for another dataset or program."""
        try:
            facts = json.loads(str(metadata.get(KEY, "{}")))
            if facts["dataset"]["digest"] != digest:
                return None
            return cls.of(TrainingConfig.model_validate(facts["config"]))
        except (ValueError, TypeError, KeyError):  # of another program or version
            return None


def split(items: Sequence[Item], share: float, seed: int) -> tuple[list[Item], list[Item]]:
    """Images to train on, and a share that is held out by the seed, always the same ones.

    A share of 0 holds none out; of one image none is.
    """
    if not share or len(items) < 2:
        return list(items), []
    count = min(len(items) - 1, max(1, round(len(items) * share)))
    ordered = sorted(items, key=lambda item: (item.sha256, item.name))
    held = {item.name for item in random.Random(seed).sample(ordered, count)}
    return (
        [item for item in items if item.name not in held],
        [item for item in items if item.name in held],
    )
