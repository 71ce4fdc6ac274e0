"""The commands `tasks` and `queue`: list, wait for, cancel and retry tasks; pause the queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.completion import complete_task
from core.cli.options import AsJson, DataDir, Out, glance_settings, settings_with
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
    limit: Annotated[int, typer.Option(min=1, max=200, help="Number of tasks.")] = 20,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List tasks, newest first."""
    with _studio(data_dir) as studio:
        items = studio.tasks(status=status or (), operation=operation, limit=limit)
    if as_json:
        _print_json(items)
        return
    for task in items:
        print(_line(task))
    if not items:
        print("No task matches the filters." if status or operation else "There are no tasks.")


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
    data_dir: DataDir = None,
) -> None:
    """Cancel tasks."""
    if not task_ids and not every:
        raise InvalidInput("No task is named.", fix="Give IDs of tasks, or --all.")
    with _studio(data_dir) as studio:
        if every:
            print(f"{studio.cancel_all()} cancelled")
        for task_id in task_ids or ():
            print(_line(studio.cancel(task_id)))


@tasks.command("retry")
def retry_task(task_id: TaskId, data_dir: DataDir = None) -> None:
    """Queue a failed or cancelled task again; a running studio, or `tasks wait`, runs it."""
    with _studio(data_dir) as studio:
        print(_line(studio.retry(task_id)))


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


def _line(task: Mapping[str, Any]) -> str:
    error = task["error"]["detail"] if task["error"] else ""
    return f"{task['id']}  {task['status']:<9}  {task['operation']:<10}  {error}".rstrip()


def _print_queue(state: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        _print_json(state)
        return
    counts = ", ".join(f"{count} {status}" for status, count in state["counts"].items())
    print(f"{'paused' if state['paused'] else 'open'}: {counts}")
    for task in state["running"]:
        print(_line(task))


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))
