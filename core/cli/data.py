"""The commands `data`: datasets for trainings, checked, measured and kept in versions.

A dataset is a folder, or the name of one that is kept in the data directory. They work on files, so
no studio has to run.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.options import AsJson, DataDir, settings_with

if TYPE_CHECKING:
    from core.models.library.library import Library
    from core.settings import Settings
    from core.training.datasets.limits import DatasetLimits
    from core.training.datasets.sources import DatasetSource
    from core.training.datasets.versions import DatasetStore

data = typer.Typer(help="Check, measure and keep datasets for trainings.", no_args_is_help=True)


def complete_dataset(incomplete: str) -> list[str]:
    """Names of datasets that begin with what was typed."""
    names = [dataset.name for dataset in _store(settings_with()).all()]
    return [name for name in names if name.startswith(incomplete)]


Source = Annotated[
    str, typer.Argument(help="A folder, or a dataset by name.", autocompletion=complete_dataset)
]
Name = Annotated[
    str, typer.Argument(help="Name or ID of a dataset.", autocompletion=complete_dataset)
]
ModelOption = Annotated[str | None, typer.Option(help="Model whose limits count.")]


def _store(settings: Settings) -> DatasetStore:
    from core.training.datasets.versions import DatasetStore

    return DatasetStore(settings.data_dir / "datasets")


def _source(name: str, settings: Settings, limits: DatasetLimits) -> DatasetSource:
    from core.training.datasets.sources import find_source

    return find_source(name, _store(settings), limits)


def _library(settings: Settings) -> Library:
    from core.models.library.library import Library

    return Library(settings.model_places, words=settings.model_words)


def _limits(settings: Settings, model: str | None) -> DatasetLimits:
    from core.training.datasets.limits import limits_of_model

    library = _library(settings)
    return limits_of_model(library.get(model) if model else library.default("generate"))


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


@data.command("list")
def list_datasets(
    deleted: Annotated[bool, typer.Option(help="The trash.")] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List the datasets, the newest first."""
    store = _store(settings_with(data_dir=data_dir))
    datasets = store.all(deleted=deleted)
    if as_json:
        _print_json([asdict(dataset) for dataset in datasets])
        return
    width = max((len(dataset.name) for dataset in datasets), default=0)
    for dataset in datasets:
        count = len(store.version(dataset).images)
        print(f"{dataset.name:<{width}}  {count:>5} images  version {dataset.latest}")


@data.command("import")
def import_dataset(
    path: Annotated[Path, typer.Argument(help="A folder or a zip of images with captions.")],
    name: Annotated[str | None, typer.Option(help="Name; else that of the folder.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Keep a copy of a folder or a zip as a dataset; an existing one gets a new version."""
    from core.errors import NotFound
    from core.training.datasets.importing import import_path

    store = _store(settings_with(data_dir=data_dir))
    title = name or path.resolve().stem
    try:
        dataset, new = store.get(title), False
    except NotFound:
        dataset, new = store.create(title), True
    try:
        imported = import_path(store, dataset, path)
    except Exception:  # a new dataset without images is not kept, whatever went wrong
        if new:
            store.purge(store.trash(dataset))
        raise
    for refusal in imported.refused:
        typer.echo(f"{refusal.name} {refusal.detail}", err=True)
    print(f"{title}: {imported.added} images, version {imported.dataset.latest}")


@data.command("versions")
def list_versions(name: Name, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """List the versions of a dataset, the newest first."""
    store = _store(settings_with(data_dir=data_dir))
    versions = store.versions(store.get(name))
    if as_json:
        fields = ("number", "created_at", "change")
        _print_json([{field: getattr(version, field) for field in fields} for version in versions])
        return
    for version in versions:
        moment = version.created_at[:16].replace("T", " ")
        print(f"{version.number:>4}  {moment}  {len(version.images):>5} images  {version.change}")


@data.command("restore")
def restore_version(
    name: Name,
    version: Annotated[int, typer.Argument(help="Number of the version.")],
    data_dir: DataDir = None,
) -> None:
    """Undo: make the images of an older version the newest one."""
    store = _store(settings_with(data_dir=data_dir))
    dataset = store.restore(store.get(name), version)
    print(f"{dataset.name}: version {dataset.latest} has the images of version {version}")


@data.command("export")
def export_dataset(
    name: Name,
    output: Annotated[Path, typer.Option(help="An empty folder.")],
    version: Annotated[int | None, typer.Option(help="A version; else the newest.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write a dataset to a folder, with a caption file beside each image."""
    store = _store(settings_with(data_dir=data_dir))
    chosen = store.version(store.get(name), version)
    store.export(chosen, output)
    print(f"{output}: {len(chosen.images)} images")


@data.command("delete")
def delete_dataset(name: Name, data_dir: DataDir = None) -> None:
    """Move a dataset to the trash."""
    store = _store(settings_with(data_dir=data_dir))
    dataset = store.trash(store.get(name))
    print(f"{dataset.name} is in the trash; `data recover {dataset.id}` brings it back.")


@data.command("recover")
def recover_dataset(
    dataset_id: Annotated[str, typer.Argument(help="ID of a dataset in the trash.")],
    data_dir: DataDir = None,
) -> None:
    """Bring a dataset back from the trash."""
    store = _store(settings_with(data_dir=data_dir))
    print(f"{store.recover(store.get(dataset_id)).name} is back.")


@data.command("validate")
def validate_dataset(
    source: Source,
    fix: Annotated[bool, typer.Option("--fix", help="Repair a copy, as a new version.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the repairs, and change nothing.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the repaired copy of a folder.")
    ] = None,
    caption: Annotated[
        str | None, typer.Option(help="Caption of images without one; else their file name.")
    ] = None,
    model: ModelOption = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Check every rule, with file and remedy. Exits with 1 if an error prevents a training."""
    from core.training.datasets.repairs import plan_repairs
    from core.training.datasets.rules import Level, check_entries

    settings = settings_with(data_dir=data_dir)
    limits = _limits(settings, model)
    chosen = _source(source, settings, limits)
    faults = check_entries(chosen.entries, limits)
    repairs = plan_repairs(chosen.entries, faults, limits, caption) if fix or dry_run else []
    if as_json:
        _print_json(
            {
                "faults": [{**asdict(fault), "sentence": fault.sentence} for fault in faults],
                "repairs": [asdict(repair) for repair in repairs],
            }
        )
    else:
        for fault in faults:
            print(f"{fault.level.value}: {fault.sentence} {fault.remedy}")
        for repair in repairs:
            print(f"repair: {repair.name} {repair.detail}")
    if fix and not dry_run:
        place = chosen.repair(repairs, limits, output)
        typer.echo(f"{place}: {len(repairs)} repairs", err=True)
        return
    if any(fault.level is Level.ERROR for fault in faults):
        raise typer.Exit(1)
    if not faults and not as_json:
        typer.echo(f"{len(chosen.entries)} images, no faults.", err=True)


@data.command("caption")
def caption_dataset(
    name: Name,
    task: Annotated[
        str, typer.Option(help="caption, detailed or more_detailed: the length.")
    ] = "detailed",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the captions that are there, too.")
    ] = False,
    trigger: Annotated[
        str | None, typer.Option(help="Word in front; else the trigger word of the dataset.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Describe the images without a caption, as a task of the queue, in a new version."""
    from core.cli.console import Bar
    from core.studio import Studio

    settings = settings_with(data_dir=data_dir)
    dataset = _store(settings).get(name)
    params = {"dataset": dataset.id, "task": task, "overwrite": overwrite, "trigger_word": trigger}
    with Studio(settings) as studio, Bar() as bar:
        task_id = studio.submit("caption_dataset", **params)
        [output] = studio.result(task_id, bar.show).task["outputs"]
    result = output["value"]
    print(f"{dataset.name}: {len(result['captions'])} captions, version {result['version']}")


@data.command("augment")
def augment_dataset(
    source: Source,
    samples: Annotated[int, typer.Option(help="Number of changed images.", min=1, max=5000)],
    output: Annotated[Path, typer.Option(help="An empty folder.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same samples.")] = 0,
    keep: Annotated[str, typer.Option(help="Trigger word, which captions keep in front.")] = "",
    model: ModelOption = None,
    data_dir: DataDir = None,
) -> None:
    """Write changed images with captions that fit them: flips, crops, tones, other words."""
    from core.training.datasets.augment import Augmentation, augmented, write_samples

    settings = settings_with(data_dir=data_dir)
    chosen = _source(source, settings, _limits(settings, model))
    count = write_samples(
        augmented(chosen.entries, samples, Augmentation(seed=seed, keep=keep)), output
    )
    print(f"{output}: {count} images")


@data.command("analyze")
def analyze_dataset(
    source: Source,
    html: Annotated[
        Path | None, typer.Option(help="Write the report as a page to this file.")
    ] = None,
    resolution: Annotated[
        int | None, typer.Option(help="Side of training; else that of the model.", min=16)
    ] = None,
    model: ModelOption = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Measure a dataset: sizes, buckets, duplicates, blur, exposure, captions, memory and time."""
    from core.store import atomic
    from core.training.datasets.analysis import analyze
    from core.training.datasets.measuring import estimate_of, measure_entries, thumbnail_of
    from core.training.datasets.report import html_report, text_report

    settings = settings_with(data_dir=data_dir)
    library = _library(settings)
    limits = _limits(settings, model)
    chosen = _source(source, settings, limits)
    trained = library.get(model) if model else library.default("generate")
    estimate = estimate_of(trained, len(chosen.entries), resolution or limits.native)
    measures = measure_entries(chosen.entries)
    analysis = analyze(chosen.entries, measures, limits, resolution, estimate)
    if html is not None:
        paths = {entry.sha256: entry.path for entry in chosen.entries}
        page = html_report(chosen.label, analysis, lambda image: thumbnail_of(paths[image.key]))
        atomic.write_text(html, page, mode=0o644)
    if as_json:
        _print_json(analysis.public())
    else:
        print(text_report(analysis), end="")
