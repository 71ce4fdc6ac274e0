"""ControlNets and control LoRAs in memory: loaded once, shared by all models of a worker."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint

from core.engine.control_adapter import load_control_adapter
from core.engine.control_lora import load_control_lora
from core.engine.device import Device
from core.engine.loaders.build import WrongTensors, build
from core.engine.loaders.state import State, expand, read_state
from core.errors import InvalidInput, ModelBroken
from core.models.controls.kind import ControlKind
from core.models.library.control_file import ControlFile
from core.models.library.walk import CONFIG_NAME

log = logging.getLogger(__name__)

KEPT = 3  # nets that stay in memory, the most recently used ones
LAYERS = {"layers_per_block": 2}  # of every network of the original layout


@dataclass(frozen=True, slots=True)
class ControlNet:
    """A loaded ControlNet."""

    file: ControlFile
    network: Any

    @property
    def kind(self) -> ControlKind:
        """The record of its kind."""
        return self.file.kind


class ControlNets:
    """The ControlNets of a worker by content and format. Not thread-safe. `loads` counts files
    that were read."""

    def __init__(self, find: Callable[[str], ControlFile], device: Device) -> None:
        self._find = find
        self._device = device
        self._nets: OrderedDict[tuple[str, torch.dtype], ControlNet] = OrderedDict()
        self.loads = 0

    def get(self, reference: str, dtype: torch.dtype) -> ControlNet:
        """The ControlNet of an id, on the device. Raises `ModelMissing` or `ModelBroken`."""
        file = self._find(reference)
        key = (file.fingerprint, dtype)
        net = self._nets.get(key)
        if net is None:
            log.info("loading the ControlNet %s", file.id)
            net = ControlNet(file, load_control(file, dtype).to(self._device.kind))
            self.loads += 1
        self._nets[key] = net
        self._nets.move_to_end(key)
        while len(self._nets) > KEPT:
            self._nets.popitem(last=False)
        return net

    @property
    def sizes(self) -> dict[int, int]:
        """Bytes of each tensor by its identity."""
        return {
            id(tensor): tensor.numel() * tensor.element_size()
            for net in self._nets.values()
            for tensor in net.network.state_dict(keep_vars=True).values()
        }

    def release(self) -> bool:
        """Drop all of them; True if there were any."""
        held = bool(self._nets)
        self._nets.clear()
        return held


def load_control(file: ControlFile, dtype: torch.dtype) -> Any:
    """The network of a file or folder, on the processor. Raises `ModelBroken`."""
    kind = file.kind
    try:
        if kind.widens:
            return load_control_lora(file)
        if kind.hooked:
            return load_control_adapter(file, dtype)
        state: State = {}
        for weights in file.weights:
            state |= expand(read_state(weights.path, (file.item.finding.prefix,)), dtype)
        config = _config(file)
        if file.item.finding.layout == "original":
            state = convert_controlnet_checkpoint(state, {**LAYERS, **config})
        if kind.binds:
            _drop_idle_refiner(config, state)
        return build(("diffusers", kind.network), config, state, dtype)
    except (WrongTensors, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelBroken(
            f"{file.label} cannot be loaded as {kind.label}: {error}",
            field="control",
            fix="Get this file again from where it came from.",
        ) from error


def _drop_idle_refiner(config: dict[str, Any], state: State) -> None:
    """Leave out the refiner of Z-Image's ControlNet 2.0, which was never trained: its layers for
    control run in its place. Shapes are those of 2.1, so only the zeros tell, as in diffusers."""
    before = state.get("control_noise_refiner.0.before_proj.weight")
    if before is not None and not before.any():
        config["add_control_noise_refiner"] = "control_layers"
        for name in [name for name in state if name.startswith("control_noise_refiner.")]:
            del state[name]


def check_fits(net: ControlNet, core: Any, index: int) -> None:
    """Refuse a net for a network of other measures. Raises `InvalidInput`."""
    for name in net.kind.alike:
        own, other = net.network.config.get(name), core.config.get(name)
        if own is not None and other is not None and own != other:
            raise InvalidInput(
                f"{net.file.label} has {name} {own}, and the model {other}.",
                field=f"control.{index}.model",
                fix="Choose a ControlNet that was trained for this model.",
            )


def _config(file: ControlFile) -> dict[str, Any]:
    """The configuration of a folder, else the one that follows from its shapes."""
    path = file.path / CONFIG_NAME
    if not path.is_file():
        return file.kind.config(file.measures)
    config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if config.get("_class_name", file.kind.network) != file.kind.network:
        raise ValueError(f"its {CONFIG_NAME} is that of a {config['_class_name']}")
    return {name: value for name, value in config.items() if not name.startswith("_")}
