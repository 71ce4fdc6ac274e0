"""Searches over HTTP: trials are tasks, are pruned, survive the studio, and end in files."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import ROOT, Settings
from core.training.configuration.schema import parse
from core.training.search.settings import OBJECTIVES, SearchSettings
from core.worker.protocol import Finished, Logged, LoggedFile, LoggedValue, Output, Start
from tests.in_process import InProcess, InstantExecutor, in_process
from tests.trainings import dataset

EXECUTOR = f"{__name__}:FakeTrainer"
SEARCHES = "/api/training/searches"
RANGES: dict[str, Any] = {
    "training.learning_rate": {"low": 1e-5, "high": 1e-1, "log": True},
    "lora.rank": [4, 8],
}
SEARCH: dict[str, Any] = {
    "trials": 6,
    "max_steps": 20,
    "startup_trials": 2,
    "measurements": 2,
    "ranges": RANGES,
}
SECONDS = 60.0
LORA_FILE = "application/octet-stream"


class FakeTrainer(InstantExecutor):
    """Ends each training at once with a loss that is least at a learning rate of 1e-3.

    Those after number `stuck` go on until they are cancelled, the first of them with a bad loss.
    """

    stuck = 1000

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.trainings = self.evaluations = 0

    async def run(self, start: Start) -> None:
        await super().run(start)
        if start.operation == "evaluate_lora":
            self._score(start)
        if start.operation != "train_lora":
            return
        training = start.snapshot["training"]["config"]["training"]
        loss = (math.log10(training["learning_rate"]) + 3) ** 2 + 0.1
        values = [
            LoggedValue(name="validation_loss", step=step, value=loss + 1 / step)
            for step in (10, 20)
        ]
        self.trainings += 1
        if self.trainings > self.stuck:
            worst = 100.0 if self.trainings == self.stuck + 1 else 0.0
            values = [LoggedValue(name="validation_loss", step=10, value=worst)]
        checkpoint = LoggedFile(
            kind="checkpoint", step=20, index=0, key="0" * 64, size=1, type=LORA_FILE
        )
        self.report(Logged(**self.about(start), values=tuple(values), files=(checkpoint,)))
        if self.trainings <= self.stuck:
            report = Output(port="report", index=0, kind="json", value={"lora": "x"})
            self.report(Finished(**self.about(start), outputs=(report,), timings={}))

    def _score(self, start: Start) -> None:
        """The second of the evaluations is refused, later ones score less than the first."""
        self.evaluations += 1
        gates = ["its images copy"] if self.evaluations == 2 else []
        base = {"score": None, "gates": []}
        column = {"score": 1 / self.evaluations, "gates": gates}
        value = {"columns": [base, column], "best": None, "explanation": ""}
        report = Output(port="report", index=0, kind="json", value=value)
        self.report(Finished(**self.about(start), outputs=(report,), timings={}))


@pytest.fixture
def open_studio(tmp_path: Path) -> Callable[[], Any]:
    def make() -> Any:
        folders = (tmp_path / "models", ROOT / "models")
        return in_process(tmp_path, model_dirs=folders, import_dirs=(tmp_path,), executor=EXECUTOR)

    return make


@pytest.fixture
async def desk(open_studio: Callable[[], Any]) -> AsyncIterator[InProcess]:
    async with open_studio() as studio:
        studio.services.training.searches.poll_seconds = 0.05
        yield studio


async def started(desk: InProcess, folder: Path, **search: Any) -> str:
    images = folder / "robots"
    body = {
        "dataset": str(images if images.exists() else dataset(images)),
        "trigger_word": "robot",
        "search": {**SEARCH, **search},
    }
    return str((await desk.post(SEARCHES, body))["search_id"])


async def state_of(
    desk: InProcess, search_id: str, ready: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The search once `ready` holds."""

    async def wait() -> dict[str, Any]:
        while True:
            state: dict[str, Any] = await desk.get(f"{SEARCHES}/{search_id}")
            assert state["status"] != "failed", state["error"]
            if ready(state):
                return state
            await asyncio.sleep(0.1)

    return await asyncio.wait_for(wait(), SECONDS)


async def test_the_best_trial_ends_as_a_configuration_that_trains_as_it_is(
    desk: InProcess, tmp_path: Path
) -> None:
    search_id = await started(desk, tmp_path, pruning=False)
    state = await state_of(desk, search_id, lambda state: state["status"] == "completed")
    assert [trial["state"] for trial in state["trials"]] == ["complete"] * 6
    trials = await desk.get("/api/training/runs", params={"search": search_id})
    assert {run["task_id"] for run in trials["items"]} == {t["task_id"] for t in state["trials"]}
    assert {run["search_id"] for run in trials["items"]} == {search_id}
    assert (await desk.get("/api/training/runs", params={"search": ""}))["total"] == 0
    assert (await desk.get("/api/training/runs"))["total"] == 6
    values = [trial["value"] for trial in state["trials"]]
    assert state["history"][-1]["best"] == min(values)
    assert set(state["importance"]) == set(RANGES)
    best = state["trials"][values.index(min(values))]
    files = {}
    for name in state["files"]:
        response = await desk.http.get(f"{SEARCHES}/{search_id}/files/{name}")
        files[name] = response.text
    config = parse(yaml.safe_load(files["best_config.yaml"]))
    assert config.training.learning_rate == best["params"]["training.learning_rate"]
    assert (config.output.library, config.output.name) == (True, "robots")
    assert config.data.trigger_word == "robot"
    again = await desk.submit(
        "train_lora",
        dataset=config.data.dataset_path,
        config=yaml.safe_load(files["best_config.yaml"]),
        hold=True,
    )
    assert (await desk.get(f"/api/training/runs/{again}"))["steps"] == 20
    assert json.loads(files["optimization_results.json"])["best_trial"] == best["number"]
    assert len(json.loads(files["trials_data.json"])) == 6
    task = await desk.get(f"/api/tasks/{best['task_id']}")
    assert task["labels"]["search"] == search_id


async def test_a_trial_goes_on_after_a_restart_and_none_runs_twice(
    open_studio: Callable[[], Any], tmp_path: Path
) -> None:
    async with open_studio() as studio:
        studio.services.training.searches.poll_seconds = 0.05
        studio.executor.stuck = 2
        search_id = await started(studio, tmp_path, pruning=False, trials=4)
        before = await state_of(
            studio,
            search_id,
            lambda state: len(state["trials"]) == 3 and state["trials"][2]["steps"],
        )
    async with open_studio() as studio:
        after = await state_of(studio, search_id, lambda state: state["status"] == "completed")
        listed = await studio.get("/api/tasks", params={"operation": "train_lora"})
    assert [trial["state"] for trial in after["trials"]] == ["complete"] * 4
    for old, new in zip(before["trials"], after["trials"], strict=False):
        assert (old["params"], old["task_id"]) == (new["params"], new["task_id"])
    assert listed["total"] == 4


async def test_a_worse_trial_is_pruned_and_a_stopped_search_stops_its_tasks(
    desk: InProcess, tmp_path: Path
) -> None:
    bad = {"training.learning_rate": {"low": 0.5, "high": 0.9}, "lora.rank": [4, 8]}
    desk.executor.stuck = 2  # type: ignore[attr-defined]
    search_id = await started(desk, tmp_path, startup_trials=1, ranges=bad, trials=40)
    state = await state_of(
        desk,
        search_id,
        lambda state: (
            any(trial["state"] == "pruned" for trial in state["trials"])
            and any(trial["state"] == "running" for trial in state["trials"])
        ),
    )
    pruned = next(trial for trial in state["trials"] if trial["state"] == "pruned")
    assert (await desk.get(f"/api/tasks/{pruned['task_id']}"))["status"] == "cancelled"
    stopped = await desk.post(f"{SEARCHES}/{search_id}/cancel")
    assert stopped["status"] == "cancelled"
    for trial in stopped["trials"]:
        if trial["task_id"]:
            await desk.ended(trial["task_id"])
    listed = await desk.get(SEARCHES)
    assert [entry["search_id"] for entry in listed["items"]] == [search_id]


async def test_a_search_by_score_evaluates_each_training_and_refuses_copies(
    desk: InProcess, tmp_path: Path
) -> None:
    own = {"seeds": 1, "categories": "basic"}
    search_id = await started(desk, tmp_path, objective="score", trials=3, evaluation=own)
    state = await state_of(desk, search_id, lambda state: state["status"] == "completed")
    assert state["direction"] == "maximize"
    assert [trial["state"] for trial in state["trials"]] == ["complete", "pruned", "complete"]
    assert [trial["value"] for trial in state["trials"]] == [1.0, None, pytest.approx(1 / 3)]
    assert state["trials"][1]["error"] == "Refused: its images copy."
    assert state["best_trial"] == 0
    task = await desk.get(f"/api/tasks/{state['trials'][0]['evaluation_id']}")
    assert task["labels"]["search"] == search_id
    assert (task["params"]["concept"], task["params"]["seeds"]) == ("robot", 1)
    assert [file["step"] for file in task["params"]["checkpoints"]] == [20]


async def test_a_paused_search_holds_its_trials_until_it_goes_on(
    desk: InProcess, tmp_path: Path
) -> None:
    await desk.post("/api/queue/pause")
    search_id = await started(desk, tmp_path, trials=1)
    state = await state_of(
        desk, search_id, lambda state: any(trial["task_id"] for trial in state["trials"])
    )
    task_id = state["trials"][0]["task_id"]
    assert (await desk.post(f"{SEARCHES}/{search_id}/pause"))["status"] == "paused"
    assert (await desk.get(f"/api/tasks/{task_id}"))["hold_reasons"] == ["user"]
    again = await desk.http.post(f"{SEARCHES}/{search_id}/pause")
    assert again.status_code == 409
    await desk.post("/api/queue/resume")
    assert (await desk.get(f"/api/tasks/{task_id}"))["status"] == "held"
    assert (await desk.post(f"{SEARCHES}/{search_id}/resume"))["status"] == "running"
    state = await state_of(desk, search_id, lambda state: state["status"] == "completed")
    assert [trial["task_id"] for trial in state["trials"]] == [task_id]


async def test_the_form_of_a_search_offers_what_it_takes(desk: InProcess) -> None:
    form = await desk.get(f"{SEARCHES}/form")
    assert set(form["schema"]["properties"]) < set(SearchSettings.model_fields)
    assert set(form["schema"]["properties"]["objective"]["ui"]["choices"]) == set(OBJECTIVES)
    keys = [entry["key"] for entry in form["keys"]]
    assert set(form["ranges"]) < set(keys)
    assert not {"training.max_steps", "output.name", "data.dataset_path"} & set(keys)


async def test_a_wrong_search_is_refused_before_anything_is_queued(
    desk: InProcess, tmp_path: Path
) -> None:
    for search, field in (
        ({"ranges": {"lora.rank": [4, 999]}}, "search.ranges.lora.rank"),
        ({"trials": 0}, "search.trials"),
        ({"trails": 5}, "search.trails"),
    ):
        response = await desk.http.post(SEARCHES, json={"dataset": "robots", "search": search})
        assert response.status_code == 422
        assert response.json()["field"] == field
    assert (await desk.get(SEARCHES))["items"] == []
    missing = await desk.http.get(f"{SEARCHES}/01NONE")
    assert missing.status_code == 404


@pytest.mark.parametrize("reference", ["nobody", "/etc"])
async def test_a_dataset_that_cannot_be_trained_on_is_refused_at_once(
    desk: InProcess, reference: str
) -> None:
    answer = await desk.http.post(SEARCHES, json={"dataset": reference, "search": SEARCH})
    assert answer.is_client_error
    assert answer.json()["field"] == "dataset"
    assert (await desk.get(SEARCHES))["items"] == []
