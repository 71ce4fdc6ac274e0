"""The commands `train`: start a LoRA training, list, show and resume trainings, list presets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import (
    AsJson,
    DataDir,
    dataset_reference,
    glance_settings,
    settings_with,
)

if TYPE_CHECKING:
    from core.studio import Studio, TaskResult

train = typer.Typer(help="Train LoRAs.", no_args_is_help=True)

RunId = Annotated[str, typer.Argument(help="ID of a training, as in `train list`.")]


@train.command("lora")
def train_lora(
    data: Annotated[str, typer.Option(help="Folder of images with captions, or a dataset.")] = "",
    preset: Annotated[
        str | None, typer.Option(help="character, style, concept or sd15-mini.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration file (YAML).")] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting: lora.rank=16 (repeatable)."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="ID of the base model.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the LoRA.")] = None,
    trigger: Annotated[str | None, typer.Option(help="Trigger word.")] = None,
    steps: Annotated[int | None, typer.Option(help="Optimizer steps.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    rank: Annotated[int | None, typer.Option(help="Rank of the LoRA.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images per step.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print memory and time, and train nothing.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Train a LoRA, and print its name in the library."""
    from core.training.configuration.layers import overrides, read_yaml
    from core.training.configuration.merging import merged

    flags = {
        "training.max_steps": steps,
        "training.learning_rate": lr,
        "training.batch_size": batch_size,
        "lora.rank": rank,
        "data.trigger_word": trigger,
        "output.name": name,
    }
    texts = [f"{key}={json.dumps(value)}" for key, value in flags.items() if value is not None]
    sections = merged(read_yaml(config) if config else {}, overrides([*texts, *(values or [])]))
    dataset = data or sections.get("data", {}).get("dataset_path", "")
    if not dataset:
        raise typer.BadParameter("Name a dataset, or a folder of images: --data robots.")
    reference = dataset_reference(dataset, data_dir)
    params: dict[str, Any] = {"dataset": reference, "config": json.dumps(sections)}
    params |= {k: v for k, v in (("preset", preset), ("model", model)) if v is not None}
    if dry_run:
        _estimate(data_dir, params)
    else:
        _follow(data_dir, lambda studio: studio.submit("train_lora", **params))


@train.command("resume")
def resume(run_id: RunId, data_dir: DataDir = None) -> None:
    """Go on with a training that failed, was cancelled or interrupted, from its last state."""

    def again(studio: Studio) -> str:
        if studio.task(run_id)["status"] in ("failed", "cancelled"):
            studio.call(studio.asynchronous.backend.retry(run_id))
        return run_id

    _follow(data_dir, again)


@train.command("list")
def list_runs(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the newest trainings."""
    from core.studio import Studio

    with Studio(glance_settings(data_dir)) as studio:
        runs = studio.call(studio.asynchronous.backend.training_runs())
    if as_json:
        print(json.dumps(runs, indent=2, ensure_ascii=False))
        return
    for run in runs:
        loss = run["newest"].get("loss_smoothed")
        shown = "" if loss is None else f"loss {loss:.4f}"
        state = f"{run['status']:<10} {run['steps']:>6} steps  {shown:<12}"
        print(f"{run['task_id']}  {state} {run['name']}")


@train.command("show")
def show(run_id: RunId, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show a training with its newest measurements and its checkpoints."""
    from core.studio import Studio

    with Studio(glance_settings(data_dir)) as studio:
        run = studio.call(studio.asynchronous.backend.training_run(run_id))
    if as_json:
        print(json.dumps(run, indent=2, ensure_ascii=False))
        return
    print(f"{run['name']}: {run['status']}, {run['steps']} steps on {run['model']}")
    for name, value in run["newest"].items():
        print(f"  {name:<18} {'not finite' if value is None else f'{value:.6g}'}")
    for checkpoint in run["checkpoints"]:
        loss = checkpoint["validation_loss"]
        shown = "" if loss is None else f"validation loss {loss:.4f}"
        print(f"  step {checkpoint['step']:>6}  {checkpoint['size_bytes'] / 1e6:.1f} MB  {shown}")


@train.command("presets")
def list_presets(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the presets of trainings."""
    from core.training.presets import presets

    entries = presets(settings_with(data_dir=data_dir).presets_dir / "training")
    if as_json:
        records = [{"id": e.id, "title": e.title, "config": dict(e.config)} for e in entries]
        print(json.dumps(records, indent=2, ensure_ascii=False))
        return
    for entry in entries:
        print(f"{entry.id:<12} {entry.description}")


def _estimate(data_dir: Path | None, params: dict[str, Any]) -> None:
    """Print memory and time of a training. Exits with 1 where it does not fit."""
    from core.studio import Studio

    with Studio(settings_with(data_dir=data_dir)) as studio:
        answer = studio.call(studio.asynchronous.backend.training_estimate(params))
    for part in answer["memory"]:
        print(f"{part['name']:<14} {part['bytes'] / (1 << 30):>7.2f} GB")
    print(answer["sentence"])
    for warning in answer["warnings"]:
        typer.echo(warning, err=True)
    if not answer["fit"]["fits"]:
        raise typer.Exit(1)


def _follow(data_dir: Path | None, begin: Callable[[Studio], str]) -> None:
    """Show the progress of a training until it ends, and print the name of its LoRA."""
    from core.cli.console import Bar
    from core.studio import Studio

    with Studio(settings_with(data_dir=data_dir)) as studio, Bar() as bar:
        task_id = begin(studio)
        typer.echo(f"Training {task_id}", err=True)
        result: TaskResult = studio.result(task_id, bar.show)
    outputs = result.task["outputs"]
    report = next(output["value"] for output in outputs if output["port"] == "report")
    print(report["lora"])
