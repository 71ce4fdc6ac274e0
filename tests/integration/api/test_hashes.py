"""The full hash of a file follows its first use, and names the file from then on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.integration.process import Server, until

MakeServer = Callable[..., Server]
KEY = "transformer.single_transformer_blocks.{}.attn.to_out.lora_{}.weight"


def lora(path: Path) -> Path:
    """A LoRA that fits the embedded model."""
    path.parent.mkdir(parents=True)
    sides = {"A": (4, 768), "B": (192, 4)}
    tensors = {
        KEY.format(block, side): torch.zeros(shape) + 0.01
        for block in range(2)
        for side, shape in sides.items()
    }
    save_file(tensors, path)
    return path


def accepted(server: Server, params: dict[str, Any]) -> str | None:
    """The ID of a task to generate, or None where it is refused."""
    answer = server.http.post("/api/generate", json=params)
    return answer.json()["task_id"] if answer.status_code == 202 else None


def test_a_lora_that_was_used_is_found_by_its_full_hash(
    make_server: MakeServer, tmp_path: Path
) -> None:
    path = lora(tmp_path / "more" / "loras" / "shine.safetensors")
    full = hashlib.sha256(path.read_bytes()).hexdigest()
    server = make_server(QPYT_EXTRA_MODEL_DIRS=str(tmp_path / "more")).start()
    given = {"prompt": "a cat", "num_inference_steps": 1, "seed": 1}
    first = server.done(server.submit("generate", **given, loras=[{"name": "shine"}]))
    assert first["snapshot"]["loras"][0]["id"] == "shine"
    tasks = until(
        "the hash follows",
        lambda: [
            task
            for task in server.all_tasks(operation="hash_model")
            if task["status"] == "completed"
        ],
    )
    assert tasks[0]["outputs"][0]["value"]["sha256"] == full
    # A task is shown as completed once its row is stored; its hash is taken in right after.
    by_hash = given | {"loras": [{"name": full}]}
    again = until("the file is found by its hash", lambda: accepted(server, by_hash))
    assert server.done(again)["snapshot"]["loras"][0]["id"] == "shine"
    assert len(server.all_tasks(operation="hash_model")) == 1


def test_a_folder_has_no_hash_of_its_own(studio: Server) -> None:
    answer = studio.http.post("/api/hash_model", json={"file": "nano"})
    assert answer.status_code == 422
    assert answer.json()["field"] == "file"


def test_the_hash_of_what_is_not_here_is_refused(studio: Server) -> None:
    answer = studio.http.post("/api/hash_model", json={"file": "nothing", "kind": "lora"})
    assert answer.status_code == 409
