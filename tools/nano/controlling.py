"""The commands of the control adapter: its drawings, training, file and measurement."""

import json
from pathlib import Path
from typing import Annotated

import torch
import typer

from tools.nano import control_evaluation as evaluation
from tools.nano import control_export as exporting
from tools.nano import control_samples, control_training, parallel
from tools.nano.measuring import SHIPPED, Chosen, Minutes, Work

app = typer.Typer()

Base = Annotated[Path, typer.Option(help="A diffusers folder.")]
Processes = Annotated[int, typer.Option(help="0 is one a core.")]


@app.command(name="control-drawings")
def control_drawings(
    work: Work,
    count: int = 12288,
    model: Base = SHIPPED,
    processes: Processes = 0,
    precision: Chosen = None,
) -> None:
    """Draw and encode the drawings and control images that the control adapter learns from."""
    hardware = parallel.Hardware.choose("cpu", precision, processes)
    folder = work / "control" / "drawings"
    parallel.start(hardware, control_samples.fill, model / "vae", folder, count)


@app.command()
def control(
    work: Work,
    minutes: Minutes = 60.0,
    model: Base = SHIPPED,
    processes: Processes = 0,
    precision: Chosen = None,
) -> None:
    """Train the control adapter; continues where it stopped."""
    hardware = parallel.Hardware.choose("cpu", precision, processes)
    parallel.start(hardware, control_training.train, model, work / "control", minutes)


@app.command(name="control-export")
def control_export(work: Work, model: Base = SHIPPED, target: Base = SHIPPED) -> None:
    """Write the averaged control adapter as nano-control.safetensors into a folder."""
    exporting.export(work / "control", model, target)


@app.command(name="control-evaluate")
def control_evaluate(
    model: Base = SHIPPED,
    adapter: Annotated[Path | None, typer.Option(help="Else that of the model's folder.")] = None,
    to: Annotated[Path | None, typer.Option(help="A folder for control.json and .png.")] = None,
    count: int = evaluation.COUNT,
    strength: float = 1.0,
    threads: Annotated[int, typer.Option(help="Of the processor.")] = 1,
) -> None:
    """Measure the edges of unseen drawings that results keep, with the control and without."""
    torch.set_num_threads(threads)
    file = adapter or model / exporting.FILE
    report = evaluation.evaluate(model, file, count, strength, to)
    print(json.dumps(report, indent=1))
