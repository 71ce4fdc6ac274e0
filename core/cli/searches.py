"""The command `train optimize`, also `optimize`: a search for settings of a training."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import DataDir, dataset_reference, settings_with
from core.errors import TaskFailure

if TYPE_CHECKING:
    from core.cli.console import Bar
    from core.studio import AsyncStudio

POLL_SECONDS = 1.0
SECTION = "search"


def optimize(
    data: Annotated[str, typer.Option(help="Dataset, or folder of images with captions.")] = "",
    config: Annotated[
        Path | None,
        typer.Option(help="Configuration file (YAML); its section `search` holds ranges."),
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Number of trainings.")] = None,
    max_steps: Annotated[int | None, typer.Option(help="Steps of each training.")] = None,
    objective: Annotated[str | None, typer.Option(help="validation_loss, loss or score.")] = None,
    ranges: Annotated[
        list[str] | None,
        typer.Option("--range", help="lora.rank=4,8,16 or training.learning_rate=1e-5:1e-3:log."),
    ] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of all trials: lora.alpha=8.")
    ] = None,
    preset: Annotated[str, typer.Option(help="Preset that the trials begin with.")] = "concept",
    model: Annotated[str | None, typer.Option(help="ID of the base model.")] = None,
    trigger: Annotated[str, typer.Option(help="Trigger word.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("optimization"),
    data_dir: DataDir = None,
) -> None:
    """Search for settings of a training by trials, and write the best configuration.

    Interrupted, it continues when the studio starts again.
    """
    from core.cli.console import Bar, writable
    from core.studio import Studio
    from core.training.configuration.layers import overrides, read_yaml
    from core.training.configuration.merging import merged

    content = read_yaml(config) if config else {}
    given = {"trials": trials, "max_steps": max_steps, "objective": objective}
    own = {key: value for key, value in given.items() if value is not None}
    chosen = dict(map(_range, ranges or []))
    search = {**content.pop(SECTION, {}), **own, **({"ranges": chosen} if chosen else {})}
    sections = merged(content, overrides(values or []))
    dataset = data or str(sections.get("data", {}).get("dataset_path", ""))
    if not dataset:
        raise typer.BadParameter("Name a dataset, or a folder of images: --data robots.")
    body = {
        "dataset": dataset_reference(dataset, data_dir),
        "model": model,
        "preset": preset,
        "trigger_word": trigger,
        "config": sections,
        "search": search,
    }
    writable(out)
    with Studio(settings_with(data_dir=data_dir)) as studio, Bar() as bar:
        search_id, state = studio.call(_follow(studio.asynchronous, bar, body))
        for name in state["files"]:
            file = studio.call(studio.asynchronous.backend.search_file(search_id, name))
            (out / name).write_bytes(file)
    if state["status"] != "completed":
        raise TaskFailure(f"The search {search_id} is {state['status']}: {state['error'] or '-'}")
    print(out / "best_config.yaml")


async def _follow(
    studio: AsyncStudio, bar: Bar, body: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Start a search; print its trials as they end."""
    search_id = await studio.backend.start_search(body)
    typer.echo(f"Search {search_id}", err=True)
    printed: set[int] = set()
    while True:
        state = await studio.backend.search(search_id)
        for trial in state["trials"]:
            if trial["state"] == "running" and trial["task_id"]:
                bar.show(await studio.backend.task(trial["task_id"]))
            elif trial["state"] != "running" and trial["number"] not in printed:
                printed.add(trial["number"])
                typer.echo(_line(trial), err=True)
        if state["status"] != "running":
            return search_id, state
        await asyncio.sleep(POLL_SECONDS)


def _line(trial: Mapping[str, Any]) -> str:
    result = f"{trial['value']:.5g}" if trial["value"] is not None else trial["state"]
    settings = ", ".join(
        f"{key.rpartition('.')[2]} {_short(v)}" for key, v in trial["params"].items()
    )
    return f"trial {trial['number']}: {result}  ({settings})"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _range(text: str) -> tuple[str, Any]:
    """The key and the values of `lora.rank=4,8` or `training.learning_rate=1e-5:1e-3:log`."""
    from core.training.configuration.layers import override

    key, equals, written = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not key=values.")
    if ":" in written:
        low, high, *more = written.split(":")
        ends = {
            name: override(f"{key}={value}")[1] for name, value in (("low", low), ("high", high))
        }
        return override(f"{key}={low}")[0], {**ends, "log": "log" in more}
    values = [override(f"{key}={value}") for value in written.split(",")]
    return values[0][0], [value for _, value in values]
