"""The ways to run a full-size model on a GPU: the memory plans, a LoRA, faster kernels."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.full_size import known
from core.engine.device import Device
from core.engine.placing import place
from core.models.fit.fit import published_wide, quantizations_of
from core.models.fit.plans import MemoryPlan, Parts, plans

RANK = 16
TARGETS = ("to_q", "to_k", "to_v", "to_out.0")
PICTURES = {"device": 3, "model_offload": 2, "group_offload": 2}
CUDNN = (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION)
Change = Callable[[Any, str], None]


@dataclass(frozen=True, slots=True)
class Way:
    """A memory plan, a change of the denoising network, and kernels of attention by preference.

    `needs` is a package that the plan needs.
    """

    name: str
    plan: MemoryPlan
    change: Change | None = None
    attention: Sequence[SDPBackend] = ()
    needs: str = ""

    @property
    def pictures(self) -> int:
        """Number of pictures to draw."""
        return PICTURES[self.plan.placement]

    @property
    def missing(self) -> bool:
        """True where the machine lacks the package."""
        return bool(self.needs) and importlib.util.find_spec(self.needs) is None

    @property
    def compiled(self) -> bool:
        """True where the network is compiled."""
        return self.change is compile_network

    def prepare(self, pipeline: Any, core: str, device: Device) -> int:
        """Place the pipeline; return the bytes that the change added to its network."""
        if self.plan.placement != "device":
            pipeline.to("cpu")
            device.free_caches()
        network = getattr(pipeline, core)
        before = _bytes(network)
        if self.change:
            self.change(pipeline, core)
        added = _bytes(network) - before
        place(pipeline, self.plan, device.kind)
        return added

    @contextmanager
    def kernels(self) -> Iterator[None]:
        """Compute with the kernels of this way."""
        chosen = sdpa_kernel(list(self.attention), set_priority=True) if self.attention else None
        with chosen or nullcontext():
            yield


def ways(variant_id: str, kind: str) -> dict[str, Way]:
    """Every way to run the variant on a device of this kind, by name."""
    family, _ = known(variant_id)
    by_plan = {
        plan.id: Way(plan.id, plan, needs="bitsandbytes" if "nf4" in plan.formats.values() else "")
        for plan in plans(kind, quantizations_of(family, kind, published(variant_id)))
    }
    whole = by_plan.pop("device")
    kernels = [
        Way("lora", whole.plan, add_lora),
        Way("cudnn", whole.plan, attention=CUDNN),
        Way("compiled", whole.plan, compile_network, CUDNN),
    ]
    return {way.name: way for way in (whole, *kernels, *by_plan.values())}


def published(variant_id: str, extra: int = 0) -> Parts:
    """The model's parts as its record counts them, in two bytes a number."""
    family, variant = known(variant_id)
    wide = {name: published_wide(family, variant, name) for name in variant.parameters}
    return Parts(variant.parameters, family.core, extra=extra, wide=wide)


def add_lora(pipeline: Any, core: str) -> None:
    """Put a random LoRA around the layers of attention."""
    from peft import LoraConfig

    network = getattr(pipeline, core)
    network.add_adapter(LoraConfig(r=RANK, target_modules=list(TARGETS), init_lora_weights=False))


def compile_network(pipeline: Any, core: str) -> None:
    """Compile a transformer block by block, a U-net whole with channels last."""
    network = getattr(pipeline, core)
    pipeline.vae.to(memory_format=torch.channels_last)
    blocks = [
        block
        for name, blocks in network.named_children()
        if name.endswith("transformer_blocks")
        for block in blocks
    ]
    if not blocks:
        network.to(memory_format=torch.channels_last)
    for part in blocks or [network]:
        part.compile()


def _bytes(network: torch.nn.Module) -> int:
    return sum(tensor.nbytes for tensor in network.parameters())
