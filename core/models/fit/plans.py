"""Memory plans: the placement and format of a model's parts, and their memory needs.

Data and arithmetic only; the engine carries a plan out. All amounts are bytes. Memory beside the
weights is an estimate: see `activations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.models.families.family import BYTES

Placement = Literal["device", "model_offload", "group_offload"]

MEGAPIXEL = 1 << 20
GIB = 1 << 30
# Not measured on a GPU: rounded up from reports of users.
PICTURE_PER_BILLION = 120 << 20  # parameters of the network, for each megapixel
PICTURE_AT_LEAST = 600 << 20  # for each megapixel
VAE_PER_MEGAPIXEL = 2600 << 20  # decoding in 16 bits
VAE_TILED = 700 << 20  # decoding in tiles, for any size
RUNTIME = 500 << 20  # CUDA and its libraries
GROUP_SHARE = 0.04  # of a network: two layers are on the device at a time
HEADROOM = 0.95  # of what is free


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """One way to hold a model. `formats` are the parts stored smaller (part → `fp8`, `nf4`)."""

    id: str
    label: str
    placement: Placement
    formats: Mapping[str, str] = field(default_factory=dict)
    tiling: bool = False


@dataclass(frozen=True, slots=True)
class FreeMemory:
    """A device and its free memory: `kind` is cuda, mps or cpu; on the latter two it is RAM."""

    kind: str
    total: int
    free: int
    ram_free: int


@dataclass(frozen=True, slots=True)
class Need:
    """Memory needs of a plan: the peak on the device, and RAM."""

    device: int
    ram: int


@dataclass(frozen=True, slots=True)
class Parts:
    """A model's parts: parameters of each, and the bytes of one parameter on the device.

    `core` is the denoising network. `stored` are the parts whose files fix their size (GGUF,
    quantized files): bytes. `extra` are the LoRAs', bytes; `beside` the ControlNets', which are on
    the device under every plan. `wide` counts the parameters of a part
    that keep their width in a smaller format (part → format → parameters).
    """

    numbers: Mapping[str, int]
    core: str
    width: float = 2.0
    stored: Mapping[str, int] = field(default_factory=dict)
    extra: int = 0
    wide: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    beside: int = 0

    def bytes(self, formats: Mapping[str, str]) -> dict[str, int]:
        """The parts' bytes when some are stored smaller."""
        sizes = {}
        for name, count in self.numbers.items():
            if name in self.stored:
                sizes[name] = self.stored[name]
            elif name in formats:
                wide = self.wide.get(name, {}).get(formats[name], 0)
                sizes[name] = int((count - wide) * BYTES[formats[name]] + wide * self.width)
            else:
                sizes[name] = int(count * self.width)
        sizes[self.core] = sizes.get(self.core, 0) + self.extra
        return sizes


def plans(kind: str, quantizations: Sequence[Mapping[str, str]] = ()) -> tuple[MemoryPlan, ...]:
    """The plans for a device, in the order they are tried: fast and whole first.

    `quantizations` are the ways to store the model's parts smaller, the largest first.
    """
    whole = MemoryPlan("device", "all on the device", "device")
    tiled = MemoryPlan("device-tiled", "all on the device, decoded in tiles", "device", tiling=True)
    if kind != "cuda":
        return (whole, tiled)
    small, small_offload = [], []
    for number, formats in enumerate(filter(None, quantizations), start=1):
        name = "small" if number == 1 else f"small-{number}"
        how = ", ".join(f"{part} as {formats[part].upper()}" for part in sorted(formats))
        small.append(MemoryPlan(name, f"all on the device, {how}", "device", formats, True))
        small_offload.append(
            MemoryPlan(f"{name}-offload", f"parts in turn, {how}", "model_offload", formats, True)
        )
    return (
        whole,
        tiled,
        *small,
        MemoryPlan("offload", "parts in turn", "model_offload", tiling=True),
        *small_offload,
        MemoryPlan("groups", "layers in turn, streamed", "group_offload", tiling=True),
    )


def activations(parts: Parts, width: int, height: int, tiling: bool) -> tuple[int, int]:
    """Bytes that denoising and decoding an image need beside the weights."""
    pixels = width * height / MEGAPIXEL
    billions = parts.numbers.get(parts.core, 0) / 1e9
    wide = parts.width / 2
    denoising = int(max(PICTURE_AT_LEAST, PICTURE_PER_BILLION * billions) * pixels * wide)
    decoding = int(VAE_PER_MEGAPIXEL * pixels * wide)
    return denoising, min(decoding, int(VAE_TILED * wide)) if tiling else decoding


def need(plan: MemoryPlan, parts: Parts, kind: str, width: int, height: int) -> Need:
    """Memory needs of `plan` for one image. Several are generated one after the other."""
    sizes = parts.bytes(plan.formats)
    denoising, decoding = activations(parts, width, height, plan.tiling)
    core, rest = sizes[parts.core], sum(sizes.values()) - sizes[parts.core]
    others = [size for name, size in sizes.items() if name != parts.core]
    if plan.placement == "device":
        highest = core + rest + max(denoising, decoding)
    elif plan.placement == "model_offload":
        highest = max(core + denoising, *others, sizes.get("vae", 0) + decoding)
    else:
        share = int(GROUP_SHARE * max(sizes.values()))
        highest = max(share + denoising, sizes.get("vae", 0) + decoding)
    highest += parts.beside
    if kind != "cuda":
        return Need(highest, highest)
    # All parts are read into RAM before any is stored smaller or moved to the device.
    return Need(highest + RUNTIME, sum(parts.bytes({}).values()))


@dataclass(frozen=True, slots=True)
class Fit:
    """The needs of each plan, and the chosen one: None where no plan fits.

    The last plan then has the smallest needs.
    """

    needs: tuple[tuple[MemoryPlan, Need], ...]
    plan: MemoryPlan | None
    memory: FreeMemory

    @property
    def sentence(self) -> str:
        """A message: `fits: 0.3 of 24.0 GB`, or the missing memory."""
        if self.plan is None:
            least = min((need.device for _, need in self.needs), default=0)
            return f"does not fit: needs {_gb(least)} of {_gb(self.memory.free)} GB free"
        chosen = next(need for plan, need in self.needs if plan is self.plan)
        how = "" if self.plan.id == "device" else f", {self.plan.label}"
        return f"fits: {_gb(chosen.device)} of {_gb(self.memory.free)} GB{how}"


def fit(
    parts: Parts,
    memory: FreeMemory,
    quantizations: Sequence[Mapping[str, str]],
    width: int,
    height: int,
) -> Fit:
    """The fit of an image of this size."""
    needs = tuple(
        (plan, need(plan, parts, memory.kind, width, height))
        for plan in plans(memory.kind, quantizations)
    )
    return Fit(needs, choose(needs, memory), memory)


def choose(needs: Sequence[tuple[MemoryPlan, Need]], memory: FreeMemory) -> MemoryPlan | None:
    """The first plan that fits."""
    return next((plan for plan, need in needs if fits(need, memory)), None)


def fits(need: Need, memory: FreeMemory) -> bool:
    """True where a plan fits into the free memory, with a reserve."""
    return need.device <= memory.free * HEADROOM and need.ram <= memory.ram_free * HEADROOM


def below(plan: MemoryPlan, needs: Sequence[tuple[MemoryPlan, Need]]) -> MemoryPlan | None:
    """The plan to step down to: the next one that needs less; None where there is none."""
    order = [candidate for candidate, _ in needs]
    bytes_of = {candidate.id: need.device for candidate, need in needs}
    for candidate in order[order.index(plan) + 1 :]:
        if bytes_of[candidate.id] < bytes_of[plan.id]:
            return candidate
    return None


def _gb(size: int) -> str:
    return f"{size / GIB:.1f}"
