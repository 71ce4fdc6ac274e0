"""Shell completion of arguments: names of workflows, IDs of tasks and models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import typer

from core.cli.options import settings_with
from core.errors import StudioError
from core.settings import Settings

TASKS_MAX = 200  # newest ones
Candidate = tuple[str, str]
"""A value, and its description."""


def _completion(
    candidates: Callable[[Settings], Iterable[Candidate]],
) -> Callable[[typer.Context, str], list[Candidate]]:
    """A completion of the candidates that begin with the typed text; none where they cannot be
    read, because a shell shows no error."""

    def complete(context: typer.Context, incomplete: str) -> list[Candidate]:
        from sqlalchemy.exc import SQLAlchemyError  # not on the way of the server's start

        try:
            entries = candidates(settings_with(data_dir=context.params.get("data_dir")))
            return [entry for entry in entries if entry[0].startswith(incomplete)]
        except (StudioError, SQLAlchemyError, OSError):
            return []

    complete.__doc__ = candidates.__doc__
    return complete


@_completion
def complete_workflow(settings: Settings) -> Iterable[Candidate]:
    """Names of saved workflows, then of presets."""
    from core.workflows.library import Workflows

    workflows = Workflows(settings.workflows_dir, settings.presets_dir)
    saved = asyncio.run(workflows.all())
    presets = asyncio.run(workflows.presets())
    return [
        *((str(entry["name"]), str(entry["description"])) for entry in saved),
        *((name, preset.name) for name, preset in presets.items()),
    ]


@_completion
def complete_task(settings: Settings) -> Iterable[Candidate]:
    """IDs of the newest tasks."""
    from core.store.database import Database
    from core.tasks.listing import TaskFilter, page

    if not settings.database_url and not (settings.data_dir / "studio.db").exists():
        return []
    database = Database(settings.database)
    try:
        tasks = asyncio.run(
            database.read(
                lambda connection: page(connection, TaskFilter(), TASKS_MAX, None, "newest")
            )
        )
    finally:
        database.close()
    return [(task.id, f"{task.status} {task.operation}") for task in tasks.items]


@_completion
def complete_model(settings: Settings) -> Iterable[Candidate]:
    """IDs of the catalogue."""
    from core.models.library.catalogue import read_catalogue

    catalogue = read_catalogue(settings.presets_dir)
    return [(offer.id, "") for offer in (*catalogue.models, *catalogue.auxiliary)]
