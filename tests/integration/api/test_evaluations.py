"""Evaluations over HTTP: started from a training, listed, shown, voted on, and refused."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.settings import ROOT
from core.tasks.states import Priority
from tests.in_process import InProcess, in_process
from tests.trainings import dataset, log, logged_training


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A studio over the models that ship."""
    async with in_process(tmp_path, model_dirs=(ROOT / "models",)) as studio:
        yield studio


async def test_an_evaluation_takes_all_from_its_training(desk: InProcess) -> None:
    run_id = await logged_training(desk)
    started = await desk.post("/api/evaluations", {"run_id": run_id, "params": {"seeds": 3}})
    task = await desk.get(f"/api/tasks/{started['task_id']}")
    assert (task["operation"], task["priority"]) == ("evaluate_lora", Priority.TRAINING)
    assert task["params"]["concept"] == "robot"
    assert task["params"]["dataset"].endswith("robots")
    (checkpoint,) = task["params"]["checkpoints"]
    assert (checkpoint["step"], checkpoint["validation_loss"]) == (40, 0.25)
    evaluation = await desk.get(f"/api/evaluations/{started['task_id']}")
    assert (evaluation["run_id"], evaluation["columns"], evaluation["best"]) == (run_id, 2, None)
    rows = evaluation["plan"]["rows"]
    assert evaluation["rows"] == len(rows)
    assert sum(row["category"] == "trigger" for row in rows) == 12
    assert sum(row["category"] == "basic" for row in rows) == 4 * 3
    assert {row["prompt"] for row in rows if row["category"] == "trigger"} == {"a robot"}


async def test_evaluations_are_listed_by_training(desk: InProcess) -> None:
    runs = [await logged_training(desk, name) for name in ("robots", "cats")]
    ids = [(await desk.post("/api/evaluations", {"run_id": run}))["task_id"] for run in runs]
    page = await desk.get("/api/evaluations")
    assert [entry["task_id"] for entry in page["items"]] == ids[::-1]
    page = await desk.get("/api/evaluations", params={"run_id": runs[0]})
    assert [entry["task_id"] for entry in page["items"]] == ids[:1]


async def test_a_vote_is_kept_and_a_later_one_replaces_it(desk: InProcess) -> None:
    run_id = await logged_training(desk)
    task_id = (await desk.post("/api/evaluations", {"run_id": run_id}))["task_id"]
    path = f"/api/evaluations/{task_id}/votes"
    for row, column in ((0, 1), (3, 0), (0, 0)):
        await desk.post(path, {"row": row, "column": column})
    assert (await desk.get(f"/api/evaluations/{task_id}"))["votes"] == [[0, 0], [3, 0]]
    for wrong in ({"row": 0, "column": 2}, {"row": 999, "column": 0}):
        assert (await desk.http.post(path, json=wrong)).status_code == 422


MISTAKES: list[tuple[dict[str, object], str]] = [
    ({"checkpoints": []}, "nothing to evaluate"),
    ({"concept": ""}, "concept"),
    ({"categories": "basics"}, "basics"),
    ({"suite": "odd"}, "odd"),
    ({"weights": "1, x"}, "weights"),
    ({"seeds": 64, "weights": "1, 2, 3, 4"}, "limit"),
    ({"loras": "absent"}, "absent"),
    ({"dataset": "/nowhere/at/all"}, "nowhere"),
]


async def test_a_mistake_is_refused_before_anything_is_queued(desk: InProcess) -> None:
    run_id = await logged_training(desk)
    for params, words in MISTAKES:
        body = {"run_id": run_id, "params": params}
        response = await desk.http.post("/api/evaluations", json=body)
        assert response.status_code in (403, 404, 409, 422), params
        assert words in response.text


async def test_other_tasks_and_steps_are_refused(desk: InProcess) -> None:
    run_id = await logged_training(desk)
    other = await desk.submit("empty", hold=True)
    assert (await desk.http.get(f"/api/evaluations/{other}")).status_code == 404
    assert (await desk.http.post("/api/evaluations", json={"run_id": other})).status_code == 404
    body = {"run_id": run_id, "steps": [40, 80]}
    response = await desk.http.post("/api/evaluations", json=body)
    assert response.status_code == 404
    assert "40" in response.json()["fix"]


async def test_a_run_on_a_folder_of_the_python_api_is_evaluated_over_rest(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "album")
    async with in_process(tmp_path / "studio") as desk:
        desk.services._any_folder = True
        run_id = await desk.submit("train_lora", dataset=str(folder), hold=True)
        await log(desk.services.queue, run_id, desk)
        desk.services._any_folder = False
        refused = await desk.http.post("/api/train_lora", json={"dataset": str(folder)})
        assert refused.status_code == 403
        task_id = (await desk.post("/api/evaluations", {"run_id": run_id}))["task_id"]
        task = await desk.get(f"/api/tasks/{task_id}")
        assert task["params"]["dataset"] == str(folder)
