"""Memory plans: where a model's parts lie while it draws, and how small its numbers are stored.

Data and arithmetic only; the engine carries a plan out. All amounts are bytes. What a picture
needs beside the weights is an estimate: see `activations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.models.families.family import BYTES

Placement = Literal["device", "model_offload", "group_offload", "sequential"]

MEGAPIXEL = 1 << 20
GIB = 1 << 30
# Not measured by us on a GPU: rounded up from what users of these models report.
PICTURE_PER_BILLION = 120 << 20  # of the network's numbers, for each megapixel
PICTURE_AT_LEAST = 600 << 20  # for each megapixel
VAE_PER_MEGAPIXEL = 2600 << 20  # decoding in two bytes a number
VAE_TILED = 700 << 20  # decoding in tiles, whatever the size
RUNTIME = 500 << 20  # what CUDA and its libraries take for themselves
SEQUENTIAL_LAYER = 400 << 20
GROUP_SHARE = 0.08  # of the network: two groups of layers are on the device at a time
HEADROOM = 0.95  # of what is free


@dataclass(frozen=True, slots=True)
class Plan:
    """One way to hold a model. `formats` are the parts stored smaller (part → `nf4`, `fp8`)."""

    id: str
    label: str
    placement: Placement
    formats: Mapping[str, str] = field(default_factory=dict)
    tiling: bool = False


@dataclass(frozen=True, slots=True)
class FreeMemory:
    """A device and what is free: `kind` is cuda, mps or cpu; on the latter two memory is RAM."""

    kind: str
    total: int
    free: int
    ram_free: int


@dataclass(frozen=True, slots=True)
class Need:
    """What a plan takes: on the device at its highest, and in RAM."""

    device: int
    ram: int


@dataclass(frozen=True, slots=True)
class Parts:
    """A model's parts: numbers of each, the bytes of one where the device computes in it.

    `core` is the network that draws. `stored` are the parts whose files fix their size (GGUF,
    quantized files): bytes. `extra` are the LoRAs', bytes.
    """

    numbers: Mapping[str, int]
    core: str
    width: float = 2.0
    stored: Mapping[str, int] = field(default_factory=dict)
    extra: int = 0

    def bytes(self, formats: Mapping[str, str]) -> dict[str, int]:
        """The parts' bytes when some are stored smaller."""
        found = {}
        for name, count in self.numbers.items():
            if name in self.stored:
                found[name] = self.stored[name]
            else:
                one = BYTES[formats[name]] if name in formats else self.width
                found[name] = int(count * one)
        found[self.core] = found.get(self.core, 0) + self.extra
        return found


def plans(kind: str, formats: Mapping[str, str]) -> tuple[Plan, ...]:
    """The plans for a device, in the order they are tried: fast and whole first.

    `formats` is how the family stores its parts on a device of this size; empty: whole.
    """
    whole = Plan("device", "all on the device", "device")
    tiled = Plan("device-tiled", "all on the device, decoded in tiles", "device", tiling=True)
    if kind != "cuda":
        return (whole, tiled)
    small: tuple[Plan, ...] = ()
    small_offload: tuple[Plan, ...] = ()
    if formats:
        names = ", ".join(sorted(set(formats.values()))).upper()
        small = (Plan("small", f"all on the device as {names}", "device", formats, True),)
        small_offload = (
            Plan("small-offload", f"parts in turn as {names}", "model_offload", formats, True),
        )
    return (
        whole,
        tiled,
        *small,
        Plan("offload", "parts in turn", "model_offload", tiling=True),
        *small_offload,
        Plan("groups", "layers in turn, streamed", "group_offload", tiling=True),
        Plan("sequential", "one layer at a time (slow)", "sequential", tiling=True),
    )


def activations(parts: Parts, width: int, height: int, tiling: bool) -> tuple[int, int]:
    """What denoising and decoding a picture need beside the weights, bytes."""
    pixels = width * height / MEGAPIXEL
    billions = parts.numbers.get(parts.core, 0) / 1e9
    wide = parts.width / 2
    drawing = int(max(PICTURE_AT_LEAST, PICTURE_PER_BILLION * billions) * pixels * wide)
    decoding = int(VAE_PER_MEGAPIXEL * pixels * wide)
    return drawing, min(decoding, int(VAE_TILED * wide)) if tiling else decoding


def need(plan: Plan, parts: Parts, kind: str, width: int, height: int) -> Need:
    """What `plan` takes for one picture. Several are drawn one after the other."""
    sizes = parts.bytes(plan.formats)
    drawing, decoding = activations(parts, width, height, plan.tiling)
    core, rest = sizes[parts.core], sum(sizes.values()) - sizes[parts.core]
    others = [size for name, size in sizes.items() if name != parts.core]
    if plan.placement == "device":
        highest, kept = core + rest + max(drawing, decoding), 0
    elif plan.placement == "model_offload":
        highest, kept = max(core + drawing, *others, sizes.get("vae", 0) + decoding), core + rest
    elif plan.placement == "group_offload":
        share = int(GROUP_SHARE * max(sizes.values()))
        highest, kept = max(share + drawing, sizes.get("vae", 0) + decoding), core + rest
    else:
        highest, kept = SEQUENTIAL_LAYER + max(drawing, decoding), core + rest
    if kind != "cuda":
        return Need(highest, highest)
    # Loading goes through RAM part by part.
    return Need(highest + RUNTIME, max(kept, max(sizes.values())))


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer before anything runs: what each plan takes, and which one is taken.

    `plan` is None where nothing fits; then the last plan says what is needed at least.
    """

    needs: tuple[tuple[Plan, Need], ...]
    plan: Plan | None
    room: FreeMemory

    @property
    def sentence(self) -> str:
        """For people: `fits: 0.3 of 24.0 GB`, or what is missing."""
        if self.plan is None:
            least = min((one.device for _, one in self.needs), default=0)
            return f"does not fit: needs {_gb(least)} of {_gb(self.room.free)} GB free"
        chosen = next(one for plan, one in self.needs if plan is self.plan)
        how = "" if self.plan.id == "device" else f", {self.plan.label}"
        return f"fits: {_gb(chosen.device)} of {_gb(self.room.free)} GB{how}"


def fit(parts: Parts, room: FreeMemory, formats: Mapping[str, str], width: int, height: int) -> Fit:
    """Which plan a picture of this size runs by."""
    found = tuple(
        (plan, need(plan, parts, room.kind, width, height)) for plan in plans(room.kind, formats)
    )
    return Fit(found, choose(found, room), room)


def choose(needs: Sequence[tuple[Plan, Need]], room: FreeMemory) -> Plan | None:
    """The first plan that fits."""
    return next((plan for plan, one in needs if fits(one, room)), None)


def fits(one: Need, room: FreeMemory) -> bool:
    """Whether there is room for a plan, with a little to spare."""
    return one.device <= room.free * HEADROOM and one.ram <= room.ram_free * HEADROOM


def below(plan: Plan, needs: Sequence[tuple[Plan, Need]]) -> Plan | None:
    """The plan to step down to: the next one in order that takes less; None: there is none."""
    order = [one for one, _ in needs]
    taken = {one.id: need_.device for one, need_ in needs}
    for candidate in order[order.index(plan) + 1 :]:
        if taken[candidate.id] < taken[plan.id]:
            return candidate
    return None


def _gb(size: int) -> str:
    return f"{size / GIB:.1f}"
