"""Measures a model: how often pictures show what their prompts said, and how fast.

The same scenes are drawn by the program itself and judged: no model can be measured above that.
"""

import json
import random
import statistics
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tools.nano.adherence import ALL, HELD_OUT, Score, held_out
from tools.nano.captions import full_caption
from tools.nano.edits import instruction, sample_edit
from tools.nano.judge import Judge
from tools.nano.judge_training import ceiling
from tools.nano.latents import GRIDS, Grid
from tools.nano.render import render
from tools.nano.scene import ATTRIBUTES, Scene
from tools.nano.studio import STEPS, Studio

TIMED = 5  # single pictures drawn for the time of one, after one that warms up
PROMPT_SEED = 100_000
GOAL = 0.95  # of the judge's own score


@dataclass(frozen=True)
class Amount:
    """Amount of samples: prompts in the first grid, in each other grid, and edits."""

    prompts: int = 500
    others: int = 100
    edits: int = 100


def evaluate(
    studio: Studio,
    judge: Judge,
    target: Path,
    amount: Amount = Amount(),
    trained: Collection[str] = (),
) -> dict[str, Any]:
    """Measure a model and write `adherence.json` and `adherence.md` to `target`.

    `trained` are the full captions of training pictures: chance repeats some in other pictures.
    """
    report: dict[str, Any] = {"steps": STEPS, "grids": {}, "seconds": {}}
    for grid in GRIDS:
        count = amount.prompts if grid == GRIDS[0] else amount.others
        if count:
            report["grids"][grid.name] = measure_grid(studio, judge, grid, count, trained)
            report["seconds"][grid.name] = seconds_a_picture(studio, grid)
    report["threads"] = torch.get_num_threads()
    if amount.edits:
        report["edits"] = measure_edits(studio, judge, amount.edits)
    target.mkdir(parents=True, exist_ok=True)
    (target / "adherence.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (target / "adherence.md").write_text(table(report), encoding="utf-8")
    return report


def measure_grid(
    studio: Studio, judge: Judge, grid: Grid, count: int, trained: Collection[str] = ()
) -> dict[str, Any]:
    """Shares of right attributes of drawn pictures (`model`) and of the drawings (`ceiling`).

    `new` counts those prompts that describe no training picture at all.
    """
    scenes = held_out(count, grid.name)
    prompts = [full_caption(scene) for scene in scenes]
    readings = judge.read(studio.draw(prompts, grid, PROMPT_SEED))
    score, new = Score(), Score()
    score.add(scenes, readings)
    for prompt, scene, reading in zip(prompts, scenes, readings, strict=True):
        if prompt not in trained:
            new.add([scene], [reading])
    return {
        "new": {"right": new.right.get(ALL, 0), "asked": new.asked.get(ALL, 0)},
        "count": count,
        "asked": score.asked,
        "model": score.shares(),
        "ceiling": ceiling(judge, scenes, grid.width, grid.height).shares(),
        "mistakes": score.mistakes,
    }


def measure_edits(studio: Studio, judge: Judge, count: int) -> dict[str, Any]:
    """Shares of edits by words after which all attributes are those asked for, by change."""
    rng = random.Random(f"{HELD_OUT} edits")
    drawn = [sample_edit(rng) for _ in range(count)]
    scores: dict[str, Score] = {ALL: Score()}
    for number, edit in enumerate(drawn):
        before = render(edit.before).image
        after = studio.edit(before, instruction(edit, rng), PROMPT_SEED + number)
        reading = judge.read([after])
        for name in (ALL, edit.change):
            scores.setdefault(name, Score()).add([edit.after], reading)
    return {
        name: {"right": score.right[ALL], "asked": score.asked[ALL]}
        for name, score in scores.items()
    }


def trained_captions(pools: Path) -> set[str]:
    """The full captions of all scenes, and of both of all pairs, in a folder of latents."""
    captions = set()
    for path in pools.glob("*/*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            scenes = [record["before"], record["after"]] if "before" in record else [record]
            captions |= {full_caption(Scene.read(scene)) for scene in scenes}
    return captions


def seconds_a_picture(studio: Studio, grid: Grid) -> float:
    """The median time of one picture, drawn alone, from prompt to pixels."""
    times = []
    for number in range(TIMED + 1):
        begin = time.perf_counter()
        studio.draw(["a red house with a blue roof at night"], grid, number)
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def table(report: Mapping[str, Any]) -> str:
    """The report in Markdown: a row an attribute, model and drawings for each grid, in percent."""
    grids = report["grids"]
    titles = [f"{name} {who}" for name in grids for who in ("model", "drawings")]
    lines = ["| attribute | " + " | ".join(titles) + " |", "|---" * (len(titles) + 1) + "|"]
    for attribute in (ALL, *ATTRIBUTES):
        cells = [
            f"{100 * part[attribute]:.0f}" if attribute in part else "–"
            for measured in grids.values()
            for part in (measured["model"], measured["ceiling"])
        ]
        lines.append(f"| {attribute} | " + " | ".join(cells) + " |")
    counts = ", ".join(f"{grid['count']} of {name}" for name, grid in grids.items())
    times = ", ".join(f"{name} {grid:.2f} s" for name, grid in report["seconds"].items())
    lines += ["", f"Percent right, {report['steps']} steps. Prompts: {counts}."]
    lines += [f"One picture on {report['threads']} threads: {times}."]
    for name, grid in grids.items():
        new = grid["new"]
        lines += [f"{name}: of {new['asked']} like no training picture {new['right']} are right."]
    if "edits" in report:
        whole = report["edits"][ALL]
        lines += [f"Edits by words with every attribute right: {whole['right']}/{whole['asked']}."]
    return "\n".join(lines) + "\n"


def reaches_goal(report: Mapping[str, Any]) -> dict[str, bool]:
    """True by grid if all attributes, and the subject, are right as often as the goal requires."""
    verdicts = {}
    for name, measured in report["grids"].items():
        for attribute in (ALL, "subject"):
            goal = GOAL * measured["ceiling"][attribute]
            verdicts[f"{name} {attribute}"] = measured["model"][attribute] >= goal
    return verdicts
