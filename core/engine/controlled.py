"""Calls of pipelines with ControlNets: the pipeline, its arguments, its random numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import diffusers
import torch
from PIL.Image import Image

from core.engine.canvas.pictures import cover
from core.engine.control_lora import ControlLora
from core.engine.controls import ControlNet, check_fits
from core.errors import InvalidInput
from core.models.controls.kind import ControlKind, ControlPipeline

if TYPE_CHECKING:
    from core.engine.render_request import RenderRequest


SOFT = 0.825  # the weight of a block by that of the next deeper one, in the mode `prompt`


@dataclass(frozen=True, slots=True)
class ControlInput:
    """One control of an image: its picture, its net, and the share of the steps it acts in."""

    image: Image
    model: str | None = None
    type: str | None = None
    mode: str = "balanced"
    strength: float = 1.0
    start: float = 0.0
    end: float = 1.0


class ControlledCall:
    """The controls of one image. Made anew for each: it holds the nets only as long as it draws."""

    def __init__(self, request: RenderRequest, nets: Sequence[ControlNet], core: Any) -> None:
        """`nets` are those of the request's controls, `core` is the model's network."""
        self._inputs = [ControlInput(**dict(control)) for control in request.control]
        self._request = request
        self._nets = nets
        for index, net in enumerate(nets):
            check_fits(net, core, index)
        self._kind = _shared_kind(nets)
        self._pipeline: ControlPipeline = self._kind.pipelines[request.mode]

    @property
    def class_name(self) -> str:
        """The class of the pipeline, in diffusers."""
        return self._pipeline.name

    @property
    def parts(self) -> dict[str, Any]:
        """The pipeline's part `controlnet`: a net, or several that act at once."""
        networks = [net.network for net in self._nets]
        if self._kind.binds:
            return {"controlnet": unbound(networks[0])}
        if len(networks) == 1 or not (self._kind.together or self._kind.several):
            return {"controlnet": networks[0]}
        if self._kind.several:
            return {"controlnet": getattr(diffusers, self._kind.several)(networks[:1])}
        return {"controlnet": networks}

    def complete(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a plain call with those of the controls, without those ignored."""
        return {**self._pipeline.without_ignored(call), **self._arguments()}

    def _arguments(self) -> dict[str, Any]:
        width, height = self._request.width, self._request.height
        values: dict[str, list[Any]] = {
            "controlnet_conditioning_scale": [entry.strength for entry in self._inputs],
        }
        if self._pipeline.image:
            images = [cover(entry.image, width, height) for entry in self._inputs]
            values[self._pipeline.image] = images
        if self._kind.timed:
            values["control_guidance_start"] = [entry.start for entry in self._inputs]
            values["control_guidance_end"] = [entry.end for entry in self._inputs]
        modes = self._modes()
        if modes is not None:
            values["control_mode"] = modes
        if len(self._inputs) == 1 and not self._kind.listed:
            values = {name: value[0] for name, value in values.items()}
        first = any(entry.mode == "control" for entry in self._inputs)
        return {**values, "guess_mode": True} if first else values

    def _modes(self) -> list[int | None] | None:
        """The mode of each control of a union model, None for one that has none."""
        modes = [
            self._kind.types[entry.type] if entry.type is not None and net.file.types else None
            for entry, net in zip(self._inputs, self._nets, strict=True)
        ]
        if self._kind.own_generator and self._request.mode != "generate" and len(modes) > 1:
            # diffusers 0.42: several nets without a list of modes raise UnboundLocalError.
            return [mode or 0 for mode in modes]
        return modes if any(mode is not None for mode in modes) else None

    @contextmanager
    def around(self, pipeline: Any, generator: torch.Generator) -> Iterator[None]:
        """Random numbers of a call: its noise is that of the same seed without controls.

        diffusers 0.42 samples the latents of a FLUX.1 control image from the generator of the
        noise, before the noise, and those of SD3 from torch's own generator.
        """
        seed = self._request.seed
        if self._kind.own_generator:
            _reset_before_noise(pipeline, generator, seed)
        with ExitStack() as stack:
            if self._kind.binds:
                stack.enter_context(on_device(pipeline.controlnet, pipeline))
            for entry, net in zip(self._inputs, self._nets, strict=True):
                if entry.mode == "prompt":
                    stack.enter_context(softened(net.network))
            if self._kind.global_random:
                stack.enter_context(torch.random.fork_rng())
                torch.manual_seed(seed)
            yield


PutIn = Callable[[Any, ControlLora, float], AbstractContextManager[None]]


class LoraCall:
    """One image with a control LoRA: its pipeline, its arguments, and the network that it changes.

    Has the interface of `ControlledCall`.
    """

    parts: Mapping[str, Any] = {}

    def __init__(self, request: RenderRequest, net: ControlNet, put_in: PutIn) -> None:
        """`put_in` holds the LoRA in the network of a pipeline, with a strength."""
        self._put_in = put_in
        self._control = ControlInput(**dict(request.control[0]))
        self._size = request.width, request.height
        self._lora: ControlLora = net.network
        self._pipeline = net.kind.pipelines[request.mode]

    @property
    def class_name(self) -> str:
        """The class of the pipeline, in diffusers."""
        return self._pipeline.name

    def complete(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a plain call with the control image, without those ignored."""
        kept = self._pipeline.without_ignored(call)
        return {**kept, self._pipeline.image: cover(self._control.image, *self._size)}

    def around(self, pipeline: Any, _generator: torch.Generator) -> AbstractContextManager[None]:
        """The LoRA in the network, while the pipeline runs."""
        return self._put_in(pipeline, self._lora, self._control.strength)


class AdapterCall:
    """One image with control adapters, in the pipeline of its mode.

    Has the interface of `ControlledCall`.
    """

    class_name = ""
    parts: Mapping[str, Any] = {}

    def __init__(self, request: RenderRequest, nets: Sequence[ControlNet], core: Any) -> None:
        """`nets` are those of the request's controls, `core` is the model's network."""
        self._inputs = [ControlInput(**dict(control)) for control in request.control]
        self._size = request.width, request.height
        self._nets, self._core = nets, core
        for index, net in enumerate(nets):
            check_fits(net, core, index)
        _shared_kind(nets)

    def complete(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a plain call."""
        return dict(call)

    @contextmanager
    def around(self, pipeline: Any, _generator: torch.Generator) -> Iterator[None]:
        """The adapters in the network, each in its share of the steps."""
        with ExitStack() as stack:
            for entry, net in zip(self._inputs, self._nets, strict=True):
                tokens = net.network.read(cover(entry.image, *self._size))
                weight = partial(_weight_of_step, entry, pipeline)
                stack.enter_context(net.network.guiding(self._core, tokens, weight))
            yield


Controls = ControlledCall | LoraCall | AdapterCall


def _weight_of_step(entry: ControlInput, pipeline: Any, call: Mapping[str, Any]) -> float:
    """The strength of a control in a call of the network; 0 outside its share of the steps."""
    times = pipeline.scheduler.timesteps
    step = int((times - call["timestep"].flatten()[0].to(times) * 1000).abs().argmin())
    acts = entry.start <= step / len(times) and (step + 1) / len(times) <= entry.end
    return entry.strength if acts else 0.0


def check_alone(nets: list[ControlNet]) -> None:
    """Refuse a control LoRA beside another control. Raises `InvalidInput`."""
    if len(nets) > 1:
        raise InvalidInput(
            f"{nets[0].file.label} acts alone, and {len(nets)} controls are given.",
            field="control.1",
            fix="Leave the other controls out.",
        )


def _shared_kind(nets: Sequence[ControlNet]) -> ControlKind:
    """The kind of all nets of a call. Raises `InvalidInput` for nets that cannot act together."""
    first = nets[0]
    for index, net in enumerate(nets[1:], start=1):
        if not net.file.acts_beside(first.file):
            raise InvalidInput(
                f"{net.file.label} cannot act beside {first.file.label}.",
                field=f"control.{index}.model",
                fix=f"Use {first.file.label} for every control, or controls of one kind.",
            )
    return first.kind


@contextmanager
def softened(network: Any) -> Iterator[None]:
    """A ControlNet of a UNet whose deeper residuals count less, within the block.

    The weights are those of A1111's "My prompt is more important": 0.825 to the power of the
    distance from the middle block. A network that is softened already stays as it is.
    """
    if "forward" in vars(network):
        yield
        return
    forward = network.forward

    def soft(*arguments: Any, **more: Any) -> tuple[list[torch.Tensor], torch.Tensor]:
        down, middle = forward(*arguments, **{**more, "return_dict": False})
        return [part * SOFT ** (len(down) - i) for i, part in enumerate(down)], middle

    network.forward = soft
    try:
        yield
    finally:
        del network.forward


def unbound(network: Any) -> Any:
    """A network with the same layers, which another module may put layers of its own into."""
    twin = copy.copy(network)
    twin._modules, twin._parameters = dict(network._modules), dict(network._parameters)
    return twin


@contextmanager
def on_device(network: Any, pipeline: Any) -> Iterator[None]:
    """The layers that a bound ControlNet shares with the model, on the device while it runs.

    diffusers 0.42 runs the net before the model's own network, whose offloading brings them there.
    """
    device, core = pipeline._execution_device, pipeline.transformer
    for name in ("x_pad_token", "cap_pad_token"):
        token = torch.nn.Parameter(getattr(network, name).to(device), requires_grad=False)
        setattr(network, name, token)
    offload = getattr(core, "_hf_hook", None)

    def fetch(_module: Any, _arguments: Any) -> None:
        if offload is not None:
            offload.pre_forward(core)

    handle = network.register_forward_pre_hook(fetch)
    try:
        yield
    finally:
        handle.remove()


def _reset_before_noise(pipeline: Any, generator: torch.Generator, seed: int) -> None:
    """Make the generator start anew when the pipeline prepares its latents."""
    prepare = pipeline.prepare_latents

    def prepare_latents(*arguments: Any, **more: Any) -> Any:
        generator.manual_seed(seed)
        return prepare(*arguments, **more)

    pipeline.prepare_latents = prepare_latents
