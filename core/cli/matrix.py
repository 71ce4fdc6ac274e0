"""The command `matrix`: every combination of the values of some parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.batches import follow_batch
from core.cli.options import DataDir, assignment

if TYPE_CHECKING:
    from core.studio import AsyncStudio


def run_matrix(
    prompt: Annotated[str, typer.Argument(help="Prompt of every cell.")] = "",
    axis: Annotated[
        list[str] | None,
        typer.Option(help="Parameter and values: guidance_scale=1,3.5,7 (repeatable)."),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of every cell: name=value (repeatable)."),
    ] = None,
    operation: Annotated[str, typer.Option(help="Operation that draws a cell.")] = "generate",
    name: Annotated[str, typer.Option(help="Name of the batch and its folder.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Draw a matrix: an image for every combination of values. Print its folder.

    `sets print BATCH --format contact_sheet` draws its labelled sheet.
    """
    params = dict(assignment(text) for text in values or [])
    body: dict[str, Any] = {
        "operation": operation,
        "params": {**({"prompt": prompt} if prompt else {}), **params},
        "axes": [_axis(text) for text in axis or []],
        "name": name,
    }

    async def start(studio: AsyncStudio) -> str:
        return await studio.backend.run_matrix(body)

    follow_batch(start, data_dir)


def _axis(text: str) -> dict[str, Any]:
    """The axis of a text such as `steps=4,8`; a value with a comma stands in a JSON list."""
    name, equals, values = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not name=value,value.")
    if values.startswith("["):
        return {"name": name, "values": json.loads(values)}
    return {"name": name, "values": [assignment(f"x={value}")[1] for value in values.split(",")]}
