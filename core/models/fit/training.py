"""Memory needs and work of a LoRA training, from the headers of the base model's files.

The plans are those of `plans.py` with other needs: the gradient flows through the network, which
keeps what each layer read. Texts and latents are computed first, so the text encoders and the VAE
may leave the device while it trains. All amounts are estimates; sizes are bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.models.families.family import BYTES, Family
from core.models.fit.fit import parts_of
from core.models.fit.plans import (
    GROUP_SHARE,
    RUNTIME,
    Fit,
    FreeMemory,
    MemoryPlan,
    Need,
    Parts,
    choose,
)
from core.models.library.model import Model

KEPT = 1.5  # of inputs and outputs of layers: norms, attention and the loss keep some too
FORWARD, BACKWARD = 2, 2  # operations for each parameter of a frozen layer and token
_BLOCK = re.compile(r"^(.*?blocks\.\d+(?:\.attentions\.\d+\.transformer_blocks\.\d+)?)\.")
_LEVEL = re.compile(r"^(down|up|mid)_block(?:s\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Layer:
    """A linear or convolutional layer. `share`: the part of all tokens that it reads."""

    name: str
    inputs: int
    outputs: int
    parameters: int
    share: float = 1.0


@dataclass(frozen=True)
class TrainedNetwork:
    """The layers of a network, and the names of the trained ones (a pattern of full names)."""

    layers: tuple[Layer, ...]
    targets: str

    @cached_property
    def trained(self) -> tuple[Layer, ...]:
        """The trained layers; those of all blocks where the file names its layers differently."""
        pattern = re.compile(self.targets)
        matched = tuple(layer for layer in self.layers if pattern.fullmatch(layer.name))
        return matched or tuple(layer for layer in self.layers if _BLOCK.match(layer.name))

    @property
    def blocks(self) -> int:
        """The number of blocks that checkpointing recomputes one by one."""
        return len({match[1] for layer in self.layers if (match := _BLOCK.match(layer.name))}) or 1

    def lora_parameters(self, rank: int) -> int:
        """Parameters of two matrices of this rank beside each trained layer."""
        return rank * sum(layer.inputs + layer.outputs for layer in self.trained)

    def activations(self, tokens: int, width: float, *, checkpointing: bool) -> int:
        """Bytes that a step keeps for the way back, `width` bytes each value."""
        values = sum((layer.inputs + layer.outputs) * layer.share for layer in self.layers)
        if checkpointing:  # the input of every block, and one block whole
            inputs = max((layer.inputs for layer in self.layers), default=0) * self.blocks
            values = values / self.blocks + inputs / 2
        return int(values * tokens * width * KEPT)

    def work(self, tokens: int, *, checkpointing: bool) -> float:
        """Floating point operations of a step."""
        operations = FORWARD + BACKWARD + (FORWARD if checkpointing else 0)
        return operations * tokens * sum(layer.parameters * layer.share for layer in self.layers)


@dataclass(frozen=True, slots=True)
class TrainingLoad:
    """Memory of a training on the device beside the frozen weights, bytes."""

    lora: int
    gradients: int
    optimizer: int
    average: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.lora + self.gradients + self.optimizer + self.average + self.activations


def network_of(model: Model, targets: str) -> TrainedNetwork:
    """The denoising network of a model by the headers of its files."""
    prefix = model.finding.prefix if model.finding and model.layout != "folder" else ""
    shapes = {
        name.removeprefix(prefix).removesuffix(".weight"): shape
        for file in model.weights.get(model.family.core, ())
        for name, shape in file.shapes.items()
        if name.startswith(prefix) and name.endswith(".weight") and len(shape) in (2, 4)
    }
    last = max((int(m[2] or 0) for name in shapes if (m := _LEVEL.match(name))), default=0)
    return TrainedNetwork(tuple(_layers(shapes, last)), targets)


def _layers(shapes: Mapping[str, Sequence[int]], last: int) -> Iterator[Layer]:
    for name, (outputs, inputs, *kernel) in shapes.items():
        size = inputs * outputs
        for side in kernel:
            size *= side
        yield Layer(name, inputs, outputs, size, _share(name, last))


def _share(name: str, last: int) -> float:
    """The part of the tokens at a level of a UNet, which halves both sides from level to level."""
    match = _LEVEL.match(name)
    if match is None:
        return 1.0
    place = int(match[2] or 0)
    level = {"down": place, "up": last - place, "mid": last}[match[1]]
    return float(0.25**level)


def training_fit(
    model: Model,
    memory: FreeMemory,
    load: TrainingLoad,
    plans: Sequence[MemoryPlan],
) -> Fit:
    """The needs of each plan, and the first that fits."""
    parts = parts_of(model, memory.kind)
    needs = tuple((plan, training_need(plan, parts, memory.kind, load)) for plan in plans)
    return Fit(needs, choose(needs, memory), memory)


def training_need(plan: MemoryPlan, parts: Parts, kind: str, load: TrainingLoad) -> Need:
    """Memory needs of a training by a plan."""
    sizes = parts.bytes(plan.formats)
    core = sizes[parts.core]
    others = [size for name, size in sizes.items() if name != parts.core]
    if plan.placement == "device":
        highest = sum(sizes.values()) + load.total
    elif plan.placement == "model_offload":
        highest = max(core + load.total, *others, 0)
    else:
        highest = max(int(GROUP_SHARE * core) + load.total, *others, 0)
    if kind != "cuda":
        return Need(highest, highest)
    return Need(highest + RUNTIME, sum(parts.bytes({}).values()))


def training_plans(family: Family, kind: str) -> tuple[MemoryPlan, ...]:
    """The plans of a training on a device, in the order they are tried: full precision first."""
    core = family.core
    whole = MemoryPlan("device", "all on the device", "device")
    small = [format for format in ("fp8", "nf4") if format in storable(family)]
    if kind == "mps":
        return (whole,)
    if kind != "cuda":
        stored = (MemoryPlan(f, f"{core} as {f.upper()}", "device", {core: f}) for f in small)
        return (whole, *stored)
    return (
        whole,
        MemoryPlan("offload", "encoders leave the device while it trains", "model_offload"),
        *(
            MemoryPlan(
                f"{form}-offload",
                f"{core} as {form.upper()}, encoders leave the device while it trains",
                "model_offload",
                _formats(family, form),
            )
            for form in small
        ),
        MemoryPlan("blocks", "layers streamed from RAM", "group_offload"),
        *(
            MemoryPlan(
                "fp8-blocks",
                f"{core} as FP8, layers streamed from RAM",
                "group_offload",
                {core: "fp8"},
            )
            for _ in small[:1]
        ),
    )


def storable(family: Family) -> set[str]:
    """The smaller formats that the family's network can be stored in."""
    return {formats[family.core] for formats in family.quantization if family.core in formats}


def _formats(family: Family, form: str) -> Mapping[str, str]:
    """The formats of all parts where the network is stored as `form`."""
    return next(f for f in reversed(family.quantization) if f.get(family.core) == form)


def state_bytes(optimizer: str) -> float:
    """Bytes of an optimizer's state for each trained parameter."""
    return {"adamw8bit": 2.0, "adafactor": 0.1, "prodigy": 16.0}.get(optimizer, 8.0)


def load_of(
    network: TrainedNetwork,
    rank: int,
    tokens: int,
    optimizer: str,
    *,
    average: bool,
    checkpointing: bool,
    width: float,
) -> TrainingLoad:
    """The load of a training in which a step reads `tokens`, computed in `width` bytes a value."""
    count, full = network.lora_parameters(rank), BYTES["float32"]
    return TrainingLoad(
        lora=int(count * full),
        gradients=int(count * full),
        optimizer=int(count * state_bytes(optimizer)),
        average=int(count * full) if average else 0,
        activations=network.activations(tokens, width, checkpointing=checkpointing),
    )
