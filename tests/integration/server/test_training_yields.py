"""A training makes way for an image of the same queue, and ends with the weights of a quiet one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from tests.integration.process import Server, until
from tests.trainings import dataset

SECTIONS: dict[str, Any] = {
    "lora": {"rank": 4, "target_modules": "attention"},
    "training": {"batch_size": 1, "warmup_steps": 0},
    "data": {"resolution": [64], "prior_share": 0},
    "validation": {"enable": False, "sample_frequency": 0},
    "output": {"checkpoint_every_n_steps": 1000},
}
STEPS = 40


def train(studio: Server, folder: Path) -> str:
    return studio.submit("train_lora", dataset=str(folder), max_steps=STEPS, config=SECTIONS)


def weights(studio: Server, task_id: str) -> dict[str, np.ndarray[Any, Any]]:
    """The trained tensors of a completed training."""
    task = studio.done(task_id)
    [output] = [entry for entry in task["outputs"] if entry["port"] == "lora"]
    return load(studio.http.get(output["url"]).content)


@pytest.mark.timeout(400)  # two trainings, and a worker that loads torch
def test_a_training_makes_way_for_an_image_and_ends_with_the_same_weights(
    studio: Server,
) -> None:
    folder = dataset(studio.data_dir / "robots")
    quiet = weights(studio, train(studio, folder))
    task_id = train(studio, folder)
    values = f"/api/training/runs/{task_id}/values"
    until("the training takes steps", lambda: studio.get(values)["values"].get("loss"))
    image = studio.submit("generate", prompt="a house", width=64, height=64, num_inference_steps=1)
    studio.done(image)
    assert studio.task(task_id)["status"] != "completed"
    disturbed = weights(studio, task_id)
    log = studio.get(values)["values"]
    assert log["yielded"]
    assert [step for step, _ in log["loss"]] == list(range(1, STEPS + 1))
    assert disturbed.keys() == quiet.keys()
    assert all(np.array_equal(disturbed[name], quiet[name]) for name in quiet)
