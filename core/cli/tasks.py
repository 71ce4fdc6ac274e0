"""The commands `tasks` and `queue`: list, wait for, cancel, retry, repeat, edit, move and release
tasks; pause the queue, and turn its auto-run on and off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.completion import complete_task
from core.cli.options import (
    AsJson,
    DataDir,
    Out,
    assignment,
    glance_settings,
    settings_with,
)
from core.errors import InvalidInput
from core.tasks.states import Status

if TYPE_CHECKING:
    from core.studio import Studio

tasks = typer.Typer(help="List, cancel and repeat tasks.", no_args_is_help=True)
queue = typer.Typer(help="Show, pause and resume the queue.", no_args_is_help=True)

TaskId = Annotated[
    str, typer.Argument(help="ID of a task, as in `tasks list`.", autocompletion=complete_task)
]


def _studio(data_dir: Path | None) -> Studio:
    from core.studio import Studio

    return Studio(glance_settings(data_dir))


@tasks.command("list")
def list_tasks(
    status: Annotated[
        list[Status] | None, typer.Option(help="Only tasks of this state (repeatable).")
    ] = None,
    operation: Annotated[str | None, typer.Option(help="Only tasks of this operation.")] = None,
    model: Annotated[str | None, typer.Option(help="Only tasks of this model.")] = None,
    text: Annotated[str, typer.Option(help="Only tasks with this in a prompt or error.")] = "",
    by_queue: Annotated[bool, typer.Option("--queue", help="In the order of the queue.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Number of tasks.")] = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List tasks, newest first."""
    with _studio(data_dir) as studio:
        filters = {"status": status, "operation": operation, "model": model, "text": text}
        items = studio.tasks(order="queue" if by_queue else "newest", limit=limit, **filters)
    if as_json:
        _print_json(items)
        return
    for task in items:
        print(_line(task))
    if not items:
        narrowed = any(filters.values())
        print("No task matches the filters." if narrowed else "There are no tasks.")


@tasks.command("show")
def show_task(task_id: TaskId, data_dir: DataDir = None) -> None:
    """Print a task with its snapshot as JSON."""
    with _studio(data_dir) as studio:
        _print_json(studio.task(task_id))


@tasks.command("wait")
def wait_for_task(task_id: TaskId, out: Out = Path("pictures"), data_dir: DataDir = None) -> None:
    """Wait for a task and save its images."""
    from core.cli.console import Bar, print_result, writable
    from core.studio import Studio

    writable(out)
    with Studio(settings_with(data_dir=data_dir)) as studio, Bar() as bar:
        result = studio.result(task_id, on_change=bar.show)
    print_result(result, out, result.task["operation"])


@tasks.command("cancel")
def cancel_tasks(
    task_ids: Annotated[
        list[str] | None, typer.Argument(help="IDs of tasks.", autocompletion=complete_task)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All tasks that have not ended.")] = False,
    operation: Annotated[str | None, typer.Option(help="All tasks of this operation.")] = None,
    text: Annotated[str, typer.Option(help="All tasks with this in a prompt.")] = "",
    data_dir: DataDir = None,
) -> None:
    """Cancel tasks: by their IDs, all, or those of a filter."""
    selection = {name: value for name, value in (("operation", operation), ("text", text)) if value}
    if not task_ids and not every and not selection:
        raise InvalidInput("No task is named.", fix="Give IDs of tasks, a filter, or --all.")
    with _studio(data_dir) as studio:
        if every or selection:
            print(f"{studio.cancel_all(**selection)} cancelled")
        for task_id in task_ids or ():
            print(_line(studio.cancel(task_id)))


@tasks.command("retry")
def retry_task(
    task_id: Annotated[
        str | None, typer.Argument(help="ID of a task.", autocompletion=complete_task)
    ] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All failed tasks.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Queue failed or cancelled tasks again; a running studio, or `tasks wait`, runs them."""
    if (task_id is None) != failed:
        raise InvalidInput("Name one task, or all failed ones.", fix="Give an ID, or --failed.")
    with _studio(data_dir) as studio:
        if task_id is None:
            print(f"{studio.retry_failed()} queued again")
        else:
            print(_line(studio.retry(task_id)))


@tasks.command("repeat")
def repeat_task(
    task_id: TaskId,
    times: Annotated[int, typer.Option(min=1, max=100, help="Number of new tasks.")] = 1,
    seed: Annotated[
        Literal["new", "next", "same"],
        typer.Option(help="New seeds, those after the last image, or the same."),
    ] = "new",
    data_dir: DataDir = None,
) -> None:
    """Queue a task again as new tasks, and print their IDs."""
    with _studio(data_dir) as studio:
        print("\n".join(studio.repeat(task_id, times, seed)))


@tasks.command("edit")
def edit_task(
    task_id: TaskId,
    values: Annotated[list[str], typer.Option("--set", help="Parameter: name=value (repeatable).")],
    data_dir: DataDir = None,
) -> None:
    """Change parameters of a waiting task."""
    with _studio(data_dir) as studio:
        print(_line(studio.change(task_id, dict(assignment(text) for text in values))))


@tasks.command("move")
def move_task(
    task_id: TaskId,
    before: Annotated[str | None, typer.Option(help="Before this task.")] = None,
    after: Annotated[str | None, typer.Option(help="After this task.")] = None,
    end: Annotated[
        Literal["top", "bottom"] | None, typer.Option("--to", help="To the top or the bottom.")
    ] = None,
    priority: Annotated[int | None, typer.Option(help="Band: 0, 10, 20 or 30.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Move a waiting task in the queue."""
    places = {"before": before, "after": after, "end": end, "priority": priority}
    changes: dict[str, Any] = {name: value for name, value in places.items() if value is not None}
    if not changes:
        raise InvalidInput("No place is named.", fix="Give --before, --after, --to or --priority.")
    with _studio(data_dir) as studio:
        print(_line(studio.change(task_id, **changes)))


@tasks.command("hold")
def hold_task(task_id: TaskId, data_dir: DataDir = None) -> None:
    """Hold a waiting task until its release."""
    with _studio(data_dir) as studio:
        print(_line(studio.change(task_id, held=True)))


@tasks.command("release")
def release_tasks(
    task_id: Annotated[str | None, typer.Argument(help="ID of a task; all without it.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Release a held task, or all of them."""
    with _studio(data_dir) as studio:
        if task_id is None:
            print(f"{studio.release()} released")
        else:
            print(_line(studio.change(task_id, held=False)))


@queue.command("show")
def show_queue(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Print the number of tasks by state and the tasks that run."""
    with _studio(data_dir) as studio:
        _print_queue(studio.queue(), as_json)


@queue.command("pause")
def pause_queue(data_dir: DataDir = None) -> None:
    """Pause: running tasks continue, no task starts. Survives a restart."""
    with _studio(data_dir) as studio:
        _print_queue(studio.pause(), False)


@queue.command("resume")
def resume_queue(data_dir: DataDir = None) -> None:
    """Resume: tasks start again."""
    with _studio(data_dir) as studio:
        _print_queue(studio.resume(), False)


@queue.command("auto-run")
def set_auto_run(
    state: Annotated[Literal["on", "off"], typer.Argument(help="on or off.")],
    data_dir: DataDir = None,
) -> None:
    """Start submitted tasks by themselves (on), or hold them until `tasks release` (off)."""
    with _studio(data_dir) as studio:
        _print_queue(studio.auto_run(state == "on"), False)


@queue.command("clear")
def clear_finished(data_dir: DataDir = None) -> None:
    """Clear the list of finished tasks; `tasks list` has them still."""
    with _studio(data_dir) as studio:
        _print_queue(studio.clear_finished(), False)


def _line(task: Mapping[str, Any]) -> str:
    error = task["error"]["detail"] if task["error"] else ""
    return f"{task['id']}  {task['status']:<9}  {task['operation']:<10}  {error}".rstrip()


def _print_queue(state: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        _print_json(state)
        return
    counts = ", ".join(f"{count} {status}" for status, count in state["counts"].items())
    held = "" if state["auto_run"] else ", auto-run off"
    print(f"{'paused' if state['paused'] else 'open'}{held}: {counts}")
    for task in state["running"]:
        print(_line(task))


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))
