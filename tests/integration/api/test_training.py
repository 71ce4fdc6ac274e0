"""Trainings over HTTP: refusals before they start, runs with their logs, checkpoints in use."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import yaml

from core.settings import ROOT
from core.store.named_folders import grant
from core.studio.leftovers import sweep_training_files
from core.tasks.states import Priority
from core.training.configuration.schema import parse
from core.training.datasets.importing import import_folder
from core.training.datasets.versions import DatasetStore
from core.training.kept_files import STATE
from core.worker.protocol import Logged, LoggedValue
from tests.in_process import InProcess, in_process
from tests.trainings import dataset, logged_training


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[InProcess]:
    """A studio whose LoRAs go to a folder of the test."""
    folders = (tmp_path / "models", ROOT / "models")
    async with in_process(tmp_path, model_dirs=folders) as studio:
        yield studio


async def test_a_training_waits_in_its_own_band_with_its_whole_plan(desk: InProcess) -> None:
    task_id = await logged_training(desk)
    task = await desk.get(f"/api/tasks/{task_id}", params={"include": "snapshot"})
    assert task["priority"] == Priority.TRAINING
    run = await desk.get(f"/api/training/runs/{task_id}")
    assert run["config"]["lora"]["rank"] == 8  # the recipe of the built-in model
    assert run["config"]["data"]["prior_share"] == 0.5
    assert (run["steps"], run["name"], run["trigger_word"]) == (80, "robots", "robot")
    assert run["dataset"]["buckets"] == [[128, 128, 5]]
    assert [prompt["trigger"] for prompt in run["prompts"]] == [True, True, True, False]


async def test_memory_and_time_are_estimated_without_a_task(desk: InProcess) -> None:
    folder = str(dataset(desk.services.settings.data_dir / "robots"))
    params = {"dataset": folder, "max_steps": 40}
    first = await desk.post("/api/training/estimate", params)
    assert first["fit"]["plan"]["id"] == "device"
    assert (first["steps"], first["images"], first["speed"]) == (40, 5, "guess")
    assert {part["name"] for part in first["memory"]} >= {"base weights", "LoRA", "activations"}
    assert (await desk.get("/api/tasks"))["total"] == 0


async def test_the_time_of_a_training_follows_the_speed_of_earlier_ones(desk: InProcess) -> None:
    task_id = await logged_training(desk)
    speed = LoggedValue(name="steps_per_second", step=40, value=4.0)
    await desk.services.queue.log(Logged(task_id=task_id, attempt=1, values=(speed,)))
    folder = str(desk.services.settings.data_dir / "robots")
    answer = await desk.post("/api/training/estimate", {"dataset": folder, "max_steps": 80})
    assert (answer["speed"], answer["step_seconds"], answer["seconds"]) == ("model", 0.25, 20.0)


async def test_an_estimate_refuses_what_the_training_would(desk: InProcess) -> None:
    for params, field in (
        ({"dataset": "nobody"}, "dataset"),
        ({"dataset": "/etc"}, "dataset"),
        (
            {
                "dataset": str(dataset(desk.services.settings.data_dir / "robots")),
                "config": {"lora": {"algorithm": "dora"}, "model": {"quantization": "fp8"}},
            },
            "lora.algorithm",
        ),
    ):
        for path in ("/api/training/estimate", "/api/train_lora"):
            answer = await desk.http.post(path, json=params)
            assert answer.is_client_error
            assert answer.json()["field"] == field


async def test_a_training_keeps_the_version_of_a_dataset_that_it_was_queued_with(
    desk: InProcess, tmp_path: Path
) -> None:
    store = DatasetStore(desk.services.settings.data_dir / "datasets")
    stored = store.create("Tin robots")
    stored = import_folder(store, stored, dataset(tmp_path / "a"), "a").dataset
    task_id = await desk.submit("train_lora", dataset="tin robots", hold=True)
    first, older = await desk.get(f"/api/training/runs/{task_id}"), stored.latest
    stored = import_folder(store, stored, dataset(tmp_path / "b", count=6), "b").dataset
    later = await desk.submit("train_lora", dataset="tin robots", hold=True)
    assert (first["name"], first["dataset"]["images"]) == ("Tin robots", 5)
    for task, version, images in ((task_id, older, 5), (later, stored.latest, 6)):
        reference = (await desk.get(f"/api/tasks/{task}"))["params"]["dataset"]
        assert reference == f"{stored.id}@{version}"
        again = await desk.submit("train_lora", dataset=reference, hold=True)
        run = await desk.get(f"/api/training/runs/{again}")
        assert run["dataset"]["images"] == images


async def test_a_run_has_its_values_samples_and_checkpoints(desk: InProcess) -> None:
    task_id = await logged_training(desk)
    page = await desk.get("/api/training/runs")
    assert [entry["task_id"] for entry in page["items"]] == [task_id]
    assert page["items"][0]["newest"]["validation_loss"] == 0.25
    path = f"/api/training/runs/{task_id}"
    values = await desk.get(f"{path}/values", params={"name": "loss", "after": 38})
    assert values == {"values": {"loss": [[39, 1 / 40], [40, 1 / 41]]}}
    run = await desk.get(path)
    assert [sample["step"] for sample in run["samples"]] == [0, 40]
    sample = await desk.http.get(run["samples"][0]["url"])
    assert sample.headers["content-type"] == "image/png"
    assert (await desk.http.get(f"{path}/files/sample/7/0")).status_code == 404


async def test_a_checkpoint_goes_into_the_library(desk: InProcess, tmp_path: Path) -> None:
    task_id = await logged_training(desk)
    path = f"/api/training/runs/{task_id}/checkpoints"
    for _ in range(2):  # the same content has one name
        assert await desk.post(f"{path}/40/use") == {"lora": "robots-40"}
    loras = tmp_path / "models" / "loras"
    assert (loras / "robots-40.safetensors").read_bytes() == b"a LoRA"
    assert (loras / "robots-40.png").exists()
    assert (await desk.http.post(f"{path}/80/use")).status_code == 404


async def test_samples_and_checkpoints_survive_a_sweep(desk: InProcess) -> None:
    task_id = await logged_training(desk)
    await desk.services.assets.sweep(grace_seconds=0.0)
    run = await desk.get(f"/api/training/runs/{task_id}")
    assert (await desk.http.get(run["checkpoints"][0]["url"])).content == b"a LoRA"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"preset": "charakter"}, "charakter"),
        ({"config": {"training": {"optimizer": "sgd"}}}, "training.optimizer"),
        ({"config": {"lora": {"ranks": 8}}}, "lora.rank"),
        ({"config": "[1]"}, "sections"),
        ({"dataset": "robots"}, "robots"),
        ({"dataset": "robots@2"}, "robots"),
    ],
)
async def test_a_mistake_is_refused_before_anything_is_queued(
    desk: InProcess, change: dict[str, object], words: str
) -> None:
    params = {"dataset": str(dataset(desk.services.settings.data_dir / "robots")), **change}
    response = await desk.http.post("/api/train_lora", json=params)
    assert response.status_code in (404, 422)
    assert words in response.text


async def test_a_folder_of_the_server_is_trained_on_only_where_it_may_be_named(
    tmp_path: Path,
) -> None:
    album, own = dataset(tmp_path / "album" / "robots"), dataset(tmp_path / "own")
    (tmp_path / "album" / "away").symlink_to(own)
    async with in_process(tmp_path, import_dirs=(album.parent,)) as desk:

        async def named(folder: Path) -> httpx.Response:
            params = {"dataset": str(folder), "hold": True}
            return await desk.http.post("/api/train_lora", json=params)

        assert (await named(album)).status_code == 202
        for folder in (own, album.parent / "away", album / ".." / ".." / "own", tmp_path / "no"):
            answer = await named(folder)
            assert (answer.status_code, answer.json()["field"]) == (403, "dataset"), folder
            assert "QPYT_IMPORT_DIRS" in answer.json()["fix"]
        grant(desk.services.settings.data_dir, own)  # as the command line of this user does
        assert (await named(own)).status_code == 202


async def test_another_task_is_no_training(desk: InProcess) -> None:
    task_id = await desk.submit("empty", hold=True)
    assert (await desk.http.get(f"/api/training/runs/{task_id}")).status_code == 404


async def test_the_presets_are_listed_with_their_families(desk: InProcess) -> None:
    items = (await desk.get("/api/training/presets"))["items"]
    families = {preset["id"]: preset["families"] for preset in items}
    assert "*" in families["character"]
    assert families["sd15-mini"] == ["sd15"]


async def test_a_run_can_be_copied_as_yaml_and_as_a_command(
    desk: InProcess, tmp_path: Path
) -> None:
    store = DatasetStore(desk.services.settings.data_dir / "datasets")
    stored = import_folder(store, store.create("Tin robots"), dataset(tmp_path / "a"), "a").dataset
    task_id = await desk.submit("train_lora", dataset="tin robots", max_steps=9, hold=True)
    run = await desk.get(f"/api/training/runs/{task_id}")
    assert (run["dataset"]["name"], run["dataset"]["version"]) == ("Tin robots", stored.latest)
    assert "--data 'Tin robots@2'" in run["command"]
    assert "--steps 9" in run["command"]
    assert parse(yaml.safe_load(run["yaml"])) == parse(run["config"])


async def test_the_form_has_the_values_of_the_preset_for_the_model(desk: InProcess) -> None:
    form = await desk.get("/api/training/configuration", params={"preset": "style"})
    assert (form["model"], form["trainable"]) == ("nano", True)
    assert {"field": "max_steps", "key": "training.max_steps", "default": 240} in form["settings"]
    sections = {section["name"]: section["schema"]["properties"] for section in form["sections"]}
    assert sections["training"]["batch_size"]["default"] == 8
    unknown = await desk.http.get("/api/training/configuration", params={"preset": "none"})
    assert unknown.status_code == 422


async def test_a_training_that_runs_is_paused_by_a_hold(desk: InProcess) -> None:
    folder = desk.services.settings.data_dir / "robots"
    task_id = await desk.submit("train_lora", dataset=str(dataset(folder)))
    async with asyncio.timeout(10):
        while (await desk.get(f"/api/tasks/{task_id}"))["status"] != "running":
            await asyncio.sleep(0.01)
    response = await desk.http.patch(f"/api/tasks/{task_id}", json={"held": True})
    assert response.json()["hold_reasons"] == ["user"]
    assert desk.executor.yields == [task_id]


async def test_the_state_of_a_training_goes_with_its_task(desk: InProcess) -> None:
    task_id = await logged_training(desk)
    runs = desk.services.settings.data_dir / "training" / "runs"
    for name in (task_id, "removed"):
        (runs / name).mkdir(parents=True)
        (runs / name / STATE).write_bytes(b"state")
    assert await sweep_training_files(desk.services.queue, desk.services.settings) == 1
    assert (runs / task_id / STATE).exists()
    await desk.post(f"/api/tasks/{task_id}/cancel")
    await desk.post("/api/history/clear")
    assert desk.services._sweeping is not None
    await desk.services._sweeping
    assert not (runs / task_id).exists()
