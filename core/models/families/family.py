"""The record type of a model family: what an architecture can do, as data.

Independent of files on disk and of torch. The engine reads `pipeline` and `adapter`, recognition
reads the signatures, the API serves the rest; no code depends on the id of a family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.models.families.lora_names import Names
from core.models.families.signature import Signature
from core.models.families.training import Training


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode of a family (`generate`, `img2img`): a pipeline and its parameters.

    `adapter` is a module of `core/engine/modes` with a function named like the mode, or as
    `function` says. `parameters` are the names it takes; `defaults` override the family's.
    `references` is the number of reference images. `batch_function` draws several images in one
    call; empty: they are drawn one by one.
    """

    pipeline: str
    adapter: str
    parameters: tuple[str, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    references: int = 0
    function: str = ""
    batch_function: str = ""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Limits of an image, in pixels: sides are multiples of `multiple`."""

    multiple: int
    smallest: int
    largest: int
    pixels: int


@dataclass(frozen=True, slots=True)
class Preview:
    """RGB of a latent by a linear map: one `[r, g, b]` row per latent channel, and an offset.

    Maps VAE latents (not normalised) to colours of 0 … 1.
    """

    factors: tuple[tuple[float, float, float], ...]
    offset: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a pipeline.

    `classes` are the only (library, class) pairs that are loaded for it. `parts` are the ids of
    `core.models.families.parts` that fill it from the library; empty: it comes with the model. An
    `optional` one may be absent. One that is not `loaded` may be named by a folder and is ignored.
    `zeros` are tensors that some files lack and that are then filled with zeros, each with the name
    of a tensor of the same shape. `padding` is the token that a tokenizer pads with, where that is
    not the one of its part.
    """

    classes: tuple[tuple[str, str], ...]
    parts: tuple[str, ...] = ()
    optional: bool = False
    loaded: bool = True
    zeros: Mapping[str, str] = field(default_factory=dict)
    padding: str = ""


@dataclass(frozen=True, slots=True)
class PromptEncoding:
    """The tokens of a prompt that the text encoders read.

    `windows` maps tokenizers, by component, to the most tokens that their encoder reads, special
    ones included. The first one that a model has counts; a `max_sequence_length` of the calls
    replaces its window. `template` is the text around a prompt, which takes tokens too. The
    rest of a longer prompt is encoded in further windows (`chunks`), read with it (`whole`) or has
    no effect (`cut`). `weights`: attention weights such as `(word:1.2)` have an effect.
    `lowercase`: the encoder gets the prompt trimmed and in lower case.
    """

    windows: Mapping[str, int]
    template: str = "{prompt}"
    long_prompt: Literal["chunks", "cut", "whole"] = "cut"
    weights: bool = False
    lowercase: bool = False


# Bytes per parameter, with the scales that small formats add.
BYTES: Mapping[str, float] = {
    "float32": 4.0,
    "float16": 2.0,
    "bfloat16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "nf4": 0.53,
}


@dataclass(frozen=True, slots=True)
class Variant:
    """A published checkpoint.

    `traits` are the measures that tell it apart (see `Signature.measures`); `hints` are words in
    a file's name that decide between variants of equal shape. `defaults` override the mode's.
    `unused` are parameters without effect; `call` are arguments of every pipeline call; `scheduler`
    configures its scheduler. `parts` narrows the parts of a component; `parameters` counts the
    parameters of each part, which determine memory. `wide` counts those of the network that keep
    their width in a smaller format (format → count): in FP8 the modulation.
    """

    id: str
    label: str
    traits: Mapping[str, int]
    parameters: Mapping[str, int]
    distilled: bool = False
    hints: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    call: Mapping[str, Any] = field(default_factory=dict)
    scheduler: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    wide: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole model in one file: the prefix of its network, and those of its other parts."""

    prefix: str
    parts: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Precision:
    """The number format to compute in, per device; `kept` are parts that need another one."""

    cuda: str = "bfloat16"
    mps: str = "bfloat16"
    cpu: str = "float32"
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Width:
    """The sides of a LoRA's module as multiples of a measure: `into` × in, `out` × out.

    `ending` is a pattern of the module's name with `_` for every dot.
    """

    ending: str
    trait: str
    into: int | None = None
    out: int | None = None


@dataclass(frozen=True, slots=True)
class Lora:
    """The recognition of LoRAs of an architecture.

    `targets` are trained by default. `prefixes` are those of the keys of its text encoders, by
    component. `names` are diffusers' names of the original modules, see `lora_names`. `blocks` are
    patterns whose number must be below a trait (or, under `at_most`, below a number). A name that
    matches `never` is of another architecture. `words` of the file's name or metadata decide where
    shapes cannot; with `only_by_words` nothing else does, because the modules are those of another
    architecture. A LoRA for `control_channels` input channels widens the network.
    """

    targets: tuple[str, ...]
    prefixes: Mapping[str, tuple[str, ...]]
    names: Names
    widths: tuple[Width, ...] = ()
    blocks: Mapping[str, str] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    only_by_words: bool = False
    control_channels: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """An architecture with its pipelines.

    Families of one `architecture` have the same network: they share signatures and LoRAs. `core`
    names that network among the `components`, and `network` gives its diffusers configuration
    from the measures of a file, so that a single file needs no other. `scheduler` configures the
    first class of that component where the files bring none. `guided` are parameters without
    effect in a distilled checkpoint. `wide` is a pattern of the tensors of the network that FP8
    leaves wide, by every layout's names; empty: the rules of `core.models.fit.wide`. `settings` are
    arguments of its pipelines beside their components. `prompts` is the share of a prompt that
    counts. `samplers` are ids of `samplers.py`, the default first. `quantization` are the ways to
    store parts smaller (part → format), the largest first. `training` is None where LoRAs cannot be
    trained, for the reason `untrainable`. `freeu` are diffusers' factors of FreeU for its UNet.
    `pag` maps the classes of its pipelines to those with perturbed-attention guidance. With
    `own_control` the network takes one control image itself, needs it, and no ControlNet fits.
    """

    id: str
    label: str
    architecture: str
    class_names: tuple[str, ...]
    core: str
    network: Callable[[Mapping[str, int]], dict[str, Any]]
    scheduler: Mapping[str, Any]
    components: Mapping[str, Component]
    modes: Mapping[str, Mode]
    sizes: Sizes
    defaults: Mapping[str, Any]
    variants: tuple[Variant, ...]
    signatures: tuple[Signature, ...]
    lora: Lora
    prompts: PromptEncoding
    samplers: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...] = ()
    precision: Precision = Precision()
    quantization: tuple[Mapping[str, str], ...] = ()
    guided: frozenset[str] = frozenset()
    wide: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    preview: Preview | None = None
    licence: str | None = None
    training: Training | None = None
    untrainable: str = ""
    own_control: bool = False
    freeu: Mapping[str, float] = field(default_factory=dict)
    pag: Mapping[str, str] = field(default_factory=dict)

    def variant(self, variant_id: str | None) -> Variant | None:
        """The variant of this id."""
        return next((variant for variant in self.variants if variant.id == variant_id), None)
