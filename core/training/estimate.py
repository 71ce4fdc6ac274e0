"""The estimate of a training before it starts: memory by part, the plan that fits, and seconds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import InvalidInput
from core.models.families.family import BYTES
from core.models.fit.plans import RUNTIME, Fit, FreeMemory, MemoryPlan
from core.models.fit.training import (
    TrainedNetwork,
    TrainingLoad,
    load_of,
    network_of,
    storable,
    training_fit,
    training_plans,
)
from core.training.configuration.schema import TrainingConfig
from core.training.packages import BITSANDBYTES, installed

if TYPE_CHECKING:
    from core.models.library.model import Model

GUESSES = {"cpu": 3e10, "mps": 2e12, "cuda": 4e13}
"""Operations a second: of one core, or of a GPU. A first guess until a training was measured."""
NARROW_ALGORITHM = "lora"  # the only one that works beside stored weights that are not wide


@dataclass(frozen=True, slots=True)
class Speed:
    """Operations a second, and the source: `model`, `machine` (another model) or `guess`."""

    rate: float
    source: str


@dataclass(frozen=True, slots=True)
class TrainingEstimate:
    """Memory and time of a training. `base`: the frozen weights on the device, bytes.

    `remedies` say what makes it fit, where no plan does.
    """

    fit: Fit
    load: TrainingLoad
    base: int
    libraries: int
    steps: int
    step_seconds: float
    source: str
    remedies: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """The time of the steps."""
        return self.steps * self.step_seconds

    @property
    def sentence(self) -> str:
        """Memory and time, for people."""
        origin = {
            "model": "by earlier trainings of this model",
            "machine": "by trainings of other models here",
            "guess": "a first guess: nothing was trained here yet",
        }[self.source]
        time = f"about {duration(self.seconds)} for {self.steps} steps, {origin}"
        if self.fit.plan:
            return f"{self.fit.sentence} · {time}"
        return ". ".join([self.fit.sentence, *self.remedies]) + "."

    def public(self) -> dict[str, Any]:
        """The estimate as JSON; sizes are bytes."""
        return {
            "sentence": self.sentence,
            "memory": [
                {"name": "base weights", "bytes": self.base},
                {"name": "libraries", "bytes": self.libraries},
                {"name": "LoRA", "bytes": self.load.lora},
                {"name": "gradients", "bytes": self.load.gradients},
                {"name": "optimizer", "bytes": self.load.optimizer},
                {"name": "average", "bytes": self.load.average},
                {"name": "activations", "bytes": self.load.activations},
            ],
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "step_seconds": round(self.step_seconds, 3),
            "speed": self.source,
            "remedies": list(self.remedies),
        }


def first_guess(kind: str) -> Speed:
    """The speed of a device on which nothing was measured."""
    return Speed(GUESSES[kind] * ((os.cpu_count() or 1) if kind == "cpu" else 1), "guess")


def estimate(
    config: TrainingConfig, model: Model, memory: FreeMemory, images: int, speed: Speed
) -> TrainingEstimate:
    """The estimate of a training on a device with this free memory. Raises as `plans_of`."""
    fit, load = fit_of_training(config, model, memory)
    plan = fit.plan or min(fit.needs, key=lambda pair: pair[1].device)[0]
    needs = {plan.id: need for plan, need in fit.needs}
    libraries = RUNTIME if memory.kind == "cuda" else 0
    return TrainingEstimate(
        fit,
        load,
        max(0, needs[plan.id].device - load.total - libraries),
        libraries,
        config.steps(images),
        work_of(config, model) / speed.rate,
        speed.source,
        () if fit.plan else tuple(_remedies(config, model, memory)),
    )


def fit_of_training(
    config: TrainingConfig, model: Model, memory: FreeMemory
) -> tuple[Fit, TrainingLoad]:
    """The plans for a training with their needs, and what it holds beside the base.

    Raises as `plans_of`.
    """
    training, lora = config.training, config.lora
    wide = config.model.dtype == "float32" or (
        config.model.dtype == "auto" and memory.kind == "cpu"
    )
    load = load_of(
        _network(config, model),
        lora.rank,
        _tokens(config, model),
        training.optimizer,
        average=training.ema_decay > 0,
        checkpointing=training.gradient_checkpointing,
        width=BYTES["float32" if wide else "bfloat16"],
    )
    return training_fit(model, memory, load, plans_of(config, model, memory.kind)), load


def plans_of(config: TrainingConfig, model: Model, kind: str) -> Sequence[MemoryPlan]:
    """The plans that a configuration allows on a device.

    Raises `InvalidInput` for a format or an offload that this base, device or algorithm lacks.
    """
    check_storage(config, model, kind)
    wanted, offload = config.model.quantization, config.model.offload
    core = model.family.core
    narrow = config.lora.algorithm == NARROW_ALGORITHM
    plans = [
        plan
        for plan in training_plans(model.family, kind)
        if (wanted == "auto" or plan.formats.get(core, "none") == wanted)
        and (offload == "auto" or plan.placement == PLACEMENTS[offload])
        and ("nf4" not in plan.formats.values() or installed(BITSANDBYTES))
        and (narrow or (core not in plan.formats and plan.placement != "group_offload"))
    ]
    if not plans:
        raise InvalidInput(
            f"`model.quantization` {wanted} with `model.offload` {offload} does not exist.",
            field="model.offload",
            fix="Set one of them to `auto`.",
        )
    return plans


PLACEMENTS = {"none": "device", "encoders": "model_offload", "blocks": "group_offload"}


def check_storage(config: TrainingConfig, model: Model, kind: str | None = None) -> None:
    """Refuse a format or an offload by its name; without a kind of device what none can do.

    Raises `InvalidInput`.
    """
    wanted, offload = config.model.quantization, config.model.offload
    formats = storable(model.family)
    if wanted in ("fp8", "nf4") and wanted not in formats:
        raise InvalidInput(
            f"{model.family.label} cannot be trained with its weights as {wanted.upper()}.",
            field="model.quantization",
            fix=f"Choose {', '.join(('auto', 'none', *sorted(formats)))}.",
        )
    stored = wanted in ("fp8", "nf4") or offload == "blocks"
    if stored and config.lora.algorithm != NARROW_ALGORITHM:
        raise InvalidInput(
            f"{config.lora.algorithm} needs the weights of the base in full width.",
            field="lora.algorithm",
            fix="Choose lora, or set `model.quantization` and `model.offload` to none.",
        )
    if offload in ("encoders", "blocks") and kind not in ("cuda", None):
        raise InvalidInput(
            f"`model.offload` is {offload}, but this machine has no GPU to free.",
            field="model.offload",
            fix="Set it to auto.",
        )


def work_of(config: TrainingConfig, model: Model) -> float:
    """Floating point operations of an optimizer step."""
    training = config.training
    batch = _network(config, model).work(
        _tokens(config, model), checkpointing=training.gradient_checkpointing
    )
    return batch * training.gradient_accumulation_steps


def duration(seconds: float) -> str:
    """A time for people: `40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _network(config: TrainingConfig, model: Model) -> TrainedNetwork:
    training = model.family.training
    assert training is not None
    targets = config.lora.target_modules
    if isinstance(targets, str) and targets in training.targets:
        return network_of(model, training.targets[targets])
    endings = (targets,) if isinstance(targets, str) else targets
    return network_of(model, rf"(.*\.)?({'|'.join(map(re.escape, endings))})")


def _tokens(config: TrainingConfig, model: Model) -> int:
    """Tokens of a batch at the largest resolution: of its images and, in a transformer, texts."""
    training, side = model.family.training, max(config.data.resolution)
    assert training is not None
    text = 0 if model.family.core == "unet" else max(model.prompts.windows.values())
    image = side * side // training.multiple**2 * (2 if config.data.edit_pairs else 1)
    return config.training.batch_size * (image + text)


def _remedies(config: TrainingConfig, model: Model, memory: FreeMemory) -> Iterator[str]:
    """Settings that make the training fit, each alone; else the smaller base."""
    section, side = config.training, max(config.data.resolution)
    changes: dict[str, dict[str, Any]] = {
        "`training.gradient_checkpointing=true` fits": {
            "training": section.model_copy(update={"gradient_checkpointing": True})
        },
        "`training.batch_size=1` fits": {"training": section.model_copy(update={"batch_size": 1})},
        f"`data.resolution={side // 2}` fits": {
            "data": config.data.model_copy(update={"resolution": (side // 2,)})
        },
        "`model.quantization=auto` and `model.offload=auto` fit": {
            "model": config.model.model_copy(update={"quantization": "auto", "offload": "auto"})
        },
    }
    helpful = [
        sentence
        for sentence, change in changes.items()
        if fit_of_training(config.model_copy(update=change), model, memory)[0].plan
    ]
    yield from helpful
    if not helpful:
        yield "Choose a smaller base model, or close other programs"
