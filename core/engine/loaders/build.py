"""Build a network from its configuration and its tensors, all of them and no others."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import torch
from accelerate import init_empty_weights

from core.engine.loaders.initialization import uninitialized, without_positions
from core.engine.loaders.state import State
from core.models.recognition.recognition import LEFT_OVER

NAMED = 5  # names in a message
# Counters and positions that networks create themselves; some tools save them.
_IDLE = ("num_batches_tracked", "position_ids", "__index_timestep_zero__")
# CLIP's projection to images, which some files of its text encoder contain.
_BEYOND = ("text_projection", "text_projection.weight")


class WrongTensors(Exception):
    """The tensors are not those of the network: missing, unexpected or of another shape."""


def build(
    kind: tuple[str, str], config: Mapping[str, Any], state: State, dtype: torch.dtype
) -> Any:
    """The network of a (library, class) pair, in evaluation mode. Empties `state`.

    Raises `WrongTensors` naming what does not fit.
    """
    module = skeleton(kind, config)
    named = _as_named(module, state)
    check(module, {name: tuple(tensor.shape) for name, tensor in named.items()})
    state.clear()
    wanted = set(module.state_dict())
    for name in list(named):
        tensor = named.pop(name)
        if name in wanted:
            # A copy: a mapped tensor is lost with its file, and its alignment changes rounding.
            kind = _kept(module, name) or dtype if tensor.is_floating_point() else tensor.dtype
            copied = tensor.to(kind, copy=True, memory_format=torch.contiguous_format)
            _assign(module, name, copied)
    if hasattr(module, "tie_weights"):
        module.tie_weights()
    empty = [name for name, tensor in _tensors(module) if tensor.is_meta]
    if empty:
        raise WrongTensors(f"nothing was loaded into {listed(empty)}")
    for buffer in module.buffers():  # those that networks create themselves
        if buffer.is_floating_point():
            buffer.data = buffer.to(dtype)
    return module.eval()


def _kept(module: Any, name: str) -> torch.dtype | None:
    """The format of a tensor that a network of diffusers keeps wide, as its own loader does."""
    if not hasattr(module, "load_config"):  # transformers keeps such tensors in float16 only
        return None
    wide = module._keep_in_fp32_modules or ()
    return torch.float32 if any(level in wide for level in name.split(".")) else None


def skeleton(kind: tuple[str, str], config: Mapping[str, Any]) -> Any:
    """The network without memory for its tensors."""
    library, class_name = kind
    network = getattr(importlib.import_module(library), class_name)
    with uninitialized(), init_empty_weights(include_buffers=False):
        if library != "transformers":
            with without_positions():
                return network.from_config(dict(config))
        module = network(network.config_class(**config))
    module.tie_weights()  # a tied matrix need not be in the file twice
    return module


def check(module: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Compare a network with the shapes for it. Raises `WrongTensors`."""
    wanted = module.state_dict(keep_vars=True)
    present = {id(wanted[name]) for name in shapes if name in wanted}
    missing = [
        name
        for name, tensor in wanted.items()
        if name not in shapes and id(tensor) not in present and not name.endswith(_IDLE)
    ]
    extra = surplus(name for name in shapes if name not in wanted)
    wrong = [
        f"{name} ({_size(shapes[name])} instead of {_size(tuple(wanted[name].shape))})"
        for name in shapes
        if name in wanted and tuple(wanted[name].shape) != shapes[name]
    ]
    faults = []
    if missing:
        faults.append(f"missing: {listed(missing)}")
    if extra:
        faults.append(f"unexpected: {listed(extra)}")
    if wrong:
        faults.append(f"of another shape: {listed(wrong)}")
    if faults:
        raise WrongTensors("; ".join(faults))


def surplus(names: Iterable[str]) -> list[str]:
    """Names without a use in a network that are not known leftovers of training."""
    return [
        name
        for name in names
        if not (name.endswith(_IDLE) or name.startswith(LEFT_OVER) or name in _BEYOND)
    ]


def listed(names: Collection[str]) -> str:
    """The first few names, and the number of the others."""
    first = ", ".join(sorted(names)[:NAMED])
    more = len(names) - NAMED
    return f"{first} and {more} more" if more > 0 else first


def _as_named(module: Any, state: State) -> State:
    """Add or remove the level of names of a text model that some classes contain."""
    wanted = set(module.state_dict())
    for inside in ("text_model.", "model."):
        plain = {name.removeprefix(inside): tensor for name, tensor in state.items()}
        if not wanted & set(state) and wanted & set(plain):
            return plain
        nested = {name if name in wanted else f"{inside}{name}": t for name, t in state.items()}
        if len(wanted & set(nested)) > len(wanted & set(state)):
            return nested
        if len(wanted & set(plain)) > len(wanted & set(state)):
            return plain
    return dict(state)


def _assign(module: Any, name: str, tensor: torch.Tensor) -> None:
    holder_name, _, last = name.rpartition(".")
    holder = module.get_submodule(holder_name)
    if last in holder._parameters:
        holder._parameters[last] = torch.nn.Parameter(tensor, requires_grad=False)
    else:
        holder._buffers[last] = tensor


def _tensors(module: Any) -> list[tuple[str, torch.Tensor]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(str(side) for side in shape) or "1"
