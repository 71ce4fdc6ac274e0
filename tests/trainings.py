"""A training with a log, as a worker would report it."""

from pathlib import Path

from PIL import Image

from core.studio.searches import SearchRequest
from core.tasks.queue import Queue
from core.training.search.results import RESULTS
from core.worker.protocol import Logged, LoggedFile, LoggedValue
from tests.in_process import InProcess, png

USE_CHECKPOINT = "/api/training/runs/{task_id}/checkpoints/{step}/use"


def dataset(folder: Path, count: int = 5) -> Path:
    """A folder of plain images with captions."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new("RGB", (128, 128), (40 * number, 90, 120)).save(folder / f"{number}.png")
        caption = f"a robot of colour {number}"
        (folder / f"{number}.txt").write_text(caption, encoding="utf-8")
    return folder


async def logged_training(desk: InProcess, name: str = "robots") -> str:
    """A held training whose log has values, a sample and a checkpoint at steps 0 and 40."""
    folder = dataset(desk.services.settings.data_dir / name)
    task_id = await desk.submit(
        "train_lora", dataset=str(folder), trigger_word="robot", hold=True, max_steps=80
    )
    await log(desk.services.queue, task_id, desk)
    return task_id


async def training_paths(desk: InProcess) -> list[tuple[str, dict[str, str]]]:
    """The paths of the routes of trainings that answer, with their names."""
    run = {"task_id": await logged_training(desk)}
    file = {**run, "kind": "sample", "step": "40", "index": "0"}
    return [
        ("/training/presets", {}),
        ("/training/configuration", {}),
        ("/training/runs", {}),
        ("/training/runs/{task_id}", run),
        ("/training/runs/{task_id}/values", run),
        ("/training/runs/{task_id}/files/{kind}/{step}/{index}", file),
    ]


async def ended_search(desk: InProcess) -> dict[str, str]:
    """The names of a path to a file of a search that was stopped."""
    searches = desk.services.training.searches
    folder = desk.services.settings.data_dir / "searched"
    search = {"trials": 1, "ranges": {"lora.rank": [4, 8]}}
    search_id = await searches.start(SearchRequest(str(dataset(folder)), {}, search))
    await searches.cancel(search_id)
    return {"search_id": search_id, "name": RESULTS}


async def search_requests(
    desk: InProcess,
) -> list[tuple[str, str, dict[str, object], dict[str, str]]]:
    """Method, path, options and names of a request for each route of searches."""
    file = await ended_search(desk)
    names = {"search_id": file["search_id"]}
    path = "/api/training/searches"
    folder = desk.services.settings.data_dir / "searched"
    return [
        ("post", path, {"json": {"dataset": str(dataset(folder))}}, {}),
        ("get", path, {}, {}),
        ("get", f"{path}/form", {}, {}),
        ("get", f"{path}/{{search_id}}", {}, names),
        ("post", f"{path}/{{search_id}}/cancel", {}, names),
        ("get", f"{path}/{{search_id}}/files/{{name}}", {}, file),
    ]


async def log(queue: Queue, task_id: str, desk: InProcess) -> None:
    """Values and files of two steps."""
    values = [LoggedValue(name="loss", step=step, value=1 / (step + 1)) for step in range(41)]
    values.append(LoggedValue(name="validation_loss", step=40, value=0.25))
    image = desk.services.assets.blobs.put(png(side=32))
    lora = desk.services.assets.blobs.put(b"a LoRA")
    facts = {"prompt": "a red robot", "trigger": True, "seed": 42, "width": 32, "height": 32}
    samples = [
        LoggedFile(
            kind="sample",
            step=step,
            index=0,
            key=image.key,
            size=image.size,
            type="image/png",
            facts=facts,
        )
        for step in (0, 40)
    ]
    checkpoint = LoggedFile(
        kind="checkpoint",
        step=40,
        index=0,
        key=lora.key,
        size=lora.size,
        type="application/octet-stream",
        facts={"validation_loss": 0.25},
    )
    files = (*samples, checkpoint)
    await queue.log(Logged(task_id=task_id, attempt=1, values=tuple(values), files=files))


async def evaluation_requests(
    desk: InProcess,
) -> list[tuple[str, str, dict[str, object], dict[str, str]]]:
    """A request to each route of evaluations: method, path, options and names."""
    run_id = await logged_training(desk, "evaluated")
    task_id = (await desk.post("/api/evaluations", {"run_id": run_id}))["task_id"]
    names = {"task_id": task_id}
    blob = desk.services.assets.blobs.put(png(side=32))
    image = LoggedFile(
        kind="nearest",
        step=1,
        index=0,
        key=blob.key,
        size=blob.size,
        type="image/png",
        facts={},
    )
    await desk.services.queue.log(Logged(task_id=task_id, attempt=1, files=(image,)))
    return [
        ("get", "/api/evaluations/{task_id}/nearest/{column}", {}, {**names, "column": "1"}),
        ("post", "/api/evaluations", {"json": {"run_id": run_id}}, {}),
        ("get", "/api/evaluations", {}, {}),
        ("get", "/api/evaluations/{task_id}", {}, names),
        ("post", "/api/evaluations/{task_id}/votes", {"json": {"row": 0, "column": 1}}, names),
    ]
