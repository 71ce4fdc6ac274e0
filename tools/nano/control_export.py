"""The file of the control adapter: half precision, with a record of its training as metadata."""

from pathlib import Path

import torch
from diffusers import Flux2Transformer2DModel
from safetensors.torch import save_file

from core.engine.control_adapter import ControlAdapter
from core.models.library.control_file import TAKES
from tools.nano import checkpoints
from tools.nano.control_samples import KINDS
from tools.nano.control_training import BATCH, RANK, SEED, build_adapter
from tools.nano.training import AVERAGES

FILE = "nano-control.safetensors"


def export(folder: Path, model: Path, target: Path) -> None:
    """Write the averages of the newest checkpoint in `folder` into the folder `target`."""
    checkpoint = checkpoints.newest(folder / "training")
    if checkpoint is None:
        raise FileNotFoundError(f"no checkpoint in {folder}")
    transformer = Flux2Transformer2DModel.from_pretrained(model / "transformer")
    adapter = build_adapter(transformer)
    adapter.load_state_dict(checkpoints.read_tensors(checkpoint, AVERAGES))
    state = checkpoints.read_state(checkpoint)
    notes = {
        TAKES: ",".join(kind.name for kind in KINDS),
        "steps": str(state["step"]),
        "drawings_in_a_step": str(state.get("drawings", BATCH)),
        "minutes": f"{state['seconds'] / 60:.0f}",
        "seed": str(SEED),
        "rank": str(RANK),
    }
    write(adapter, target / FILE, notes)


def write(adapter: ControlAdapter, path: Path, notes: dict[str, str]) -> None:
    """Write an adapter's weights in half precision."""
    tensors = {name: t.detach().to(torch.float16) for name, t in adapter.state_dict().items()}
    save_file(tensors, path, metadata=notes)
