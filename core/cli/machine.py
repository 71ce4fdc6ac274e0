"""The commands `system info`, `gpu`, `optimize` and `presets`: this machine and what suits it."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from core.cli.options import AsJson, DataDir, settings_with
from core.cli.training import list_presets
from core.version import VERSION

if TYPE_CHECKING:
    from core.settings import Settings

GIB = 1 << 30
IMAGES = 20  # of the dataset that trainings are estimated for
PACKAGES = ("torch", "diffusers", "transformers", "peft", "bitsandbytes", "optuna")


def add_commands(system: typer.Typer) -> None:
    """Add the commands to the group `system`."""
    system.command("info")(show_info)
    system.command("gpu")(show_gpus)
    system.command("presets")(list_presets)
    system.command("optimize")(show_suggestions)


def show_info(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show versions, processor, memory, disk and GPUs."""
    facts = _facts(settings_with(data_dir=data_dir).data_dir)
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        print(f"{name:<12} {_line(value)}")


def show_gpus(as_json: AsJson = False) -> None:
    """Show the load and memory of each GPU, as the driver reports them."""
    gpus = _gpus()
    if as_json:
        print(json.dumps(gpus, indent=2))
        return
    for number, gpu in enumerate(gpus):
        print(f"GPU {number}: {_line(gpu)}")
    if not gpus:
        print("No GPU: images are drawn and LoRAs trained on the processor.")


def show_suggestions(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Print the plan of the default model, and each preset of training by the memory that is free.

    Nothing is changed and no model is loaded.
    """
    suggestions = _suggestions(settings_with(data_dir=data_dir))
    if as_json:
        print(json.dumps(suggestions, indent=2, ensure_ascii=False))
        return
    for name, sentence in suggestions.items():
        print(f"{name:<20} {sentence}")


def _suggestions(settings: Settings) -> dict[str, str]:
    """Sentences by subject: images of the default model, then presets of trainings."""
    from core.models.fit.fit import fit_of
    from core.models.fit.machine import free_memory
    from core.models.library.library import Library
    from core.training.configuration.schema import parse
    from core.training.estimate import estimate, first_guess
    from core.training.presets import presets

    library = Library(settings.model_places, words=settings.model_words)
    model, memory = library.default("generate"), free_memory()
    usual = model.defaults("generate")
    size = model.drawn_size(int(usual["width"]), int(usual["height"]))
    sentences = {"model": model.label, "images": fit_of(model, memory, *size).sentence}
    if model.family.training is None:
        return sentences
    for preset in presets(settings.presets_dir / "training"):
        if not preset.suits(model.family.id):
            continue
        config = parse(preset.for_model(model.id, model.family.id))
        result = estimate(config, model, memory, IMAGES, first_guess(memory.kind))
        sentences[f"training {preset.id}"] = result.sentence
    return sentences


def _facts(data_dir: Path) -> dict[str, Any]:
    import psutil

    memory = psutil.virtual_memory()
    folder = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    disk = psutil.disk_usage(str(folder))
    return {
        "studio": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "cores": os.cpu_count(),
        "memory": _sizes(memory.total, memory.available),
        "disk": _sizes(disk.total, disk.free),
        "gpus": _gpus(),
    }


def _gpus() -> list[dict[str, Any]]:
    from core.machine.gpus import Gpus

    return [
        {
            **_sizes(gpu.total_bytes, gpu.total_bytes - gpu.used_bytes),
            "utilisation_percent": gpu.utilisation,
        }
        for gpu in Gpus().read()
    ]


def _sizes(total: int, free: int) -> dict[str, float]:
    return {"total_gb": round(total / GIB, 1), "free_gb": round(free / GIB, 1)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    if isinstance(value, list):
        return "; ".join(map(_line, value)) or "none"
    return str(value)
