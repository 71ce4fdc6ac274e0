"""The commands `lora`: merge, resize, extract, convert, inspect and edit LoRAs; sweep them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.batches import follow_batch
from core.cli.options import AsJson, DataDir, assignment, glance_settings, settings_with
from core.errors import NotFound

lora = typer.Typer(help="Merge, resize, inspect and compare LoRAs.", no_args_is_help=True)

LoraArgument = Annotated[str, typer.Argument(help="ID or name of a LoRA.")]
Name = Annotated[str, typer.Option(help="Name of the result in the library.")]
Layout = Annotated[str, typer.Option(help="diffusers, kohya or bfl.")]
Format = Annotated[str, typer.Option(help="float16, bfloat16 or float32.")]
Rank = Annotated[int | None, typer.Option(help="Rank of the result.")]
Keep = Annotated[float | None, typer.Option(help="Share of the norm to keep, 0 to 1.")]
Method = Annotated[str, typer.Option(help="concatenate, svd or linear.")]


@lora.command("merge")
def merge(
    loras: Annotated[list[str], typer.Argument(help="LoRAs with weights: anna:0.8 ink:0.5.")],
    name: Name = "",
    method: Method = "svd",
    rank: Rank = None,
    keep: Keep = None,
    blocks: Annotated[
        list[str] | None,
        typer.Option(help="Weights by block: anna=face, 'ink=double.0-7=0.5' (repeatable)."),
    ] = None,
    layout: Layout = "diffusers",
    dtype: Format = "float16",
    data_dir: DataDir = None,
) -> None:
    """Merge LoRAs into one, by weight, by concatenation or by SVD to a rank."""
    rules = dict(text.partition("=")[::2] for text in blocks or [])
    _make(
        data_dir,
        "merge_loras",
        loras=", ".join(loras),
        lora_name=name,
        method=method,
        rank=rank,
        keep=keep,
        blocks="\n".join(f"{key}: {value}" for key, value in rules.items()),
        layout=layout,
        dtype=dtype,
    )


@lora.command("diff")
def difference(
    first: LoraArgument,
    second: LoraArgument,
    name: Name = "",
    method: Method = "svd",
    rank: Rank = None,
    data_dir: DataDir = None,
) -> None:
    """Write the difference of two LoRAs: the first without the second."""
    loras = [{"name": first, "weight": 1.0}, {"name": second, "weight": -1.0}]
    name = name or f"{first}-without-{second}"[:80].replace("/", "-")
    _make(data_dir, "merge_loras", loras=loras, lora_name=name, method=method, rank=rank)


@lora.command("resize")
def resize(
    source: LoraArgument,
    rank: Rank = None,
    keep: Keep = None,
    name: Name = "",
    layout: Layout = "diffusers",
    dtype: Format = "float16",
    data_dir: DataDir = None,
) -> None:
    """Write a LoRA in a smaller rank."""
    values = {"rank": rank, "keep": keep, "lora_name": name, "layout": layout, "dtype": dtype}
    _make(data_dir, "resize_lora", lora=source, **values)


@lora.command("extract")
def extract(
    base: Annotated[str, typer.Argument(help="ID of the base model.")],
    tuned: Annotated[str, typer.Argument(help="ID of a checkpoint trained from it.")],
    rank: Annotated[int, typer.Option(help="Rank of the LoRA.")] = 32,
    name: Name = "",
    layout: Layout = "diffusers",
    dtype: Format = "float16",
    data_dir: DataDir = None,
) -> None:
    """Extract a LoRA from a checkpoint and its base."""
    values = {"rank": rank, "lora_name": name, "layout": layout, "dtype": dtype}
    _make(data_dir, "extract_lora", base=base, tuned=tuned, **values)


@lora.command("convert")
def convert(
    source: LoraArgument,
    layout: Layout = "kohya",
    name: Name = "",
    dtype: Format = "float16",
    data_dir: DataDir = None,
) -> None:
    """Write a LoRA with the keys of another program."""
    _make(data_dir, "convert_lora", lora=source, layout=layout, lora_name=name, dtype=dtype)


@lora.command("info")
def info(source: LoraArgument, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show a LoRA: ranks, strength by block, trigger words, metadata."""
    (facts,) = _run(data_dir, "inspect_loras", "report", loras=[{"name": source}])["loras"]
    if as_json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    print(f"{facts['name']}: {facts['family']}, {facts['layers']} layers")
    print(f"rank      {', '.join(map(str, facts['ranks']))}")
    print(f"trigger   {', '.join(facts['trigger_words']) or '-'}")
    for block, norm in facts["blocks"].items():
        print(f"  {block:<12} {norm:.4g}")
    for key, value in facts["metadata"].items():
        print(f"{key} = {value[:200]}")


@lora.command("check")
def check(
    loras: Annotated[list[str], typer.Argument(help="IDs or names of two or more LoRAs.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show how well LoRAs go together, with the reasons."""
    uses = [{"name": source} for source in loras]
    pairs = _run(data_dir, "inspect_loras", "report", loras=uses)["pairs"]
    if as_json:
        print(json.dumps(pairs, indent=2, ensure_ascii=False))
        return
    for pair in pairs:
        print(f"{pair['first']} and {pair['second']}: {pair['score']} of 100")
        for loss in pair["losses"]:
            print(f"  -{loss['points']:<5g} {loss['reason']}")


@lora.command("edit")
def edit(
    source: LoraArgument,
    trigger: Annotated[str | None, typer.Option(help="Trigger words, comma-separated.")] = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="Metadata: key=value (repeatable).")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Key to remove (repeatable).")] = None,
    data_dir: DataDir = None,
) -> None:
    """Change the metadata of a LoRA file, and print it."""
    pairs = (text.partition("=") for text in values or [])
    changes: dict[str, str | None] = {key: value for key, _, value in pairs}
    changes |= dict.fromkeys(remove or [])
    given = {"trigger_word": trigger, "metadata": json.dumps(changes)}
    metadata = _run(data_dir, "edit_lora", "metadata", lora=source, **given)
    print(json.dumps(metadata, indent=2, ensure_ascii=False))


@lora.command("sweep")
def sweep(
    prompt: Annotated[str, typer.Argument(help="Prompt of every image.")],
    loras: Annotated[
        list[str] | None, typer.Option("--lora", help="ID or name of a LoRA (repeatable).")
    ] = None,
    folder: Annotated[str | None, typer.Option(help="All LoRAs of a folder; '' for all.")] = None,
    weights: Annotated[str, typer.Option(help="Weights, comma-separated.")] = "0,0.5,1",
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="Parameter of every image: name=value (repeatable)."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the batch and its folder.")] = "LoRA sweep",
    data_dir: DataDir = None,
) -> None:
    """Draw a table of LoRAs and weights, and print its folder.

    `sets print BATCH --format contact_sheet` draws its labelled sheet.
    """
    names = [*(loras or []), *(_in_folder(folder, data_dir) if folder is not None else [])]
    if not names:
        raise typer.BadParameter("Name a LoRA (--lora) or a folder of LoRAs (--folder).")
    numbers = _numbers(weights)
    axes: list[dict[str, Any]] = [{"name": f"loras.{names[0]}.weight", "values": numbers}]
    if len(names) > 1:
        axes = [{"name": "loras", "values": names}, {"name": "loras.*.weight", "values": numbers}]
    params = {"prompt": prompt, **dict(assignment(text) for text in values or [])}
    body = {"operation": "generate", "params": params, "axes": axes, "name": name}
    follow_batch(lambda studio: studio.backend.run_matrix(body), data_dir)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"{text[:80]!r} is no list of numbers such as 0,0.5,1.", param_hint="--weights"
        ) from None


def _in_folder(folder: str, data_dir: Path | None) -> Sequence[str]:
    """The LoRAs of a folder that can be used."""
    from core.models.library.library import Library

    library = Library(settings_with(data_dir=data_dir).model_dirs)
    names = [
        name
        for name, entry in library.loras().items()
        if entry.families and folder in ("", entry.folder)
    ]
    if not names:
        raise NotFound(f"The folder {folder!r} has no LoRA.", field="--folder")
    return names


def _make(data_dir: Path | None, operation: str, **params: Any) -> None:
    """Run an operation that makes a LoRA; print its name, and the error on the other stream."""
    report = _run(data_dir, operation, "report", **params)
    print(report["lora"])
    typer.echo(
        f"rank {report['rank']}, {report['layers']} layers, error {report['error']:.3%}", err=True
    )


def _run(data_dir: Path | None, operation: str, port: str, **params: Any) -> Any:
    """The value of a port of a task."""
    from core.cli.console import Bar
    from core.studio import Studio

    given = {name: value for name, value in params.items() if value not in (None, "")}
    with Studio(glance_settings(data_dir)) as studio, Bar() as bar:
        result = studio.run(operation, on_change=bar.show, **given)
    return next(_values(result.task["outputs"], port))


def _values(outputs: Sequence[dict[str, Any]], port: str) -> Iterator[Any]:
    return (output["value"] for output in outputs if output["port"] == port)
