"""The values that travel along the links of a graph, as far as a wall has a place for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LoraWeight:
    """A LoRA and its weight."""

    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class ModelValue:
    """A checkpoint with its LoRAs. `flow`: a flow matching model; `shift`: of its schedule."""

    name: str = ""
    loras: tuple[LoraWeight, ...] = ()
    flow: bool = False
    shift: float | None = None
    vae: str | None = None


@dataclass(frozen=True, slots=True)
class ClipValue:
    """Text encoders: how many layers at their end are skipped. `flow`: of a flow model."""

    skip: int | None = None
    flow: bool = False


@dataclass(frozen=True, slots=True)
class VaeValue:
    """A VAE by the name of its file, and the node that loads it; None for the checkpoint's own."""

    name: str | None = None
    node: str = ""


@dataclass(frozen=True, slots=True)
class ImageValue:
    """Images at an output port. Sides in pixels, where they are known.

    `target`: the size that a scaling node asks for. `pad`: pixels to add left, top, right and
    bottom, and the feathering.
    """

    source: str
    width: int | None = None
    height: int | None = None
    target: tuple[int, int] | None = None
    pad: tuple[int, int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class MaskValue:
    """A mask: of an `asset`, of a `file` elsewhere, of the alpha of an image (`over`), or of the
    room around a `padded` one. `grow`: pixels of a soft edge."""

    asset: str | None = None
    file: str | None = None
    over: ImageValue | None = None
    inverted: bool = False
    grow: int = 0
    padded: bool = False


@dataclass(frozen=True, slots=True)
class StoppedSampler:
    """A sampler that ended after `end` of its `steps`, with its node and its prompt."""

    node: str
    end: int
    steps: int
    prompt: str


@dataclass(frozen=True, slots=True)
class LatentValue:
    """Latents: empty ones of a size, or those of images, with the mask that is to be repainted.

    `stopped`: the sampler that left noise in them, if one did.
    """

    image: ImageValue | None = None
    mask: MaskValue | None = None
    width: int | None = None
    height: int | None = None
    count: int = 1
    flow: bool = False
    stopped: StoppedSampler | None = None


@dataclass(frozen=True, slots=True)
class ControlNetValue:
    """A ControlNet by name; `type`: of the control image of a union model."""

    name: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class ControlUse:
    """A control image with its ControlNet, and the share of the steps that follows it."""

    image: ImageValue
    model: str
    type: str | None
    strength: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Conditioning:
    """A prompt. `zeroed`: without words; `guidance`: of a distilled model."""

    text: str = ""
    zeroed: bool = False
    guidance: float | None = None
    references: tuple[ImageValue, ...] = ()
    controls: tuple[ControlUse, ...] = ()
    skip: int | None = None
    flow: bool = False


@dataclass(frozen=True, slots=True)
class NoiseValue:
    """The seed of the noise; None adds none."""

    seed: int | None


@dataclass(frozen=True, slots=True)
class SamplerValue:
    """A sampler by ComfyUI's name."""

    name: str


@dataclass(frozen=True, slots=True)
class SigmasValue:
    """A schedule: its name, its steps, and the part of them that runs."""

    scheduler: str
    steps: int
    strength: float = 1.0
    flow: bool = False


@dataclass(frozen=True, slots=True)
class GuiderValue:
    """A model with its prompts."""

    model: ModelValue
    positive: Conditioning
    negative: Conditioning | None = None
    cfg: float | None = None


@dataclass(frozen=True, slots=True)
class UpscalerValue:
    """An upscaling network by the name of its file."""

    name: str


@dataclass(frozen=True, slots=True)
class Passthrough:
    """The output of a node without a brick. What arrives there passes through: `values`."""

    node: str
    values: tuple[Any, ...] = ()
