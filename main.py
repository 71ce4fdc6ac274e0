"""The command line. `main.py` alone starts the server; every operation is a command.

The commands of operations are made from their declarations, like their REST endpoints. Modules that
are slow to import are imported by the commands that need them.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn


def _stop_wrong_python(lacking: str) -> NoReturn:
    sys.exit(
        f"{lacking} is missing in this Python ({sys.executable}). "
        "Run `make setup` once, then start main.py with .venv/bin/python."
    )


if sys.version_info < (3, 11):  # noqa: UP036  whoever starts it with an old one reads why it stops
    _stop_wrong_python("Python 3.11 or newer")
try:
    import typer
    from typer.exceptions import TyperException

    from core.cli import (
        data,
        evaluation,
        exchange,
        gallery,
        history,
        logs,
        loras,
        machine,
        searches,
        sets,
        tasks,
        training,
        workflows,
    )
    from core.cli import settings as settings_commands
    from core.cli.completion import complete_model, complete_workflow
    from core.cli.lora_options import spread
    from core.cli.matrix import run_matrix
    from core.cli.mistakes import (
        close_output,
        describe_os_error,
        print_error,
        print_usage_error,
    )
    from core.cli.options import (
        AsJson,
        DataDir,
        Out,
        ProfileOption,
        assignment,
        data_dir_defaults,
        glance_settings,
        settings_with,
    )
    from core.cli.provenance import verify
    from core.errors import InvalidWorkflow, NotFound, StudioError
    from core.settings import Settings
    from core.version import VERSION
except ModuleNotFoundError as missing:
    _stop_wrong_python(f"The package {missing.name!r}")

if TYPE_CHECKING:
    from core.studio import Studio, TaskResult

app = typer.Typer(
    help="Qpyt Studio, a local-first image-generation studio.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)
system = typer.Typer(help="Settings and state of the studio.", no_args_is_help=True)
models = typer.Typer(help="List, download and check models.", no_args_is_help=True)
settings_commands.add_commands(system)
machine.add_commands(system)
app.command("logs")(logs.show_log)
app.add_typer(system, name="system")
app.add_typer(models, name="models")

app.add_typer(tasks.tasks, name="tasks")
app.add_typer(tasks.queue, name="queue")
exchange.add_commands(workflows.workflows)
app.command()(verify)
app.add_typer(workflows.workflows, name="workflows")
app.add_typer(sets.sets, name="sets")
app.add_typer(gallery.gallery, name="gallery")
app.command("matrix")(run_matrix)
training.train.command("optimize")(searches.optimize)
app.add_typer(training.train, name="train")
app.add_typer(evaluation.evaluate, name="eval")
app.command("optimize")(searches.optimize)
app.add_typer(data.data, name="data")
app.add_typer(loras.lora, name="lora")
app.add_typer(history.history, name="history")
app.command("replay")(history.replay)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"Qpyt Studio {VERSION}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    data_dir: DataDir = None,
    profile: ProfileOption = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Start the server when no command is given; `--data-dir` and `--profile` hold for every
    command."""
    if profile is not None:
        os.environ[Settings.variable("profile")] = profile
    if context.invoked_subcommand is None:
        serve(data_dir=data_dir)
    elif data_dir is not None:
        context.default_map = data_dir_defaults(context.command, data_dir)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on; 0 selects a free port.")
    ] = None,
    data_dir: DataDir = None,
    profile: ProfileOption = None,
) -> None:
    """Start the server."""
    gc.disable()  # collections while modules load take a third of the start; see api/server
    from api.server import run as run_server

    settings = settings_with(host=host, port=port, data_dir=data_dir, profile=profile)

    def announce(address: str) -> None:
        print(f"Qpyt Studio is at {address}  (stop it with Ctrl+C)", flush=True)
        if not settings.on_loopback:
            print(f"Other machines need the token in {settings.data_dir / 'token'}", flush=True)

    run_server(settings, announce)


@app.command()
def run(
    workflow: Annotated[
        str,
        typer.Argument(
            help="Name of a saved workflow or preset, or a file.", autocompletion=complete_workflow
        ),
    ],
    images: Annotated[
        list[Path] | None, typer.Argument(help="Images for the input images, in their order.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="Input of a brick: brick.field=value (repeatable)."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Run this brick and all after it again.")
    ] = None,
    inputs_only: Annotated[
        bool, typer.Option("--inputs", help="List the inputs for --set, and run nothing.")
    ] = False,
    out: Out = Path("pictures"),
    data_dir: DataDir = None,
) -> None:
    """Run a workflow and save its images. `run NAME --inputs` lists what --set can change."""
    from core.cli.console import Bar, print_result, writable
    from core.studio import Studio

    content = _workflow_file(workflow)
    if inputs_only:
        workflows.print_inputs(workflow, content, data_dir)
        return
    inputs = dict(assignment(text, "brick.field=value") for text in values or [])
    writable(out)
    with Studio(settings_with(data_dir=data_dir)) as studio, Bar() as bar:
        if images:
            content = content or studio.call(studio.asynchronous.backend.named_workflow(workflow))
            inputs |= _image_inputs(content, images, studio)
        results: dict[str, TaskResult] = studio.run_workflow(
            content or workflow, inputs=inputs, start=start, on_change=bar.show
        )
    for brick, result in results.items():
        print_result(result, out, brick)


def _workflow_file(workflow: str) -> Any:
    """The content of a workflow's file; None for a name. Raises `NotFound`, `InvalidWorkflow`."""
    path = Path(workflow)
    if not path.is_file():
        if path.suffix == ".json" or len(path.parts) > 1:
            raise NotFound(
                f"There is no file {workflow!r}.",
                field="workflow",
                fix="Name a workflow's file, a saved workflow or a preset.",
            )
        return None
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError, OSError) as error:
        raise InvalidWorkflow(f"{workflow} is not readable as JSON: {error}.") from error


def _image_inputs(content: Any, images: Sequence[Path], studio: Studio) -> dict[str, str]:
    """Uploaded images for the input images of a workflow, in their order."""
    from core.workflows.workflow import parse

    places = [brick.id for brick in parse(content).bricks if brick.type == "image_input"]
    if len(images) > len(places):
        raise InvalidWorkflow(
            f"{len(images)} images are given, and the workflow has {len(places)} input images.",
            field="images",
            fix="Give at most one image for each input image.",
        )
    return {
        f"{brick}.image": studio.upload(image) for brick, image in zip(places, images, strict=False)
    }


@system.command("status")
def show_status(data_dir: DataDir = None) -> None:
    """Print the state of the studio as JSON."""
    from core.studio import Studio

    with Studio(glance_settings(data_dir)) as studio:
        state = studio.call(studio.asynchronous.backend.system())
    print(json.dumps(state, indent=2))


@models.command("list")
def list_models(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the models: present, incomplete, and available for download."""
    from core.models.inventory.inventory import AuxiliaryEntry, Inventory, InventoryEntry
    from core.models.inventory.report import lines
    from core.models.library.library import Library

    settings = settings_with(data_dir=data_dir)
    library = Library(
        settings.model_places, words=settings.model_words, presets_dir=settings.presets_dir
    )
    inventory = Inventory(library, library.catalogue, settings.models_dir)
    if as_json:
        entries: list[InventoryEntry | AuxiliaryEntry] = [
            *inventory.all(),
            *inventory.auxiliary_models(),
        ]
        items = [{"id": entry.id, "label": entry.label, **entry.public()} for entry in entries]
        print(json.dumps(items, indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines(inventory.all(), library.refused(), inventory.auxiliary_models())))


@models.command("pull")
def pull_model(
    model: Annotated[
        str,
        typer.Argument(help="ID of a model, as in `models list`.", autocompletion=complete_model),
    ],
    data_dir: DataDir = None,
) -> None:
    """Download a model, or what it lacks; resumes an earlier download."""
    from core.cli.console import Bar
    from core.studio import Studio

    with Studio(settings_with(data_dir=data_dir, warm=False)) as studio, Bar() as bar:
        result = studio.run("pull_model", model=model, on_change=bar.show)
    for name in result.task["outputs"][0]["value"]:
        print(name)


@models.command("check")
def check_model(
    file: Annotated[Path, typer.Argument(help="A weights file.")],
    as_json: AsJson = False,
) -> None:
    """Identify a weights file by its header; exit code 1 if it cannot be used."""
    from core.errors import NotFound
    from core.models.recognition import report
    from core.models.recognition.reading import read_and_recognise

    try:
        _, finding = read_and_recognise(file)
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}.", field="file") from error
    if as_json:
        print(json.dumps({"file": str(file), **finding.public()}, indent=2, ensure_ascii=False))
    else:
        print("\n".join(report.lines(finding)))
    if finding.problem is not None:
        raise typer.Exit(1)


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def bench(context: typer.Context) -> None:
    """Run the benchmarks (see docs/performance.md)."""
    from benchmarks.__main__ import main as measure

    raise typer.Exit(measure(context.args))


def _completes() -> bool:
    """True where a shell requests completions: it sets a variable named after the program."""
    program = Path(sys.argv[0]).name.replace("-", "_").upper()
    return f"_{program}_COMPLETE" in os.environ


def is_own_command(arguments: Sequence[str]) -> bool:
    """True when the commands of operations are not needed: making them delays the server."""
    if not arguments:
        return not _completes()
    names = {group.name for group in app.registered_groups}
    for command in app.registered_commands:
        names.add(command.name or getattr(command.callback, "__name__", None))
    return arguments[0] in names


def main() -> None:
    """Run the command line. A mistake is printed without a traceback; the exit code is 1, or 2 for
    a wrong use of a command."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a locale without UTF-8 cannot write all names
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        if not is_own_command(sys.argv[1:]):
            from core.cli.commands import add_operations

            add_operations(app, settings_with)
        code = app(spread(sys.argv[1:]), standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except TyperException as error:
        print_usage_error(error)
        sys.exit(error.exit_code)
    except StudioError as error:
        print_error(error)
        sys.exit(1)
    except BrokenPipeError:
        close_output()
        sys.exit(1)
    except OSError as error:
        sys.exit(describe_os_error(error))
    except ModuleNotFoundError as error:
        _stop_wrong_python(f"The package {error.name!r}")
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)


if __name__ == "__main__":
    main()
