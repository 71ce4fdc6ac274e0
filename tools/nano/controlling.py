"""The commands of the control adapter: its drawings, training, file and measurement."""

from pathlib import Path
from typing import Annotated

import typer

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
