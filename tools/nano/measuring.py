"""The commands that measure and show a model, and those of its four small networks.

These are the background remover, the finisher, the layout network and the metric network.
"""

import json
from pathlib import Path
from typing import Annotated

import torch
import typer

from tools.nano import cutout as cutout_net
from tools.nano import (
    cutout_evaluation,
    cutout_training,
    finisher_evaluation,
    finisher_pairs,
    finisher_training,
    grids,
    judge_training,
    layout_evaluation,
    layout_training,
    parallel,
)
from tools.nano import evaluate as evaluation
from tools.nano import finisher as finisher_net
from tools.nano import judge as judge_net
from tools.nano import layout as layout_net
from tools.nano import reader as reader_net
from tools.nano.parallel import Precision
from tools.nano.sampling import Sampler
from tools.nano.studio import Studio

app = typer.Typer()

Work = Annotated[Path, typer.Option(help="The folder that holds everything of a run.")]
Model = Annotated[
    Path | None, typer.Option(help="A diffusers folder; else the newest checkpoint of the run.")
]
Minutes = Annotated[float, typer.Option(help="In all, those of earlier runs included.")]
Threads = Annotated[int, typer.Option(help="Of the processor; 1 where other work runs beside.")]
Chosen = Annotated[
    Precision | None,
    typer.Option("--precision", help="Default: bfloat16 where the device has instructions for it."),
]
SHIPPED = Path("models/nano")


@app.command()
def judge(work: Work, minutes: Minutes = 40.0, precision: Chosen = None) -> None:
    """Train the judge that measures prompt adherence; continues where it stopped."""
    hardware = parallel.Hardware.choose(precision=precision, processes=1)
    parallel.start(hardware, judge_training.train, work / "judge", minutes)


@app.command()
def reader(work: Work, minutes: Minutes = 20.0, precision: Chosen = None) -> None:
    """Train the metric network that ships; continues where it stopped."""
    hardware = parallel.Hardware.choose(precision=precision, processes=1)
    parallel.start(hardware, reader_net.train, work / "reader", minutes)


@app.command(name="reader-export")
def reader_export(work: Work, target: Annotated[Path, typer.Option()] = SHIPPED) -> None:
    """Write the metric network as reader.onnx into a folder. Needs the package onnx."""
    reader_net.export(reader_net.load(work / "reader"), target / reader_net.FILE)


@app.command(name="reader-evaluate")
def reader_evaluate(work: Work, count: int = 500) -> None:
    """Measure the metric network on unseen drawings."""
    for name, share in reader_net.measure(reader_net.load(work / "reader"), count).shares().items():
        print(f"{name}: {share:.1%}")


@app.command()
def evaluate(
    work: Work,
    model: Model = None,
    prompts: Annotated[int, typer.Option(help="Of 128x128.")] = 500,
    others: Annotated[int, typer.Option(help="Prompts of every other grid.")] = 100,
    edits: Annotated[int, typer.Option(help="Edits by words.")] = 100,
    threads: Threads = 0,
) -> None:
    """Measure prompt adherence and speed: evaluation/adherence.json and .md in the work folder."""
    _use(threads)
    amount = evaluation.Amount(prompts, others, edits)
    report = evaluation.evaluate(
        _studio(work, model),
        judge_net.load(_judge_file(work)),
        work / "evaluation",
        amount,
        evaluation.trained_captions(work / "latents"),
    )
    print(evaluation.table(report))
    for name, reached in evaluation.reaches_goal(report).items():
        print(f"{name}: {'reaches' if reached else 'misses'} {evaluation.GOAL:.0%} of the drawings")


@app.command(name="grids")
def draw_grids(work: Work, model: Model = None, threads: Threads = 0) -> None:
    """Draw the fixed prompts and edits as sheets into evaluation/ of the work folder."""
    _use(threads)
    judge = judge_net.load(_judge_file(work)) if _judge_file(work).exists() else None
    grids.draw_all(_studio(work, model), judge, work / "evaluation")


@app.command(name="lora-trial")
def lora_trial(
    work: Work,
    model: Annotated[Path, typer.Option(help="A diffusers folder.")] = SHIPPED,
    threads: Threads = 0,
) -> None:
    """Teach the model a robot with a LoRA; before and after go to evaluation/. Needs peft."""
    from tools.nano import lora_trial as trial  # the other commands do without the studio

    _use(threads)
    print(trial.run(work, model).table())


@app.command(name="evaluation-trial")
def evaluation_trial(work: Work) -> None:
    """Train robots well and copying, and evaluate both through the studio. Needs peft."""
    from tools.nano import evaluation_trial as trial  # the other commands do without the studio

    print(trial.table(trial.run(work)))


@app.command(name="kept-adherence")
def kept_adherence(
    lora: Annotated[Path, typer.Argument(help="File of a LoRA.")],
    model: Annotated[Path, typer.Option(help="A diffusers folder.")] = SHIPPED,
    prompts: Annotated[int, typer.Option(help="Number of held-out prompts.")] = 200,
    seed: int = 0,
    threads: Threads = 0,
) -> None:
    """Measure the adherence to earlier prompts that is left with a LoRA in use. Needs peft."""
    from tools.nano import kept_adherence as kept  # the other commands do without peft

    _use(threads)
    print(kept.measure(model, lora, prompts, seed).table())


@app.command()
def cutout(work: Work, minutes: Minutes = 40.0, precision: Chosen = None) -> None:
    """Train the background remover; continues where it stopped."""
    hardware = parallel.Hardware.choose(precision=precision, processes=1)
    parallel.start(hardware, cutout_training.train, work / "cutout", minutes)


@app.command(name="cutout-export")
def cutout_export(work: Work, target: Annotated[Path, typer.Option()] = SHIPPED) -> None:
    """Write the background remover as cutout.onnx into a folder. Needs the package onnx."""
    cutout_net.export(
        cutout_net.load(work / "cutout" / cutout_training.FILE), target / "cutout.onnx"
    )


@app.command(name="cutout-evaluate")
def cutout_evaluate(work: Work) -> None:
    """Measure the background remover: evaluation/cutout.json and .png in the work folder."""
    net = cutout_net.load(work / "cutout" / cutout_training.FILE)
    for kind, shares in cutout_evaluation.evaluate(net, work / "evaluation").items():
        print(f"{kind}: {shares['mean']:.3f}, {shares['good']:.0%} good")


@app.command()
def layout(work: Work, minutes: Minutes = 40.0, precision: Chosen = None) -> None:
    """Train the layout network; continues where it stopped."""
    hardware = parallel.Hardware.choose(precision=precision, processes=1)
    parallel.start(hardware, layout_training.train, work / "layout", minutes)


@app.command(name="layout-export")
def layout_export(work: Work, target: Annotated[Path, typer.Option()] = SHIPPED) -> None:
    """Write the layout network as layout.onnx into a folder. Needs the package onnx."""
    network = layout_net.load(work / "layout" / layout_training.FILE)
    layout_net.export(network, target / layout_net.FILE)


@app.command(name="layout-evaluate")
def layout_evaluate(
    work: Work, model: Annotated[Path, typer.Option(help="A folder with layout.onnx.")] = SHIPPED
) -> None:
    """Measure the exported layout network: evaluation/layout.json and .png in the work folder."""
    report = layout_evaluation.evaluate(model / layout_net.FILE, work / "evaluation")
    print(json.dumps(report, indent=1))


@app.command(name="finisher-pairs")
def draw_finisher_pairs(
    work: Work,
    kind: Annotated[str, typer.Argument(help=" or ".join(finisher_pairs.KINDS))],
    count: int = 1000,
    seed: int = 0,
    model: Annotated[Path, typer.Option(help="A diffusers folder.")] = SHIPPED,
    threads: Threads = 1,
) -> None:
    """Draw one more pool of pairs for the finisher, of another seed than those that are there."""
    _use(threads)
    sampler = Sampler.from_folder(model)
    finisher_pairs.write_pool(sampler, kind, count, seed, work / "finisher" / "pools")


@app.command()
def finisher(
    work: Work,
    minutes: Minutes = 120.0,
    start: Annotated[Path | None, typer.Option("--from", help="Weights to begin with.")] = None,
    precision: Chosen = None,
) -> None:
    """Train the finisher; continues where it stopped."""
    hardware = parallel.Hardware.choose(precision=precision, processes=1)
    parallel.start(hardware, finisher_training.train, work / "finisher", minutes, start)


@app.command(name="finisher-export")
def finisher_export(work: Work, target: Annotated[Path, typer.Option()] = SHIPPED) -> None:
    """Write the finisher as finisher.onnx into a folder."""
    network = finisher_net.load(work / "finisher" / finisher_training.FILE)
    finisher_net.export(network, target / "finisher.onnx")


@app.command(name="finisher-evaluate")
def finisher_evaluate(
    work: Work,
    model: Annotated[Path, typer.Option(help="A diffusers folder.")] = SHIPPED,
    weights: Annotated[Path | None, typer.Option(help="Else those of the run.")] = None,
    threads: Threads = 1,
) -> None:
    """Measure the finisher: evaluation/finisher.json and .png in the work folder."""
    _use(threads)
    network = finisher_net.load(weights or work / "finisher" / finisher_training.FILE)
    sampler = Sampler.from_folder(model)
    print(
        finisher_evaluation.table(
            finisher_evaluation.evaluate(sampler, network, work / "evaluation")
        )
    )


def _use(threads: int) -> None:
    if threads:
        torch.set_num_threads(threads)


def _studio(work: Path, model: Path | None) -> Studio:
    return Studio.of_folder(model) if model else Studio.of_work(work)


def _judge_file(work: Path) -> Path:
    return work / "judge" / judge_training.FILE
