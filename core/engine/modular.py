"""Pipelines that diffusers has as modular blocks only, with the interface of its other ones.

Loading, memory plans, LoRAs and adapters then need nothing of their own for them. A call runs the
blocks of diffusers. Those that read the prompt run apart, because texts are cached, and a block of
ours ends each step of the denoising loop, because the loop has no callback.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from functools import cache
from types import SimpleNamespace
from typing import Any

import diffusers
import torch
from diffusers import DiffusionPipeline, ModularPipeline
from diffusers.loaders.lora_base import LoraBaseMixin
from diffusers.modular_pipelines import (
    LoopSequentialPipelineBlocks,
    ModularPipelineBlocks,
    SequentialPipelineBlocks,
)

# Blocks that turn a prompt into embeddings.
_TEXTS = ("text_encoder", "text_conditioning")
# Not used: it writes another prompt, by a language model of its own.
_LEFT_OUT = ("prompt_upsampler",)
_MADE = ("guider", "image_processor")  # from a configuration, not from files
_LAST = ("vae", "scheduler")
_GUIDING = ("guidance_scale", "guidance_rescale")  # arguments of a guider
_UNGUIDED: Mapping[str, float] = {"guidance_scale": 1.0}
_CALLBACK = "callback_on_step_end"
_EMBEDS = "prompt_embeds"

# (index of a step, its time, the latents by their name) to the values to continue with.
Report = Callable[[int, Any, dict[str, Any]], Mapping[str, Any]]


class StepEnd(ModularPipelineBlocks):  # type: ignore[misc]
    """The last block of a denoising step. It calls `report`, which may raise to end the call."""

    report: Report | None = None
    steps = 0

    @property
    def description(self) -> str:
        """See `ModularPipelineBlocks`."""
        return "Reports a denoising step."

    def __call__(self, components: Any, block_state: Any, i: int, t: Any) -> tuple[Any, Any]:
        """Report step `i`, counted from 0."""
        if self.report is not None:
            self.steps = len(block_state.timesteps)
            values = self.report(i, t, {"latents": block_state.latents})
            block_state.latents = values.get("latents", block_state.latents)
        return components, block_state


class ModularAdapter(DiffusionPipeline):  # type: ignore[misc]
    """The parts of a modular pipeline as an ordinary pipeline; `with_interface` makes its kinds.

    A call takes the inputs of the blocks after the texts, `guidance_scale` and `guidance_rescale`
    where they have a guider, and `callback_on_step_end`.
    """

    modular: type[Any]

    def _take(self, parts: Mapping[str, Any]) -> None:
        self.register_modules(**parts)
        self._drawing = _blocks(self.modular)
        self._texts = SequentialPipelineBlocks.from_blocks_dict(_removed(self._drawing, _TEXTS))
        self._step_end = StepEnd()
        for loop in _loops(self._drawing):
            loop.sub_blocks["step_end"] = self._step_end
            loop.set_progress_bar_config(disable=True)
        made = self._pipeline(self._drawing)
        self.image_processor = made.image_processor
        self.vae_scale_factor = made.vae_scale_factor

    @property
    def num_timesteps(self) -> int:
        """The number of steps of the call that runs."""
        return self._step_end.steps

    def encode_prompt(
        self, prompt: str, max_sequence_length: int | None = None
    ) -> tuple[torch.Tensor, ...]:
        """The embeddings of one text, as the only item."""
        given = {"prompt": prompt, "max_sequence_length": max_sequence_length}
        inputs = {name: value for name, value in given.items() if value is not None}
        return (self._pipeline(self._texts)(**inputs, output=_EMBEDS),)

    def _run(self, inputs: dict[str, Any]) -> SimpleNamespace:
        callback = inputs.pop(_CALLBACK, None)
        guiding = {name: inputs.pop(name) for name in _GUIDING if name in inputs}
        pipeline = self._pipeline(self._drawing, {**_UNGUIDED, **guiding})
        if callback is not None:
            self._step_end.report = lambda i, t, values: callback(self, i, t, values)
        try:
            images = pipeline(**inputs, output="images")
        finally:
            self._step_end.report = None
        self.maybe_free_model_hooks()
        return SimpleNamespace(images=images)

    def _pipeline(self, blocks: Any, guiding: Mapping[str, float] = _UNGUIDED) -> Any:
        """The pipeline of diffusers for some blocks, around the parts of this one."""
        made = self.modular(blocks)
        for name in made.component_names:
            if name in self.components:
                setattr(made, name, self.components[name])
            elif name == "guider":
                made.guider = made.guider.new(**guiding)
        return made


@cache
def with_interface(modular: Any) -> type[Any]:
    """The kind of `ModularAdapter` for a modular pipeline. Its arguments are the pipeline's own."""
    blocks = _blocks(modular)
    names = [spec.name for spec in blocks.expected_components]
    parts = [name for name in names if name not in (*_MADE, *_LAST)]
    _removed(blocks, _TEXTS)
    inputs = [block.name for block in blocks.inputs if block.name is not None]
    inputs += [_CALLBACK, *(_GUIDING if "guider" in names else ())]

    def initialize(self: ModularAdapter, **components: Any) -> None:
        DiffusionPipeline.__init__(self)
        self._take(components)

    def call(self: ModularAdapter, **inputs: Any) -> SimpleNamespace:
        return self._run(inputs)

    vars(initialize)["__signature__"] = _signature([*parts, *_LAST])
    vars(call)["__signature__"] = _signature(inputs)
    mixins = [kind for kind in modular.__mro__ if issubclass(kind, LoraBaseMixin)]
    loaders = [kind for kind in mixins if not issubclass(kind, ModularPipeline)]
    members = {
        "__module__": __name__,
        "__doc__": f"`{modular.__name__}` with the interface of other pipelines.",
        "__init__": initialize,
        "__call__": call,
        "modular": modular,
        "model_cpu_offload_seq": "->".join([*parts, "vae"]),
    }
    return type(modular.__name__, (ModularAdapter, *loaders[:1]), members)


def _signature(names: Collection[str]) -> inspect.Signature:
    """A signature of `self` and these names, which are required."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Signature([inspect.Parameter(name, kind) for name in ("self", *names)])


def _blocks(modular: type[Any]) -> Any:
    """A copy of the blocks of a pipeline: diffusers shares some among pipelines."""
    blocks = deepcopy(getattr(diffusers, modular.default_blocks_name)())
    _removed(blocks, _LEFT_OUT)
    return blocks


def _removed(blocks: Any, names: Collection[str]) -> dict[str, Any]:
    """Take the blocks of these names out, wherever they are; returns one of each."""
    taken: dict[str, Any] = {}
    for name, block in list(blocks.sub_blocks.items()):
        if name in names:
            taken[name] = blocks.sub_blocks.pop(name)
        else:
            taken |= _removed(block, names)
    return taken


def _loops(blocks: Any) -> Iterator[Any]:
    for block in blocks.sub_blocks.values():
        if isinstance(block, LoopSequentialPipelineBlocks):
            yield block
        else:
            yield from _loops(block)
