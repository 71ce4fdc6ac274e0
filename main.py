"""The command line. `main.py` alone starts the server; every operation is a command of its own.

Commands of operations are made from their declarations, like their REST endpoints. What takes
time to import is imported by the command that needs it.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import StudioError
from core.settings import Settings

if TYPE_CHECKING:
    from core.studio import Result

app = typer.Typer(
    help="Qpyt Studio, a local-first image-generation studio.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    add_completion=False,
)
system = typer.Typer(help="The studio itself: settings and state.", no_args_is_help=True)
models = typer.Typer(help="The models on this machine.", no_args_is_help=True)
app.add_typer(system, name="system")
app.add_typer(models, name="models")

DataDir = Annotated[Path | None, typer.Option(help="Where the studio keeps its data.")]
Out = Annotated[Path, typer.Option(help="Folder for the pictures.")]


def settings_with(**changes: Any) -> Settings:
    """The settings with what the command line says on top."""
    return Settings(**{name: value for name, value in changes.items() if value is not None})


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """Start the server when no command is named."""
    if context.invoked_subcommand is None:
        serve()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0: a free one.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Start the studio."""
    gc.disable()  # looking for garbage while modules load is a third of the start; see api/server
    from api.server import run as run_server

    settings = settings_with(host=host, port=port, data_dir=data_dir)

    def announce(address: str) -> None:
        print(f"Qpyt Studio is at {address}  (stop it with Ctrl+C)", flush=True)
        if not settings.on_loopback:
            print(f"Other machines need the token in {settings.data_dir / 'token'}", flush=True)

    run_server(settings, announce)


@app.command()
def run(
    workflow: Annotated[str, typer.Argument(help="A saved workflow, a preset, or a file.")],
    values: Annotated[
        list[str] | None, typer.Option("--set", help="A prop: brick.field=value (repeatable).")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Run anew from this brick on.")
    ] = None,
    out: Out = Path("pictures"),
    data_dir: DataDir = None,
) -> None:
    """Run a workflow and save its pictures."""
    from core.cli.console import Bar, save, warn
    from core.studio import Studio

    path = Path(workflow)
    content: Any = json.loads(path.read_bytes()) if path.is_file() else workflow
    inputs = dict(_assignment(text) for text in values or [])
    with Studio(settings_with(data_dir=data_dir)) as studio, Bar() as bar:
        results: dict[str, Result] = studio.run_workflow(
            content, inputs=inputs, start=start, on_change=bar.show
        )
    for brick, result in results.items():
        warn(result)
        for saved in save(result, out, brick):
            print(saved)


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not brick.field=value.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@system.command("settings")
def show_settings(data_dir: DataDir = None) -> None:
    """Print every setting; secrets are masked."""
    settings = settings_with(data_dir=data_dir)
    for name, value in settings.public().items():
        print(f"{Settings.variable(name)}={json.dumps(value, ensure_ascii=False)}")


@system.command("status")
def show_status(data_dir: DataDir = None) -> None:
    """Print how the studio is doing, as JSON."""
    from core.studio import Studio

    with Studio(settings_with(data_dir=data_dir, warm=False)) as studio:
        report = studio.call(studio.asynchronous.backend.system())
    print(json.dumps(report, indent=2))


@models.command("list")
def list_models(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print the models: those here, those here in part, and how to get the others."""
    from core.models.inventory.inventory import AuxiliaryEntry, Inventory, InventoryEntry
    from core.models.inventory.report import lines
    from core.models.library.library import Library

    settings = Settings()
    library = Library(
        settings.model_places, words=settings.model_words, presets_dir=settings.presets_dir
    )
    stock = Inventory(library, library.catalogue, settings.models_dir)
    if as_json:
        every: list[InventoryEntry | AuxiliaryEntry] = [*stock.all(), *stock.auxiliary_models()]
        models = [{"id": model.id, "label": model.label, **model.public()} for model in every]
        print(json.dumps(models, indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines(stock.all(), library.refused(), stock.auxiliary_models())))


@models.command("pull")
def pull_model(
    model: Annotated[str, typer.Argument(help="An id that `models list` names.")],
    data_dir: DataDir = None,
) -> None:
    """Download a model with all that it needs; goes on where an earlier download stopped."""
    from core.cli.console import Bar
    from core.studio import Studio

    with Studio(settings_with(data_dir=data_dir, warm=False)) as studio, Bar() as bar:
        result = studio.run("pull_model", model=model, on_change=bar.show)
    for name in result.task["outputs"][0]["value"]:
        print(name)


@models.command("check")
def check_model(
    file: Annotated[Path, typer.Argument(help="A file of weights.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what a file is, from its header alone; exit code 1 when it cannot be used."""
    from core.errors import NotFound
    from core.models.recognition import report
    from core.models.recognition.recognition import recognise
    from core.models.weights.file import read_weights

    try:
        finding = recognise(read_weights(file).header, file)
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
    """Measure the speed that must be kept (see docs/performance.md)."""
    from benchmarks.__main__ import main as measure

    raise typer.Exit(measure(context.args))


def main() -> None:
    """Run the command line; an error of the studio is one line and exit code 1."""
    from core.cli.commands import add_operations

    add_operations(app, settings_with)
    try:
        app()
    except StudioError as error:
        place = f"{error.field}: " if error.field else ""
        print(f"{place}{error.detail}", file=sys.stderr)
        if error.fix:
            print(error.fix, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
