"""The plan of a training before it starts: its configuration, size, and the refusal of a base."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.training.buckets import Size, crops
from core.training.captions import with_trigger
from core.training.configuration.schema import TrainingConfig

if TYPE_CHECKING:
    from core.models.families.family import Family
    from core.models.families.training import Training
    from core.models.library.model import Model
    from core.training.datasets.folder import Folder

SAMPLES = 3  # captions of the dataset that samples are drawn of, beside one without the trigger


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """`samples` are prompts with a mark: false for one that the LoRA should leave alone. `controls`
    are the names of the images whose control image each sample of edit pairs changes."""

    config: TrainingConfig
    steps: int
    images: int
    digest: str
    buckets: dict[Size, int]
    samples: Sequence[tuple[str, bool]]
    controls: Sequence[str] = ()
    warnings: Sequence[tuple[str, str]] = ()

    def public(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            "config": self.config.model_dump(mode="json"),
            "steps": self.steps,
            "dataset": {
                "images": self.images,
                "digest": self.digest,
                "buckets": [[*size, count] for size, count in self.buckets.items()],
            },
            "samples": [
                {"prompt": text, "trigger": marked, **({"control": name} if name else {})}
                for (text, marked), name in zip_longest(self.samples, self.controls)
            ],
        }


def plan_of(config: TrainingConfig, model: Model, folder: Folder) -> TrainingPlan:
    """The plan for a base model and a dataset.

    Raises `InvalidInput` for a distilled base, with the model to train instead.
    """
    training = training_of(model.family)
    warnings = _check_base(config, model, training)
    if config.data.edit_pairs:
        _check_pairs(config, model, folder)
    sizes = Counter(
        cut.bucket
        for item in folder.items
        for cut in crops(
            (item.width, item.height),
            config.data.resolution,
            training.multiple,
            aspects=config.data.aspect_buckets,
        )
    )
    return TrainingPlan(
        config,
        config.steps(len(folder.items)),
        len(folder.items),
        folder.digest,
        dict(sizes.most_common()),
        *_samples(config, model, folder),
        warnings,
    )


def _samples(
    config: TrainingConfig, model: Model, folder: Folder
) -> tuple[list[tuple[str, bool]], list[str]]:
    """The prompts of the samples, and of edit pairs the image that each changes.

    The result of an edit needs the image before it: configured prompts take those of the dataset in
    turn, and examples of the model, which draw from nothing, are left out.
    """
    prompts = sample_prompts(config, model, folder)
    if not config.data.edit_pairs:
        return prompts, []
    if config.validation.prompts:
        items = [folder.items[place % len(folder.items)] for place in range(len(prompts))]
        return prompts, [item.name for item in items]
    captions = {item.caption: item.name for item in reversed(folder.items) if item.caption}
    chosen = list(dict.fromkeys(item.caption for item in folder.items if item.caption))[:SAMPLES]
    return prompts[: len(chosen)], [captions[caption] for caption in chosen]


def sample_prompts(config: TrainingConfig, model: Model, folder: Folder) -> list[tuple[str, bool]]:
    """The prompts of the samples: the configured ones, else captions and an example."""
    trigger = config.data.trigger_word
    if config.validation.prompts:
        return [(text, trigger.lower() in text.lower()) for text in config.validation.prompts]
    captions = dict.fromkeys(item.caption for item in folder.items if item.caption)
    chosen = [(with_trigger(caption, trigger), True) for caption in list(captions)[:SAMPLES]]
    return [*chosen, *((example, False) for example in model.examples[:1])]


def _check_pairs(config: TrainingConfig, model: Model, folder: Folder) -> None:
    """Refuse edit pairs that the base or the dataset lacks. Raises `InvalidInput`."""
    if not training_of(model.family).references:
        raise InvalidInput(
            f"{model.family.label} has no references, so it cannot be trained on edit pairs.",
            field="data.edit_pairs",
            fix="Train on FLUX.2, or set `data.edit_pairs` to false.",
        )
    if config.data.prior_share:
        raise InvalidInput(
            "Images of the base model have no control image.",
            field="data.prior_share",
            fix="Set it to 0 beside `data.edit_pairs`.",
        )
    lacking = [item.name for item in folder.items if item.control_path is None]
    if lacking:
        raise InvalidInput(
            f"{len(lacking)} images have no control image: {', '.join(lacking[:5])}.",
            field="dataset",
            fix="Put `robot_control.png` beside `robot.png`, or `control/robot.png` below it.",
        )


def training_of(family: Family) -> Training:
    """The training of a family. Raises `InvalidInput` with the reason for one without."""
    if family.training is None:
        raise InvalidInput(
            f"LoRAs of {family.label} cannot be trained: {family.untrainable}.",
            field="model",
            fix="Choose another base model.",
        )
    return family.training


def _check_base(config: TrainingConfig, model: Model, training: Training) -> list[tuple[str, str]]:
    """Warnings about the base. Raises `InvalidInput` where it should not be trained."""
    if not model.distilled:
        return []
    base = training.bases.get(model.variant.id if model.variant else "")
    instead = f"Train on {base} instead" if base else "Train on the base it was distilled from"
    if not config.model.allow_distilled:
        raise InvalidInput(
            f"{model.label} is distilled: a LoRA trained on it draws grey blocks or loses detail.",
            field="model",
            fix=f"{instead}; its LoRAs work on the distilled model too. "
            "`model.allow_distilled=true` trains nevertheless.",
        )
    return [("distilled_base", f"{model.label} is distilled, so results may be poor. {instead}.")]
