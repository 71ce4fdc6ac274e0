"""Images run again from their snapshots: identical here, and what changed elsewhere."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.tiny_lora import write_lora
from tests.integration.api.pictures import png
from tests.integration.conftest import MakeServer
from tests.integration.process import ROOT, Server, environment

NANO = ROOT / "models" / "nano"


def replayed(server: Server, asset: str) -> dict[str, Any]:
    """The report of a replay, which the image keeps."""
    task_id = server.post(f"/api/assets/{asset}/replay", None, 202)["task_id"]
    comparison = server.done(task_id)
    (again,) = (server.get(f"/api/tasks/{parent}") for parent in comparison["parents"])
    assert comparison["title"] == "Replay: compare images"
    assert again["title"].startswith("Replay: ")
    report = dict(comparison["outputs"][0]["value"])
    kept = server.get(f"/api/assets/{asset}")["replay"]
    assert {name: kept[name] for name in report} == report
    return report


def drawn(server: Server, operation: str, index: int = 0, **params: Any) -> str:
    """The asset of an image of a completed task."""
    outputs = server.done(server.submit(operation, **params))["outputs"]
    return str(outputs[index]["asset_id"])


def upload(server: Server, data: bytes, kind: str = "image") -> str:
    answer = server.http.post(f"/api/assets?kind={kind}", files={"file": ("x.png", data)})
    return str(answer.json()["id"])


@pytest.fixture
def inputs(studio: Server) -> dict[str, str]:
    image = drawn(studio, "generate", prompt="a red house", seed=3, num_inference_steps=2)
    mask = png(128, 128)
    return {"image": image, "mask": upload(studio, mask, "mask")}


CASES: dict[str, dict[str, Any]] = {
    "generate": {"prompt": "a {red|blue} house", "num_images": 3, "seed": 7},
    "img2img": {"prompt": "a castle at night", "seed": 5, "strength": 0.6},
    "inpaint": {"prompt": "a blue door", "seed": 6, "invert_mask": False},
    "upscale": {"method": "diffusion", "prompt": "a house", "seed": 9, "factor": 1.5},
}


@pytest.mark.parametrize("operation", CASES)
def test_an_image_of_the_same_environment_is_identical(
    studio: Server, inputs: dict[str, str], operation: str
) -> None:
    params = {**CASES[operation], "num_inference_steps": 2}
    declared = studio.get("/api/operations")["items"]
    fields = next(entry for entry in declared if entry["name"] == operation)["schema"]["properties"]
    params |= {name: asset for name, asset in inputs.items() if name in fields}
    asset = drawn(studio, operation, index=params.get("num_images", 1) - 1, **params)
    report = replayed(studio, asset)
    assert report["identical"], report
    assert (report["pixels"]["changed"], report["changes"]) == (0, [])
    again = studio.get(f"/api/assets/{asset}")["replay"]["asset_id"]
    parents = {parent["id"] for parent in studio.get(f"/api/assets/{again}")["parents"]}
    assert asset in parents


def test_an_image_whose_input_is_gone_is_refused_with_the_field(studio: Server) -> None:
    source = upload(studio, png(64, 64))
    asset = drawn(studio, "upscale", image=source, factor=1.5)
    assert studio.http.delete(f"/api/assets/{source}").status_code == 204
    answer = studio.http.post(f"/api/assets/{asset}/replay")
    assert (answer.status_code, answer.json()["field"]) == (422, "image")
    copy = upload(studio, png(64, 64))
    assert copy != source
    assert replayed(studio, asset)["identical"]  # the same file under another asset


def test_changed_loras_and_threads_are_reported_and_renamed_ones_are_found(
    make_server: MakeServer, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(NANO, models / "nano", symlinks=True)
    (models / "loras").mkdir()
    lora = models / "loras" / "night.safetensors"
    write_lora(NANO / "transformer", lora, seed=1)
    server = make_server(QPYT_MODEL_DIRS=str(models), QPYT_THREADS="1").start()
    used = [{"name": "night", "weight": 1.0}]
    params = {"prompt": "a red house", "seed": 7, "num_inference_steps": 2, "loras": used}
    asset = drawn(server, "generate", **params)
    file = tmp_path / "saved.png"
    file.write_bytes(server.http.get(f"/api/assets/{asset}/file").content)
    lora.rename(lora.with_name("evening.safetensors"))
    assert replayed(server, asset)["identical"]
    lora.with_name("evening.safetensors").unlink()
    refused = server.http.post(f"/api/assets/{asset}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "model_missing")
    write_lora(NANO / "transformer", lora, seed=2)
    server.stop()
    server = make_server(QPYT_MODEL_DIRS=str(models), QPYT_THREADS="2").start()
    report = replayed(server, asset)
    assert not report["identical"]
    assert report["pixels"]["changed"] > 0
    assert {change["label"] for change in report["changes"]} == {"LoRA night", "Threads"}
    command = [sys.executable, "main.py", "replay", str(file), "--json"]
    done = subprocess.run(
        [*command, "--data-dir", str(server.data_dir)],
        cwd=ROOT,
        env=environment(server.data_dir),
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["pixels"] == report["pixels"]
