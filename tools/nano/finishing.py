"""The end of training a small network: averaged weights, batch statistics to match, one file.

Averages of weights have batch statistics of their own, which no training step has measured.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from tools.nano import checkpoints
from tools.nano.training import AVERAGES


def finish(
    network: nn.Module,
    training: Path,
    batches: Iterable[torch.Tensor],
    target: Path,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Give the network the newest averages of `training` and write it to the file `target`.

    `batches` are what the network reads; `notes` are kept beside the weights.
    """
    checkpoint = checkpoints.newest(training)
    if checkpoint is None:
        raise FileNotFoundError(f"no checkpoint in {training}")
    network.load_state_dict(
        {**network.state_dict(), **checkpoints.read_tensors(checkpoint, AVERAGES)}
    )
    measure_batches(network, batches)
    tensors = {name: value.cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(tensors, target, metadata=dict(notes or {}))


def measure_batches(network: nn.Module, batches: Iterable[torch.Tensor]) -> None:
    """Replace the statistics of all batch norms by their means over `batches`."""
    norms = [
        module
        for module in network.modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
    ]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all that follow
    network.train()
    with torch.no_grad():
        for batch in batches:
            network(batch)
    network.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def load(network: nn.Module, path: Path) -> dict[str, str]:
    """Read a finished network, ready for use; the notes that were kept with it."""
    network.load_state_dict(load_file(path))
    network.eval()
    with safe_open(path, framework="pt") as file:
        notes: dict[str, str] = file.metadata() or {}
    return notes
