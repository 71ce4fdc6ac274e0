"""Progress of a batch on a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from core.cli.options import settings_with

if TYPE_CHECKING:
    from core.studio import AsyncStudio

POLL_SECONDS = 0.3


def follow_batch(begin: Callable[[AsyncStudio], Awaitable[str]], data_dir: Path | None) -> None:
    """Show the progress of a batch until it ends. Exits with 1 where a row was not drawn."""
    from core.cli.console import BatchBar
    from core.studio import Studio

    async def follow(studio: AsyncStudio, bar: BatchBar) -> dict[str, Any]:
        batch_id = await begin(studio)
        typer.echo(f"Batch {batch_id}", err=True)
        while (batch := await studio.backend.batch(batch_id))["unfinished"]:
            bar.show(batch)
            await asyncio.sleep(POLL_SECONDS)
        return batch

    settings = settings_with(data_dir=data_dir)
    with Studio(settings) as studio, BatchBar() as bar:
        batch = studio.call(follow(studio.asynchronous, bar))
    print(settings.outputs / batch["folder"])
    others = {name: n for name, n in batch["states"].items() if name != "completed"}
    if others:
        typer.echo(", ".join(f"{n} rows {name}" for name, n in others.items()), err=True)
        raise typer.Exit(1)
