"""Writing a trained model as an ordinary diffusers folder, in half precision.

Replaces only what the pipeline consists of: whatever else is in the folder (the studio's record,
the model card) stays. The new folder is loaded once before it replaces anything.
"""

import copy
import json
import shutil
import tempfile
from pathlib import Path

import torch
from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline

from tools.nano.architecture import build_pipeline
from tools.nano.model import Model

LARGEST = 24_000_000  # bytes of the whole folder


def export(trained: Model, vae: AutoencoderKLFlux2, folder: Path) -> int:
    """Write the model to `folder`; give the size of the whole folder in bytes.

    ValueError when it would be larger than LARGEST; the folder is then as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        new = Path(temporary)
        _write(trained, vae, new)
        Flux2KleinPipeline.from_pretrained(new, dtype=torch.float32)
        kept = [path for path in folder.iterdir() if not (new / path.name).exists()]
        size = sum(_size(path) for path in [*kept, new])
        if size > LARGEST:
            raise ValueError(f"the model would take {size} bytes, more than {LARGEST}")
        _replace(new, folder)
    return size


def _write(trained: Model, vae: AutoencoderKLFlux2, folder: Path) -> None:
    halves = [
        copy.deepcopy(part).to("cpu", torch.float16)
        for part in (trained.text_encoder, trained.transformer, vae)
    ]
    build_pipeline(trained.tokenizer, *halves).save_pretrained(folder)
    for path in folder.glob("*/*"):
        path.chmod(0o644)  # weights are written for their owner alone
    for path in folder.glob("*/*config.json"):
        config = json.loads(path.read_text(encoding="utf-8"))
        for key in ("_name_or_path", "local_files_only"):  # of the machine that trained it
            config.pop(key, None)
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _replace(new: Path, folder: Path) -> None:
    for path in new.iterdir():
        target = folder / path.name
        if target.is_dir():
            shutil.rmtree(target)
        path.replace(target)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
