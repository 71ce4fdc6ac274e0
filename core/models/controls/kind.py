"""The record type of ControlNets: their networks, pipelines and files, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.models.families.signature import Signature


@dataclass(frozen=True, slots=True)
class ControlPipeline:
    """A pipeline with controls for a mode. `image` is its argument for control images, `ignored`
    are arguments of the plain pipeline that it does not take, by the parameter that they carry.
    `renamed` are other names of arguments of the plain pipeline. Without `image` the control image
    is the one that is painted. `references`: it takes IP-Adapters too."""

    name: str
    image: str = "control_image"
    ignored: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    references: bool = True

    def without_ignored(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a plain call that it takes, under its names."""
        ignored = {name for names in self.ignored.values() for name in names}
        return {
            self.renamed.get(name, name): value
            for name, value in call.items()
            if name not in ignored
        }


@dataclass(frozen=True, slots=True)
class ControlKind:
    """A kind of ControlNet or control LoRA.

    Models of `architecture` use it. `network` is its class in diffusers, `config` its
    configuration from the measures of a file. `pipelines` are those of each mode of a model that
    it can be used in. `types` are the control types of a union model with their modes, which its
    pipelines take as `control_mode`; a file may have fewer, `types_measure` counts them. `alike`
    are entries of its configuration that must equal those of the model's network, `same` are
    measures of both that must be equal. `together` is true where several nets run at once;
    otherwise several images run through one net, which `several` is a wrapper for, in diffusers;
    one that is `alone` takes one image; a `listed` one takes lists even of one. `widens` names the
    input layer that a control LoRA replaces: it changes the network of the model. A `hooked`
    adapter adds to the layers of that network, in the model's own pipelines. `modes` are those of
    a control that it has.
    `timed`: it can act in a part of the steps. `binds`: diffusers puts layers of the model's
    network into it. `own_generator`: its pipelines draw the control's latents from the generator
    of the noise, or
    with `global_random` from torch's own.
    """

    id: str
    label: str
    architecture: str
    network: str
    pipelines: Mapping[str, ControlPipeline]
    signatures: tuple[Signature, ...]
    config: Callable[[Mapping[str, int]], dict[str, Any]]
    alike: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    types: Mapping[str, int] = field(default_factory=dict)
    types_measure: str = ""
    together: bool = True
    several: str = ""
    alone: bool = False
    listed: bool = False
    timed: bool = True
    binds: bool = False
    widens: str = ""
    modes: tuple[str, ...] = ("balanced",)
    hooked: bool = False
    own_generator: bool = False
    global_random: bool = False

    def types_of(self, measures: Mapping[str, int]) -> tuple[str, ...]:
        """The control types of a file with these measures; empty where it has none."""
        count = measures.get(self.types_measure, 0)
        return tuple(name for name, mode in self.types.items() if mode < count)
