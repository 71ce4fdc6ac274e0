"""The logic of searches: ranges, directions of pruning, trials that survive the process."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import InvalidInput, NotFound
from core.training.configuration.schema import parse
from core.training.search.plots import history, parallel
from core.training.search.results import BEST, RESULTS, TRIALS, Search, SearchFolder
from core.training.search.settings import (
    OBJECTIVES,
    Direction,
    Objective,
    SearchSettings,
    check_ranges,
    trial_sections,
)
from core.training.search.study import Study

RANGES: dict[str, Any] = {
    "training.learning_rate": {"low": 1e-5, "high": 1e-2, "log": True},
    "lora.rank": [4, 8],
    "training.warmup_steps": {"low": 0, "high": 40, "step": 10},
}


def settings(**values: Any) -> SearchSettings:
    return SearchSettings.model_validate({"ranges": RANGES, "startup_trials": 2, **values})


def test_the_default_ranges_are_those_that_trainings_allow() -> None:
    check_ranges(SearchSettings(), {})
    check_ranges(settings(), {"lora": {"alpha": 4}})


@pytest.mark.parametrize(
    ("key", "values", "field"),
    [
        ("lora.rnk", [4, 8], "lora.rank"),
        ("lora.rank", [4, 500], "500"),
        ("lora.dropout", {"low": 0.0, "high": 0.9}, "0.9"),
        ("training.optimizer", ["adamw", "sgd"], "sgd"),
    ],
)
def test_a_value_that_no_training_takes_is_refused_before_the_search(
    key: str, values: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        check_ranges(SearchSettings(ranges={key: values}), {})
    assert error.value.field == f"search.ranges.{key}"
    assert field in error.value.detail


@pytest.mark.parametrize(
    "values", [[1], {"low": 2, "high": 1}, {"low": 0, "high": 1, "log": True}, "1-2"]
)
def test_a_range_without_values_is_refused(values: Any) -> None:
    with pytest.raises(ValueError, match=r"range|low|list"):
        SearchSettings(ranges={"lora.rank": values})


def test_a_search_by_validation_loss_needs_one() -> None:
    off = {"validation": {"enable": False}}
    with pytest.raises(InvalidInput, match="no validation loss"):
        check_ranges(settings(), off)
    check_ranges(settings(objective="loss"), off)


def test_a_trial_is_a_training_without_samples_whose_result_stays_out_of_the_library() -> None:
    base = {"lora": {"algorithm": "dora"}, "validation": {"seed": 7}}
    sections = trial_sections(settings(max_steps=80), base, {"lora.rank": 8}, "t 1")
    config = parse(sections)
    assert (config.lora.rank, config.lora.algorithm) == (8, "dora")
    assert (config.training.max_steps, config.validation.frequency) == (80, 8)
    assert (config.validation.sample_frequency, config.output.library) == (0, False)


@pytest.mark.parametrize(("direction", "sign"), [("minimize", 1), ("maximize", -1)])
def test_the_worse_half_is_pruned_in_the_direction_of_the_objective(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, direction: Direction, sign: int
) -> None:
    monkeypatch.setitem(OBJECTIVES, "loss", Objective("loss", direction, "Loss"))  # type: ignore[arg-type]
    study = Study(tmp_path, settings(objective="loss", startup_trials=3))
    for value in (1.0, 2.0, 3.0):
        trial = study.ask()
        assert not study.report(trial.number, 10, sign * value)
        study.complete(trial.number, sign * value)
    good, bad = study.ask(), study.ask()
    assert not study.report(good.number, 10, sign * 0.5)
    assert study.report(bad.number, 10, sign * 9.0)
    study.complete(good.number, sign * 0.5)
    study.end(bad.number, None)
    best = study.best()
    assert best is not None
    assert best.number == good.number
    assert study.trials()[bad.number].state == "pruned"
    points = history(study.trials(), study.direction)
    assert [point["best"] * sign for point in points] == [1.0, 1.0, 1.0, 0.5]


def test_without_pruning_nothing_is_pruned(tmp_path: Path) -> None:
    study = Study(tmp_path, settings(pruning=False, startup_trials=1))
    for value in (1.0, 2.0):
        study.complete(study.ask().number, value)
    assert not study.report(study.ask().number, 10, 99.0)


def test_trials_survive_the_process_with_their_tasks_and_measurements(tmp_path: Path) -> None:
    study = Study(tmp_path, settings())
    for number in range(4):
        trial = study.ask()
        assert set(trial.params) == set(RANGES)
        study.bind(trial.number, f"task-{number}")
        study.report(trial.number, 5, 1 / (number + 1))
        if number < 3:
            study.complete(trial.number, 1 / (number + 1))
    again = Study(tmp_path, settings())
    assert again.trials() == study.trials()
    left = again.trials()[3]
    assert (left.state, left.task_id, left.steps) == ("running", "task-3", {5: 0.25})
    again.report(3, 5, 0.25)  # what was taken over already
    again.report(3, 10, 0.2)
    again.end(3, "out of memory")
    assert again.trials()[3].error == "out of memory"
    fresh = [again.ask().params["training.learning_rate"] for _ in range(2)]
    assert not set(fresh) & {trial.params["training.learning_rate"] for trial in study.trials()[:4]}


def test_importance_and_parallel_coordinates_cover_every_setting(tmp_path: Path) -> None:
    study = Study(tmp_path, settings(startup_trials=10))
    assert study.importance() == {}
    for _ in range(8):
        trial = study.ask()
        study.complete(trial.number, float(trial.params["training.learning_rate"]))
    shares = study.importance()
    assert max(shares, key=lambda key: shares[key]) == "training.learning_rate"
    logs = {"training.learning_rate": True, "training.warmup_steps": False}
    plot = parallel(study.trials(), logs)
    assert [axis["name"] for axis in plot["axes"]] == list(RANGES)
    assert plot["axes"][1]["choices"] == sorted({t.params["lora.rank"] for t in study.trials()})
    assert all(len(line["at"]) == 3 for line in plot["lines"])


def test_the_files_of_a_search_say_what_was_found(tmp_path: Path) -> None:
    folder = SearchFolder(tmp_path)
    request = settings().model_dump(mode="json")
    search = Search("01ABC", "robots", "/data", "concept", None, {}, request, "2026-01-31")
    folder.create(search)
    study = Study(folder.path("01ABC"), settings())
    study.complete(study.ask().number, 0.25)
    config = parse({"lora": {"rank": 8}}).model_dump(mode="json")
    folder.write_results(folder.change("01ABC", best_config=config), study.trials(), study.best())
    path = folder.path("01ABC")
    assert parse(yaml.safe_load((path / BEST).read_text(encoding="utf-8"))).lora.rank == 8
    results = json.loads((path / RESULTS).read_text(encoding="utf-8"))
    assert (results["best_value"], results["trials"]) == (0.25, {"complete": 1})
    assert (
        json.loads((path / TRIALS).read_text(encoding="utf-8"))[0]["params"]
        == results["best_params"]
    )
    assert [entry.id for entry in folder.all()] == ["01ABC"]
    for wrong in ("01XYZ", "../01ABC", ""):
        with pytest.raises(NotFound):
            folder.get(wrong)
