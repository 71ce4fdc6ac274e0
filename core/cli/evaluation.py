"""The commands `eval`: compare checkpoints, assess quality, test prompts, choose the best."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.evaluation_tables import categories_table, columns_table, summary, terms_table
from core.cli.options import (
    AsJson,
    DataDir,
    dataset_reference,
    glance_settings,
    settings_with,
)

evaluate = typer.Typer(help="Evaluate LoRAs.", no_args_is_help=True)

Run = Annotated[
    str | None, typer.Option("--run", help="ID of a training, as in `train list`: its checkpoints.")
]
Lora = Annotated[list[str] | None, typer.Option("--lora", help="LoRA of the library (repeatable).")]
Concept = Annotated[str | None, typer.Option(help="Trigger word; that of the training.")]
Data = Annotated[
    str | None, typer.Option("--training-data", help="Dataset or folder; that of the training.")
]
Seeds = Annotated[int | None, typer.Option(min=1, max=64, help="Images of each prompt.")]
Model = Annotated[str | None, typer.Option(help="ID of the base model.")]
Suite = Annotated[str | None, typer.Option(help="Suite of test prompts.")]


@evaluate.command("compare")
def compare(
    run: Run = None,
    lora: Lora = None,
    steps: Annotated[list[int] | None, typer.Option(help="Checkpoint (repeatable).")] = None,
    prompt: Annotated[list[str] | None, typer.Option(help="Prompt (repeatable).")] = None,
    weights: Annotated[str | None, typer.Option(help="Weights: 0.5,0.75,1.")] = None,
    concept: Concept = None,
    seeds: Seeds = None,
    model: Model = None,
    output: Annotated[Path | None, typer.Option(help="Folder for the images.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Draw checkpoints × prompts × seeds, and score every column."""
    params = _given(
        prompts="\n".join(prompt or ()) or None,
        weights=weights,
        concept=concept,
        seeds=seeds,
        model=model,
    )
    report = _evaluated(data_dir, run, lora, params, steps, output)
    _show(report, as_json, columns_table(report))


@evaluate.command("assess-quality")
def assess_quality(
    run: Run = None,
    lora: Lora = None,
    training_data: Data = None,
    held_out: Annotated[
        str | None, typer.Option(help="Dataset or folder of images that were not trained.")
    ] = None,
    concept: Concept = None,
    seeds: Seeds = None,
    model: Model = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Measure adherence, fidelity, memorisation, diversity, leakage and weight health."""
    data = training_data and dataset_reference(training_data, data_dir)
    unseen = held_out and dataset_reference(held_out, data_dir)
    params = _given(dataset=data, held_out=unseen, concept=concept, seeds=seeds, model=model)
    report = _evaluated(data_dir, run, lora, params)
    _show(report, as_json, columns_table(report), _health(report), *summary(report))


@evaluate.command("test-prompts")
def try_suite(
    concept: Concept = None,
    run: Run = None,
    lora: Lora = None,
    suite: Suite = None,
    category: Annotated[
        list[str] | None, typer.Option(help="Category of the suite (repeatable).")
    ] = None,
    training_data: Data = None,
    seeds: Seeds = None,
    model: Model = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Draw a suite of prompts; a table for each category."""
    params = _given(
        concept=concept,
        suite=suite,
        categories=",".join(category or ()) or None,
        dataset=training_data and dataset_reference(training_data, data_dir),
        seeds=seeds,
        model=model,
    )
    report = _evaluated(data_dir, run, lora, params)
    _show(report, as_json, categories_table(report))


@evaluate.command("test-prompt")
def try_prompts(
    lora: Annotated[list[str], typer.Argument(help="LoRAs of the library.")],
    output: Annotated[Path, typer.Option(help="Folder for the images.")] = Path(),
    seeds: Seeds = 1,
    model: Model = None,
    data_dir: DataDir = None,
) -> None:
    """Read prompts, one on each line, and draw each with and without the LoRAs."""
    while True:
        if sys.stdin.isatty():
            typer.echo("Prompt (empty to end): ", nl=False, err=True)
        prompt = sys.stdin.readline().strip()
        if not prompt:
            return
        params = _given(prompts=prompt, seeds=seeds, model=model)
        report = _evaluated(data_dir, None, lora, params, output=output)
        print(columns_table(report))


@evaluate.command("select-best")
def select_best(
    task_id: Annotated[str, typer.Argument(help="ID of an evaluation, or of a training.")],
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Choose the best checkpoint, with every term; a training is evaluated first."""
    from core.studio import Studio

    with Studio(glance_settings(data_dir)) as studio:
        training = studio.task(task_id)["operation"] == "train_lora"
        detail = {} if training else studio.call(studio.asynchronous.backend.evaluation(task_id))
    report = _evaluated(data_dir, task_id, None, {}) if training else _report(detail)
    _show(report, as_json, terms_table(report), *summary(report))


def _evaluated(
    data_dir: Path | None,
    run: str | None,
    loras: Sequence[str] | None,
    params: Mapping[str, Any],
    steps: Sequence[int] | None = None,
    output: Path | None = None,
) -> dict[str, Any]:
    """Evaluate with a progress bar; the report. Images go to `output`."""
    from core.cli.console import Bar
    from core.studio import Studio

    if not run and not loras:
        raise typer.BadParameter("Name a training (--run) or LoRAs of the library (--lora).")
    given = {**params, **({"loras": "\n".join(loras)} if loras else {})}
    with Studio(settings_with(data_dir=data_dir)) as studio, Bar() as bar:
        backend = studio.asynchronous.backend
        if run:
            task_id = studio.call(backend.evaluate(run, given, steps))
        else:
            task_id = studio.submit("evaluate_lora", **given)
        typer.echo(f"Evaluation {task_id}", err=True)
        result = studio.result(task_id, bar.show)
        report = _report(studio.call(backend.evaluation(task_id)))
    if output is not None:
        rows = len(report["rows"])
        for number, image in enumerate(result.images):
            column, row = divmod(number, rows)
            image.save(output / f"{task_id}-{column}-{row}.{image.ending}")
    return report


def _report(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    if evaluation["report"] is None:
        raise typer.BadParameter(f"The evaluation is {evaluation['status']}; it has no report yet.")
    return dict(evaluation["report"])


def _show(report: Mapping[str, Any], as_json: bool, *parts: str) -> None:
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
        return
    print("\n\n".join(part for part in parts[:1]))
    for part in parts[1:]:
        print(f"\n{part}" if "\n" in part else part)


def _health(report: Mapping[str, Any]) -> str:
    lines = []
    for column in report["columns"]:
        health = column["health"]
        if health:
            rank = health["effective_rank"]
            lines.append(
                f"{column['label']}: norm {health['norm']:.2f}, rank {health['rank']}, effective "
                f"rank {rank or 0:.1f}, {len(health['dead'])} dead layers, "
                f"{len(health['broken'])} broken tensors"
            )
    return "\n".join(lines)


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
