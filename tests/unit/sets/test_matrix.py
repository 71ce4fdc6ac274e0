"""Matrices: the order of cells, values of LoRAs, labels, and every error before anything runs."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from core.errors import InvalidInput
from core.operations.declaration.registry import load
from core.sets.batch import Batch, cell_of
from core.sets.batch_rows import BatchRow, rows_of
from core.sets.matrix import CELLS_MAX, Axis, _place, _plans, check, text_of
from core.sets.sheet_labels import sheet_labels

GENERATE = load().operation("generate")
STEPS, GUIDANCE = Axis("num_inference_steps", [4, 8]), Axis("guidance_scale", [1.0, 3.5, 7.0])
PARAMS = {"prompt": "a lighthouse", "seed": 3}


def faults(axes: list[Axis], **params: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        check(GENERATE, axes, {**PARAMS, **params})
    return [error.field for error in caught.value.errors]


def batch(axes: list[Axis]) -> Batch:
    records = [{"name": axis.name, "label": axis.name, "values": axis.values} for axis in axes]
    keys = [plan.key for plan in _plans(axes, PARAMS)]
    return Batch("id", "matrix", "Light", "generate", "", 3, "m_1", keys, axes=records)


def rows(axes: list[Axis]) -> list[BatchRow]:
    return rows_of(batch(axes), [], frozenset())


def test_every_combination_is_a_cell_and_the_last_axis_counts_fastest() -> None:
    plans = list(_plans([STEPS, GUIDANCE], PARAMS))
    cells = [(p.params["num_inference_steps"], p.params["guidance_scale"]) for p in plans]
    assert cells == list(product(STEPS.values, GUIDANCE.values))
    assert {plan.params["seed"] for plan in plans} == {3}
    assert len({plan.key for plan in plans}) == 6
    assert plans[1].key == "002-num-inference-steps-4-guidance-scale-3-5"
    assert [tuple(row.cell.values()) for row in rows([STEPS, GUIDANCE])] == cells


def test_the_weight_of_a_lora_is_an_axis_beside_the_other_loras() -> None:
    ink = Axis("loras.ink 1.5.weight", [0.2, 0.9])
    params = {**PARAMS, "loras": [{"name": "robot", "weight": 1}, {"name": "ink 1.5", "weight": 2}]}
    check(GENERATE, [ink], params)
    used = [plan.params["loras"] for plan in _plans([ink], params)]
    assert used[0] == [{"name": "robot", "weight": 1}, {"name": "ink 1.5", "weight": 0.2}]
    assert used[1][1]["weight"] == 0.9
    assert faults([Axis("loras.ink.weight", [0.2, 9])]) == ["axes.0.values.1"]


def test_every_wrong_value_of_every_axis_is_named() -> None:
    axes = [Axis("num_inference_steps", [4, 0, "x"]), Axis("guidance_scale", [1, 99])]
    assert faults(axes) == ["axes.0.values.1", "axes.0.values.2", "axes.1.values.1"]
    assert faults([STEPS], width="wide") == ["params.width"]


def test_a_wrong_first_value_is_named_once_at_its_place() -> None:
    assert faults([Axis("num_inference_steps", [0, 4]), GUIDANCE]) == ["axes.0.values.0"]


@pytest.mark.parametrize(
    ("axes", "field"),
    [
        ([Axis("steps", [1])], "axes.0.name"),
        ([STEPS, STEPS], "axes.1.name"),
        ([Axis("loras..weight", [1])], "axes.0.name"),
    ],
)
def test_an_unknown_or_repeated_axis_is_refused(axes: list[Axis], field: str) -> None:
    assert faults(axes) == [field]


@pytest.mark.parametrize(
    "axes",
    [
        [],
        [Axis("seed", [])],
        [Axis("seed", range(CELLS_MAX + 1))],
        [Axis("seed", range(25)), Axis("num_inference_steps", range(1, 20))],
        [Axis(name, [1]) for name in ("seed", "width", "height", "clip_skip", "guidance_scale")],
    ],
)
def test_a_matrix_is_bounded(axes: list[Axis]) -> None:
    with pytest.raises(InvalidInput) as caught:
        check(GENERATE, axes, PARAMS)
    assert caught.value.field == "axes"


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("requests.0.guidance_scale", "axes.1.values.0"),
        ("requests.5.guidance_scale", "axes.1.values.2"),
        ("requests.5.num_inference_steps", "axes.0.values.1"),
        ("requests.2.prompt", "params.prompt"),
        ("axes", "axes"),
        (None, None),
    ],
)
def test_an_error_of_a_cell_is_named_at_its_value(field: str | None, place: str | None) -> None:
    assert _place(field, [STEPS, GUIDANCE]) == place


def test_a_whole_matrix_has_headings_and_a_part_has_labels() -> None:
    cells = rows([STEPS, GUIDANCE])
    whole = sheet_labels(batch([STEPS, GUIDANCE]), cells)
    assert whole["column_labels"] == ["1", "3.5", "7"]
    assert whole["row_labels"] == ["num_inference_steps 4", "num_inference_steps 8"]
    assert whole["columns"] == 3
    assert sheet_labels(batch([STEPS, GUIDANCE]), cells[:2])["cell_labels"] == [
        "001 num inference steps 4 guidance scale 1",
        "002 num inference steps 4 guidance scale 3 5",
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(3.50, "3.5"), (4, "4"), ("nano", "nano"), (True, "true"), (None, "null")]
)
def test_a_value_is_short_as_a_label(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_a_cell_has_the_names_of_the_axes_in_order() -> None:
    axes = [{"name": "b", "values": [1, 2]}, {"name": "a", "values": [3, 4]}]
    assert list(cell_of(axes, 2).items()) == [("b", 2), ("a", 3)]


def test_files_and_weights_of_loras_are_axes_of_one_matrix() -> None:
    axes = [Axis("loras", ["robot", "ink 1.5"]), Axis("loras.*.weight", [0, 0.5])]
    check(GENERATE, axes, PARAMS)
    used = [plan.params["loras"] for plan in _plans(axes, PARAMS)]
    assert used == [
        [{"name": name, "weight": weight}] for name in ("robot", "ink 1.5") for weight in (0, 0.5)
    ]
    assert faults([axes[0], Axis("loras.*.weight", [0, 9])]) == ["axes.1.values.1"]
