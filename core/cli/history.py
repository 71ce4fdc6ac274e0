"""The commands `history` and `replay`: days, session logs, quick actions, and images run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.options import AsJson, DataDir, glance_settings, settings_with
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.studio import Studio

history = typer.Typer(help="List days, export session logs, undo and clear.", no_args_is_help=True)

TimeZone = Annotated[
    str | None, typer.Option("--tz", help="Time zone, such as Europe/Berlin; else the setting.")
]


def _studio(data_dir: Path | None) -> Studio:
    from core.studio import Studio

    return Studio(glance_settings(data_dir))


@history.command("list")
def list_days(as_json: AsJson = False, tz: TimeZone = None, data_dir: DataDir = None) -> None:
    """List the days with tasks, newest first."""
    with _studio(data_dir) as studio:
        days = studio.call(studio.asynchronous.backend.history_days(tz))
    if as_json:
        print(json.dumps(days, indent=2))
        return
    for day in days:
        counts = ", ".join(f"{count} {state}" for state, count in day["counts"].items())
        print(f"{day['date']}  {counts}")
    if not days:
        print("There are no tasks.")


@history.command("export")
def export_log(
    date: Annotated[str | None, typer.Option(help="Day, such as 2026-01-31; else today.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write; `-` prints. Else history-DATE.html.")
    ] = None,
    form: Annotated[
        Literal["html", "json"], typer.Option("--format", help="html, one file; or json.")
    ] = "html",
    tz: TimeZone = None,
    data_dir: DataDir = None,
) -> None:
    """Write the session log of a day: one file with all tasks, settings and thumbnails."""
    from core.history.zones import day_of, zone_of

    settings = glance_settings(data_dir)
    zone = tz or settings.time_zone
    day = day_of(date) if date else zone_of(zone).today()
    target = out or Path(f"history-{day.isoformat()}.{form}")
    with _studio(data_dir) as studio:
        studio.call(_write(studio, day.isoformat(), zone, form, target))
    if str(target) != "-":
        print(target)


async def _write(studio: Studio, day: str, zone: str | None, form: str, target: Path) -> None:
    """Write the parts as they come, so that a long day needs no memory."""
    parts = studio.asynchronous.backend.session_log(day, zone, form)
    if str(target) == "-":
        async for part in parts:
            print(part, end="")
        return
    try:
        with target.open("w", encoding="utf-8", errors="replace") as file:
            async for part in parts:
                file.write(part)
    except OSError as error:
        raise InvalidInput(
            f"{target} cannot be written: {error.strerror or error}.",
            field="--out",
            fix="Name a file that you can write.",
        ) from error


@history.command("undo")
def undo_last_action(data_dir: DataDir = None) -> None:
    """Undo the last deletion of images or of a workflow, or the last cancel."""
    with _studio(data_dir) as studio:
        action = studio.call(studio.asynchronous.backend.undo_last_action())
    print(f"Undone: {action['label']}")


@history.command("restore-last")
def restore_last(data_dir: DataDir = None) -> None:
    """Print the newest completed task as a workflow, for `run` or for a file."""
    with _studio(data_dir) as studio:
        workflow = studio.call(studio.asynchronous.backend.last_success())
    print(json.dumps(workflow, indent=2, ensure_ascii=False))


@history.command("clear")
def clear_transient(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Remove ended tasks without a note, and previews; images and workflows stay."""
    if not yes:
        typer.confirm("Remove ended tasks without a note, and previews?", abort=True)
    with _studio(data_dir) as studio:
        cleared = studio.call(studio.asynchronous.backend.clear_transient())
    print(f"{cleared['tasks']} tasks removed, {cleared['kept']} kept")


def replay(
    image: Annotated[str, typer.Argument(help="ID of an asset, or a file of this studio.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Run an image again from its snapshot; exit code 1 if the result differs."""
    from core.cli.console import Bar
    from core.studio import Studio

    with Studio(settings_with(data_dir=data_dir)) as studio, Bar() as bar:
        report = studio.replay(image, on_change=bar.show)
    if as_json:
        print(json.dumps(report, indent=2))
    else:
        print("\n".join(_lines(report)))
    if not report["identical"]:
        raise typer.Exit(1)


def _lines(report: dict[str, Any]) -> list[str]:
    pixels = report["pixels"]
    if pixels is None:
        size, other = ("×".join(map(str, report[name])) for name in ("size", "other_size"))
        first = f"differs: {other} pixels instead of {size}"
    else:
        word = "identical" if report["identical"] else "differs"
        counts = f"{pixels['changed']} of {pixels['pixels']} pixels differ"
        first = f"{word}: {counts}, at most by {pixels['max']}, on average by {pixels['mean']}"
    changes = (f"{part['label']}: {part['before']} → {part['after']}" for part in report["changes"])
    return [first, *changes]
