"""The commands `workflows`: list, show, rename, copy, tag, delete and restore saved workflows.

They work on the files, so no studio has to run; a running one notices the change.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from core.cli.completion import complete_workflow
from core.cli.options import AsJson, DataDir, settings_with

if TYPE_CHECKING:
    from core.operations.declaration.registry import Registry
    from core.workflows.library import Workflows
    from core.workflows.workflow import Workflow

workflows = typer.Typer(help="List, name, copy, tag and restore workflows.", no_args_is_help=True)

T = TypeVar("T")
Name = Annotated[
    str, typer.Argument(help="Name of a saved workflow.", autocompletion=complete_workflow)
]


def _library(data_dir: Path | None) -> Workflows:
    from core.workflows.library import Workflows

    settings = settings_with(data_dir=data_dir)
    return Workflows(settings.workflows_dir, settings.presets_dir)


def _done(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@workflows.command("list")
def list_workflows(
    query: Annotated[str, typer.Argument(help="Words in names, tags, prompts or bricks.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag (repeatable).")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the saved workflows, newest first; without a filter also the presets."""
    library = _library(data_dir)
    saved = _done(library.all(query, tag or ()))
    presets = {} if query or tag else _done(library.presets())
    if as_json:
        _print_json({"saved": saved, "presets": list(presets)})
        return
    names = [*(entry["name"] for entry in saved), *presets]
    width = max(map(len, names), default=0)
    for entry in saved:
        tags = " ".join(f"#{word}" for word in entry["tags"])
        at = entry["updated_at"][:16].replace("T", " ")
        print(f"{entry['name']:<{width}}  {at}  {tags}".rstrip())
    for name, workflow in presets.items():
        print(f"{name:<{width}}  {'preset':<16}  {workflow.name}")


@workflows.command("show")
def show_workflow(
    name: Annotated[str, typer.Argument(help="Name of a saved workflow or preset.")],
    version: Annotated[
        str | None, typer.Option(help="An earlier version, as in `workflows versions`.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print a workflow as JSON."""
    library = _library(data_dir)
    work = library.find(name) if version is None else library.version(name, version)
    _print_json(_done(work).json_data())


@workflows.command("versions")
def list_versions(name: Name, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the earlier versions of a workflow, newest first."""
    entries = _done(_library(data_dir).versions(name))
    _print_entries(entries, as_json, "{id}  {saved_at}  {bricks} bricks")


@workflows.command("restore")
def restore(
    name: Name,
    version: Annotated[
        str | None,
        typer.Argument(help="ID of an earlier version; without one, the deleted workflow."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Restore an earlier version of a workflow, or a deleted workflow."""
    library = _library(data_dir)
    if version is None:
        print(_done(library.restore_deleted(name)))
        return
    _done(library.restore_version(name, version))
    print(name)


@workflows.command("trash")
def list_trash(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the deleted workflows, newest first."""
    entries = _done(_library(data_dir).deleted())
    _print_entries(entries, as_json, "{name}  deleted {deleted_at:.16}")


@workflows.command("rename")
def rename(
    name: Name,
    new_name: Annotated[str, typer.Argument(help="The new name.")],
    data_dir: DataDir = None,
) -> None:
    """Give a workflow another name; its versions move along."""
    _done(_library(data_dir).rename(name, new_name))
    print(new_name)


@workflows.command("duplicate")
def duplicate(
    name: Annotated[str, typer.Argument(help="Name of a saved workflow or preset.")],
    copy: Annotated[
        str | None, typer.Argument(help="Name of the copy; without one, the next free name.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Save a copy of a workflow or preset."""
    print(_done(_library(data_dir).duplicate(name, copy)))


@workflows.command("delete")
def delete(name: Name, data_dir: DataDir = None) -> None:
    """Move a workflow into the trash; `workflows restore` brings it back."""
    _done(_library(data_dir).delete(name))
    print(f"{name} is in the trash")


@workflows.command("tag")
def tag_workflow(
    name: Name,
    tags: Annotated[
        list[str] | None, typer.Argument(help="Tags in place of those it has; none removes all.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Replace the tags of a workflow."""
    print(" ".join(_done(_library(data_dir).tag(name, tags or ())).tags))


def print_inputs(workflow: str, content: Any, data_dir: Path | None) -> None:
    """Print the inputs of a workflow's file or of a named one: first those that are exposed."""
    from core.operations.declaration.registry import load
    from core.workflows.workflow import parse

    settings = settings_with(data_dir=data_dir)
    chosen = _done(_library(data_dir).find(workflow)) if content is None else parse(content)
    print(f"{chosen.name or workflow}: {chosen.description}".rstrip(": "))
    for line in _input_lines(chosen, load(settings.operation_modules)):
        print(line)


def _input_lines(workflow: Workflow, registry: Registry) -> Iterator[str]:
    from core.workflows.form import form_of

    everything = workflow.model_copy(
        update={
            "bricks": [
                brick.model_copy(update={"exposed": list(declaration.model_fields)})
                for brick in workflow.bricks
                if (declaration := registry.get(brick.type)) is not None
            ]
        }
    )
    exposed = {field.input for field in form_of(workflow, registry).fields}
    fields = form_of(everything, registry).fields
    for title, listed in (
        ("Exposed:", [field for field in fields if field.input in exposed]),
        ("Others:", [field for field in fields if field.input not in exposed]),
    ):
        if listed:
            yield f"\n{title}"
        for field in listed:
            value = json.dumps(field.value, ensure_ascii=False)
            yield f"  --set {field.input}={value}  {field.brick_title}: {field.title}"


def _print_entries(entries: list[dict[str, Any]], as_json: bool, line: str) -> None:
    """Print entries as JSON, or a line each in the format `line`."""
    if as_json:
        _print_json(entries)
        return
    for entry in entries:
        print(line.format_map(entry))


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))
