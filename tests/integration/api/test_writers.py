"""Describing, translating and enhancing over HTTP: with tiny models of the real classes in a real
worker, and on a machine where none is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.settings import ROOT
from core.store.metadata import read_metadata
from tests.integration.api.pictures import png
from tests.integration.engine.tiny_writers import florence, marian, qwen
from tests.integration.process import Server
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import peft

FRENCH = 'un chat noir dans la neige, (le château:1.2) <lora:vieux:0.8> "Jean" __animal__'


@pytest.fixture(scope="module")
def equipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("equipped")
    small = root / "models" / "companions"
    florence(small / "florence-2-base")
    marian(small / "opus-mt-roa-en")
    qwen(small / "qwen2.5-0.5b-instruct")
    lora = root / "models" / "loras" / "vieux.safetensors"
    lora.parent.mkdir()
    safetensors(lora, peft("transformer.", {"transformer_blocks.0.attn.to_q": (192, 192)}))
    places = f"{root / 'models'},{ROOT / 'models'}"
    server = Server(root / "data", QPYT_MODEL_DIRS=places, QPYT_CPU_WORKERS="1").start()
    yield server
    server.stop()


def texts(task: dict[str, Any]) -> list[str]:
    assert all(output["kind"] == "text" for output in task["outputs"])
    return [output["value"] for output in task["outputs"]]


def upload(server: Server) -> str:
    answer = server.http.post("/api/assets", files={"file": ("a.png", png(40, 24), "image/png")})
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["id"])


def test_the_images_of_a_dataset_are_described_into_its_next_version(equipped: Server) -> None:
    files = [("file", (f"{side}.png", png(side, 24), "image/png")) for side in (40, 48)]
    made = equipped.http.post("/api/datasets/import", files=files, data={"name": "cats"}).json()
    path = f"/api/datasets/{made['dataset']['id']}"
    body = {"names": ["48.png"], "task": "caption", "trigger_word": "zwx"}
    task = equipped.done(equipped.post(f"{path}/captions/describe", body, 202)["task_id"])
    assert task["outputs"][0]["value"]["version"] == made["dataset"]["version"] + 1
    images = equipped.get(f"{path}/images")["items"]
    captions = {image["name"]: image["caption"] for image in images}
    assert captions["40.png"] is None
    assert captions["48.png"].startswith("zwx")
    assert equipped.get(path)["captioned"] == 1


def test_a_picture_becomes_a_text_that_the_next_step_takes(equipped: Server) -> None:
    bricks = [
        {"id": "i", "type": "image_input", "props": {"image": upload(equipped)}},
        {"id": "d", "type": "describe", "props": {"max_new_tokens": 8}, "row": 1},
        {"id": "e", "type": "enhance", "props": {"max_new_tokens": 8}, "column": 1},
    ]
    wired = equipped.post("/api/workflows/wire", {"workflow": {"bricks": bricks}})["workflow"]
    assert {"from": "d.text", "to": "e.prompt"} in wired["wires"]
    run = equipped.post("/api/workflows/run", {"workflow": wired}, 202)
    (text,) = texts(equipped.done(run["tasks"]["d"]))
    written = equipped.done(run["tasks"]["e"])
    assert text
    assert written["params"]["prompt"] == text
    assert texts(written)


def test_signs_survive_and_a_seed_writes_the_same_again(equipped: Server) -> None:
    (english,) = texts(equipped.done(equipped.submit("translate", prompt=FRENCH)))
    assert english != FRENCH
    place = 0
    for sign in ("(", ":1.2)", "<lora:vieux:0.8>", '"Jean"', "__animal__"):
        place = english.index(sign, place) + len(sign)
    already = "a red house on the hill, (a __animal__:1.2)"
    assert texts(equipped.done(equipped.submit("translate", prompt=already))) == [already]
    same = [
        equipped.submit("enhance", prompt="a __animal__", seed=4, max_new_tokens=8)
        for _ in range(2)
    ]
    first, second = (equipped.done(task_id) for task_id in same)
    assert texts(first) == texts(second)
    assert "__animal__" in texts(first)[0]
    assert first["params"]["system"].startswith("You write prompts")
    assert first["lane"] == "cpu"


def test_a_lora_that_a_translated_prompt_names_is_applied_to_what_is_drawn(
    equipped: Server,
) -> None:
    translation = equipped.submit("translate", prompt="une maison rouge <lora:vieux:0.8>")
    task = equipped.done(
        equipped.submit("generate", prompt={"task": translation}, num_inference_steps=1, seed=3)
    )
    assert "<lora:vieux:0.8>" in task["params"]["prompt"]
    metadata = read_metadata(equipped.http.get(task["outputs"][0]["url"]).content)["qpyt"]
    assert metadata["output"]["loras"] == [{"name": "vieux", "weight": 0.8}]
    named = "a house <lora:vieux:0.5>"
    task_id = equipped.submit("generate", prompt=named, num_inference_steps=1, seed=3)
    assert equipped.done(task_id)["snapshot"]["loras"][0]["weight"] == 0.5
    answer = equipped.http.post("/api/generate", json={"prompt": "a <lora:neuf:1>"})
    assert (answer.status_code, answer.json()["field"]) == (409, "prompt")


def test_they_are_listed_as_companions_and_as_no_models(equipped: Server) -> None:
    models = equipped.get("/api/models")
    auxiliary = {model["id"]: model for model in models["companions"]}
    assert auxiliary["florence-2-base"]["present"]
    assert auxiliary["florence-2-large"]["lacks"][0]["command"].endswith("pull florence-2-large")
    assert not {"florence-2-base", "opus-mt-roa-en"} & {model["id"] for model in models["items"]}
    assert [model["id"] for model in models["items"] if model["state"] == "present"] == ["nano"]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("describe", {}),
        ("translate", {"prompt": FRENCH}),
        ("translate", {"prompt": "a cat", "source": "fr"}),
        ("enhance", {"prompt": "a cat"}),
    ],
)
def test_where_the_model_is_missing_the_answer_says_how_to_get_it(
    studio: Server, operation: str, params: dict[str, Any]
) -> None:
    if operation == "describe":
        params = {"image": upload(studio)}
    answer = studio.http.post(f"/api/{operation}", json=params)
    assert (answer.status_code, answer.json()["code"]) == (409, "model_missing")
    assert "models pull" in answer.json()["fix"]


def test_english_passes_through_without_a_model_and_feeds_the_next_step(studio: Server) -> None:
    translation = studio.submit(
        "translate", prompt="a red {house|house} on the hill, <lora:maison:1>"
    )
    asked = {
        "prompt": {"task": translation},
        "styles": "blueprint",
        "num_inference_steps": 1,
        "seed": 3,
    }
    refused = studio.submit("generate", **asked)
    drawn = studio.submit("generate", **asked, lora_policy="skip")
    assert texts(studio.done(translation)) == ["a red {house|house} on the hill, <lora:maison:1>"]
    task = studio.done(drawn)
    assert task["params"]["prompt"] == texts(studio.task(translation))[0]
    file = studio.http.get(task["outputs"][0]["url"]).content
    assert b"a blueprint of a red house on the hill" in file
    assert [warning["code"] for warning in task["warnings"]] == ["lora_skipped"]
    error = studio.ended(refused)["error"]
    assert ("no LoRA 'maison'" in error["detail"], error["field"]) == (True, "prompt")


def test_a_text_that_cannot_be_drawn_fails_the_step_that_gets_it(studio: Server) -> None:
    translation = studio.submit("translate", prompt="a red house on the hill with a __nothing__")
    drawn = studio.ended(studio.submit("generate", prompt={"task": translation}))
    assert (drawn["status"], drawn["error"]["code"]) == ("failed", "invalid_input")
    assert drawn["error"]["field"] == "prompt"
