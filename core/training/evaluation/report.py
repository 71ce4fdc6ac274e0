"""The report of an evaluation, from the embeddings of all images. Pure; numbers are JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.training.evaluation import measures
from core.training.evaluation.advice import Figures, advice
from core.training.evaluation.health import Health
from core.training.evaluation.scoring import LABELS, Candidate, choose, gates_of, terms_of
from core.training.evaluation.suites import HELD_OUT, TRAINED, TRIGGER

Table = NDArray[np.float64]
"""(columns, rows) of images, NaN where something was not measured."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the grid: the base, or a checkpoint at a weight. `step` 0 is the base."""

    label: str
    lora: str = ""
    step: int = 0
    weight: float = 0.0
    validation_loss: float | None = None
    health: Health | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the grid: a prompt with a seed. `group` is the number of its prompt.

    `original` is the SHA-256 of the image whose caption the prompt is.
    """

    prompt: str
    negative_prompt: str
    category: str
    concept: bool
    seed: int
    group: int
    original: str = ""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of one network: of the images, (columns, rows, d), and of the training images."""

    images: NDArray[np.float64]
    training: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was drawn and measured. The first column is the base.

    `subject` compares what is shown, `latents` finds copies. `adherence` holds a table by network,
    `avoidance` one of the negative prompts' rows, by the first network. `originals` are the latents
    of the image that a row's caption belongs to, (rows, d), NaN for other rows.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    adherence: Mapping[str, Table]
    avoidance: Table | None
    subject: Embeddings
    latents: Embeddings
    training_images: Sequence[str]
    originals: NDArray[np.float64] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """The rows that terms and means are of: captions of training images are not among them."""
        return np.array([not row.original for row in self.rows], bool)


def report_of(evaluation: Evaluation) -> dict[str, Any]:
    """The report as JSON: terms, gates, tables, the best checkpoint and advice."""
    limit = measures.threshold(evaluation.latents.training)
    cells = [_cells(evaluation, place, limit) for place in range(len(evaluation.columns))]
    columns, candidates, scored = [], [], evaluation.scored
    base = {name: cells[0][name][scored] for name in LABELS}
    for place, (column, measured) in enumerate(zip(evaluation.columns, cells, strict=True)):
        entry = _column(evaluation, place, measured)
        if column.step or column.lora:
            memorisation = entry["memorisation"]
            copies = memorisation["share"]
            broken = column.health.broken if column.health else ()
            terms = terms_of({name: measured[name][scored] for name in LABELS}, base)
            gates = gates_of(copies, broken, memorisation["variety"], memorisation["gap"])
            candidate = Candidate(column.label, column.step, terms, gates, copies)
            candidates.append(candidate)
            entry |= {
                "terms": [term.public() for term in terms],
                "score": candidate.score,
                "gates": list(gates),
            }
        columns.append(entry)
    choice = choose(candidates)
    return {
        **evaluation.facts,
        "columns": columns,
        "rows": [_row(row) for row in evaluation.rows],
        "cells": [_cell_records(measured) for measured in cells],
        "threshold": limit,
        "training_images": list(evaluation.training_images),
        "best": None if choice.place is None else choice.place + 1,
        "explanation": choice.explanation,
        "advice": _advice(columns, evaluation),
    }


def _cells(evaluation: Evaluation, place: int, limit: float | None) -> dict[str, Any]:
    """The measures of one column, a value for each row."""
    rows, count = evaluation.rows, len(evaluation.rows)
    concept = np.array([row.concept for row in rows], bool)
    groups = np.array([row.group for row in rows])
    subject, latents = evaluation.subject.images[place], evaluation.latents.images[place]
    tables = [table[place] for table in evaluation.adherence.values()]
    fidelity = np.full(count, np.nan)
    if len(evaluation.subject.training) and concept.any():
        fidelity[concept] = measures.fidelity(subject[concept], evaluation.subject.training)
    leakage = np.full(count, np.nan)
    if (~concept).any():
        base = evaluation.latents.images[0]
        leakage[~concept] = measures.leakage(latents[~concept], base[~concept], groups[~concept])
    nearest = similarity = np.full(count, np.nan)
    if len(evaluation.latents.training):
        nearest, similarity = measures.nearest(latents, evaluation.latents.training)
    diversity, vendi = np.full(count, np.nan), {}
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        if len(members) > 1:
            # One value a prompt, at its first row: prompts count alike whatever their seeds.
            diversity[members[0]] = measures.mean_distance(subject[members])
            vendi[int(group)] = measures.vendi(subject[members])
    avoided = None if evaluation.avoidance is None else evaluation.avoidance[place]
    return {
        "adherence": tables[0] if tables else np.full(count, np.nan),
        "second": dict(zip(evaluation.adherence, tables, strict=True)),
        "avoidance": np.full(count, np.nan) if avoided is None else avoided,
        "fidelity": fidelity,
        "leakage": leakage,
        "diversity": diversity,
        "vendi": vendi,
        "nearest": nearest,
        "similarity": similarity,
        "copy": similarity > limit if limit is not None else np.zeros(count, bool),
    }


def _column(evaluation: Evaluation, place: int, measured: Mapping[str, Any]) -> dict[str, Any]:
    """A column of the report without its score."""
    column = evaluation.columns[place]
    probes = [index for index, row in enumerate(evaluation.rows) if row.category == TRIGGER]
    known = [index for index in probes if math.isfinite(measured["similarity"][index])]
    calibrated = measures.threshold(evaluation.latents.training) is not None
    share = float(np.mean(measured["copy"][known])) if known and calibrated else None
    nearest = max(known, key=lambda index: measured["similarity"][index], default=None)
    latents = evaluation.latents.images
    variety = None
    if len(probes) > 1:
        variety = measures.variety(latents[place][probes], latents[0][probes])
    scored = evaluation.scored
    return {
        "label": column.label,
        "lora": column.lora,
        "step": column.step,
        "weight": column.weight,
        "validation_loss": column.validation_loss,
        "adherence": {name: _mean(table[scored]) for name, table in measured["second"].items()},
        "fidelity": _mean(measured["fidelity"][scored]),
        "leakage": _mean(measured["leakage"]),
        "diversity": _mean(measured["diversity"][scored]),
        "vendi": _mean(np.array(list(measured["vendi"].values()))),
        "categories": _categories(evaluation.rows, measured),
        "memorisation": {
            "share": share,
            "variety": variety,
            **_distances(evaluation, place),
            "images": len(known),
            "row": nearest,
            "similarity": None if nearest is None else _number(measured["similarity"][nearest]),
            "nearest": None if nearest is None else int(measured["nearest"][nearest]),
        },
        "health": column.health.public() if column.health else None,
        "terms": [],
        "score": None,
        "gates": [],
    }


def _distances(evaluation: Evaluation, place: int) -> dict[str, float | None]:
    """The mean distances of a column to trained and to held-out images, and their gap."""
    latents, originals = evaluation.latents.images, evaluation.originals
    categories = np.array([row.category for row in evaluation.rows])
    trained, held = (np.flatnonzero(categories == name) for name in (TRAINED, HELD_OUT))
    if originals is None or not len(trained) or not len(held):
        return {"trained": None, "held_out": None, "gap": None}

    def mean(column: int, rows: NDArray[np.intp]) -> float:
        return float(measures.distances(latents[column][rows], originals[rows]).mean())

    to_held, to_trained = mean(place, held), mean(place, trained)
    gap = measures.gap(to_held, to_trained, mean(0, held), mean(0, trained))
    return {"trained": to_trained, "held_out": to_held, "gap": gap}


def _categories(rows: Sequence[Row], measured: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The means of every category of prompts."""
    names = dict.fromkeys(row.category for row in rows)
    table = []
    for name in names:
        places = [place for place, row in enumerate(rows) if row.category == name]
        keys = ("adherence", "avoidance", "fidelity", "leakage")
        means = {key: _mean(measured[key][places]) for key in keys}
        table.append({"category": name, "images": len(places), **means})
    return table


def _cell_records(measured: Mapping[str, Any]) -> list[dict[str, Any]]:
    keys = ("adherence", "avoidance", "fidelity", "leakage", "similarity", "nearest")
    values = {key: [_number(value) for value in measured[key]] for key in keys}
    records = [dict(zip(keys, row, strict=True)) for row in zip(*values.values(), strict=True)]
    for record, copied in zip(records, measured["copy"], strict=True):
        record["nearest"] = None if record["nearest"] is None else int(record["nearest"])
        record["copy"] = bool(copied)
    return records


def _row(row: Row) -> dict[str, Any]:
    return {
        "prompt": row.prompt,
        "negative_prompt": row.negative_prompt,
        "category": row.category,
        "concept": row.concept,
        "seed": row.seed,
        "group": row.group,
        "original": row.original,
    }


def _advice(columns: Sequence[Mapping[str, Any]], evaluation: Evaluation) -> list[dict[str, Any]]:
    """Advice from the checkpoints at their highest weight."""
    figures = {}
    for column in columns:
        if not (column["step"] or column["lora"]):
            continue
        terms = {term["name"]: term for term in column["terms"]}
        health = column["health"] or {}
        figures[column["lora"]] = Figures(
            column["step"],
            column["memorisation"]["share"],
            column["memorisation"]["gap"],
            column["leakage"],
            terms["fidelity"]["z"] if "fidelity" in terms else None,
            column["validation_loss"],
            health.get("rank", 0),
            health.get("effective_rank"),
        )
    given = advice(list(figures.values()), len(evaluation.training_images))
    return [{"code": a.code, "sentence": a.sentence, "figure": a.figure} for a in given]


def _mean(values: NDArray[np.float64]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else None


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
