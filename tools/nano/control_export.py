"""The file of the control adapter: half precision, with a record of its training as metadata."""

import json
from pathlib import Path

import torch
from diffusers import Flux2Transformer2DModel
from safetensors.torch import save_file

from core.engine.control_adapter import ControlAdapter, load_control_adapter
from core.models.library.control_file import TAKES, ControlFile
from core.models.library.item import of_file
from tools.nano import checkpoints
from tools.nano.control_samples import KINDS, Samples
from tools.nano.control_training import BATCH, RANK, SEED, build_adapter
from tools.nano.training import AVERAGES

FILE = "nano-control.safetensors"


def export(folder: Path, model: Path, target: Path) -> None:
    """Write the averages of the newest checkpoint in `folder` into the folder `target`."""
    checkpoint = checkpoints.newest(folder / "training")
    if checkpoint is None:
        raise FileNotFoundError(f"no checkpoint in {folder}")
    adapter = build_adapter(Flux2Transformer2DModel.from_pretrained(model / "transformer"))
    adapter.load_state_dict(checkpoints.read_tensors(checkpoint, AVERAGES))
    state = checkpoints.read_state(checkpoint)
    notes = {
        TAKES: ",".join(kind.name for kind in KINDS),
        "steps": str(state["step"]),
        "minutes": f"{state['seconds'] / 60:.0f}",
        "drawings": str(len(Samples.read(folder / "drawings").scenes)),
        "seed": str(SEED),
        "recipe": json.dumps({"rank": RANK, "batch": BATCH, **state["recipe"]}),
    }
    write(adapter, target / FILE, notes)


def read(path: Path) -> ControlAdapter:
    """The adapter of a file, as the studio loads it."""
    return load_control_adapter(
        ControlFile(path.stem, of_file(path, path.parent, "")), torch.float32
    )


def write(adapter: ControlAdapter, path: Path, notes: dict[str, str]) -> None:
    """Write an adapter's weights in half precision."""
    tensors = {name: t.detach().to(torch.float16) for name, t in adapter.state_dict().items()}
    save_file(tensors, path, metadata=notes)
