"""A network from its configuration and its tensors: nothing missing, nothing left over, nothing
made up."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import torch
from accelerate import init_empty_weights

from core.engine.loaders.state import State
from core.models.recognition.recognition import LEFT_OVER

NAMED = 5  # names in a message
# Counters and positions that some tools leave out and some write; networks make them themselves.
_IDLE = ("num_batches_tracked", "position_ids")
# CLIP's way from texts to pictures, which stays in some files of those who need its texts alone.
_BEYOND = ("text_projection", "text_projection.weight")


class WrongTensors(Exception):
    """The tensors are not those of the network: what is missing, what nobody asked for."""


def build(
    kind: tuple[str, str], config: Mapping[str, Any], state: State, dtype: torch.dtype
) -> Any:
    """The network of a (library, class) pair, in evaluation mode. Empties `state`.

    Raises `WrongTensors` naming what does not fit.
    """
    module = skeleton(kind, config)
    named = _as_named(module, state)
    check(module, {name: tuple(one.shape) for name, one in named.items()})
    state.clear()
    wanted = set(module.state_dict())
    for name in list(named):
        tensor = named.pop(name)
        if name in wanted:
            # A copy: what stays mapped to the file dies with it, and lies where arithmetic may
            # round in another order.
            kind = dtype if tensor.is_floating_point() else tensor.dtype
            copied = tensor.to(kind, copy=True, memory_format=torch.contiguous_format)
            _assign(module, name, copied)
    if hasattr(module, "tie_weights"):
        module.tie_weights()
    left = [name for name, one in _tensors(module) if one.is_meta]
    if left:
        raise WrongTensors(f"nothing was loaded into {listed(left)}")
    module.to(dtype)  # buffers that networks make themselves
    return module.eval()


def skeleton(kind: tuple[str, str], config: Mapping[str, Any]) -> Any:
    """The network without memory for its tensors."""
    library, class_name = kind
    found = getattr(importlib.import_module(library), class_name)
    with init_empty_weights(include_buffers=False):
        if library != "transformers":
            return found.from_config(dict(config))
        made = found(found.config_class(**config))
    made.tie_weights()  # what is one matrix by configuration need not be in the file twice
    return made


def check(module: Any, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Compare a network with the shapes for it. Raises `WrongTensors`."""
    wanted = module.state_dict(keep_vars=True)
    present = {id(wanted[name]) for name in shapes if name in wanted}
    missing = [
        name
        for name, one in wanted.items()
        if name not in shapes and id(one) not in present and not name.endswith(_IDLE)
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
    """Those of the names that no network has any use for, and training does not leave behind."""
    return [
        one
        for one in names
        if not (one.endswith(_IDLE) or one.startswith(LEFT_OVER) or one in _BEYOND)
    ]


def listed(names: Collection[str]) -> str:
    """The first few names, and how many more there are."""
    first = ", ".join(sorted(names)[:NAMED])
    more = len(names) - NAMED
    return f"{first} and {more} more" if more > 0 else first


def _as_named(module: Any, state: State) -> State:
    """Some classes keep a text model inside, some are one: add or drop that level of names."""
    wanted = set(module.state_dict())
    for inside in ("text_model.", "model."):
        plain = {name.removeprefix(inside): one for name, one in state.items()}
        if not wanted & set(state) and wanted & set(plain):
            return plain
        nested = {name if name in wanted else f"{inside}{name}": one for name, one in state.items()}
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
