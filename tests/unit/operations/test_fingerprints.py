"""Everything that decides the pixels is in the snapshot by content, and in the cache key."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from core.models.library import upscalers
from core.models.library.catalogue import read_catalogue
from core.models.library.removers import REMOVERS
from core.operations.declaration.registry import load
from core.settings import ROOT
from core.tasks import transitions
from core.tasks.claim import Claim
from core.tasks.inputs import resolve_inputs
from core.tasks.states import Status
from core.tasks.submission import Options
from core.tasks.task import Task
from tests.desk import Desk
from tests.unit.models.crafting import safetensors
from tests.unit.models.test_lora import peft

SIDES = {f"transformer_blocks.{block}.attn.to_q": (192, 192) for block in range(2)}


class Studio(Desk):
    """Models and presets of its own, to be replaced; tasks complete without a worker."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(ROOT / "models" / "nano", folder / "models" / "nano")
        shutil.copytree(ROOT / "presets", folder / "presets")
        super().__init__(folder, folder / "models", folder / "presets")

    async def run(self, name: str, **params: Any) -> Task:
        """A step that a worker completes at once."""
        task = await self.step(name, **params)
        [claim] = await self.queue.claim(task.lane, "me", 1e12)
        assert claim.id == task.id, "it was not served from the cache"
        await self.database.write(lambda connection: _complete(connection, claim))
        return task


def _complete(connection: Any, task: Task) -> list[Task]:
    claim = Claim(task.id, task.attempt, "me")
    return transitions.complete(connection, claim, [], [], {}, task.snapshot)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Studio(tmp_path)
    yield made
    made.close()


@pytest.fixture
async def image(studio: Studio) -> str:
    return (await studio.image()).id


def auxiliary(studio: Studio, model_id: str) -> Path:
    """Stand-in files of a catalogue's auxiliary model; the first of them."""
    offer = read_catalogue(studio.presets).auxiliary_model(model_id)
    assert offer is not None
    folder = offer.target(studio.models)
    for pattern in offer.files:
        path = folder / pattern.replace("*", "x")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"first" * 99)
    return folder / offer.files[0].replace("*", "x")


def own_upscaler(studio: Studio) -> Path:
    path = studio.models / "upscalers" / "x.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"first" * 99)
    return path


def remover(studio: Studio) -> Path:
    return studio.models / "nano" / REMOVERS["nano"].file


def style(studio: Studio) -> Path:
    path = studio.presets / "styles" / "mine.yaml"
    path.write_text(
        "category: Mine\nstyles:\n  - {id: first, name: First, prompt: 'a {prompt}'}\n",
        encoding="utf-8",
    )
    return path


def wildcards(studio: Studio) -> Path:
    path = studio.presets / "wildcards" / "beast.txt"
    path.write_text("cat\ncat", encoding="utf-8")
    return path


def lora(studio: Studio) -> Path:
    path = studio.models / "loras" / "small.safetensors"
    path.parent.mkdir()
    safetensors(path, peft("transformer.", SIDES))
    return path


def model(studio: Studio) -> Path:
    return next((studio.models / "nano").glob("transformer/*.safetensors"))


DRAWN = {"prompt": "a house", "seed": 1}
CASES: Mapping[str, tuple[Any, str, Mapping[str, Any]]] = {
    "model": (model, "generate", DRAWN),
    "lora": (lora, "generate", {**DRAWN, "loras": [{"name": "small"}]}),
    "prompt lora": (lora, "generate", {**DRAWN, "prompt": "a <lora:small:0.5>"}),
    "style": (style, "generate", {**DRAWN, "styles": ["first"]}),
    "wildcards": (wildcards, "generate", {**DRAWN, "prompt": "a __beast__"}),
    "own upscaler": (own_upscaler, "upscale", {"method": "model", "upscaler": "x"}),
    "upscaler": (
        lambda studio: auxiliary(studio, "swin2sr-x2"),
        "upscale",
        {"method": "model", "upscaler": "swin2sr-x2"},
    ),
    "remover": (remover, "rembg", {}),
    "translator": (
        lambda studio: auxiliary(studio, "opus-mt-roa-en"),
        "translate",
        {"prompt": "un chat"},
    ),
    "reader": (lambda studio: auxiliary(studio, "florence-2-base"), "describe", {}),
    "writer": (
        lambda studio: auxiliary(studio, "qwen2.5-0.5b-instruct"),
        "enhance",
        {"prompt": "a cat", "seed": 1},
    ),
}


def replace(path: Path) -> None:
    """Other contents of the same size, under the same name; a list keeps the outcome, too."""
    data = path.read_bytes()
    if path.suffix == ".txt":
        data = data + b"\ncat"
    elif path.suffix == ".yaml":
        data = data.replace(b"'a {prompt}'", b"'b {prompt}'")
    else:
        data = data[:-1] + bytes([data[-1] ^ 1])
    path.write_bytes(data)


@pytest.mark.parametrize("what", CASES)
async def test_a_replaced_file_is_not_answered_from_the_cache(
    studio: Studio, image: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upscalers, "can_read", lambda: True)
    make, name, params = CASES[what]
    path = make(studio)
    given = {**params, **({} if "prompt" in params else {"image": image})}
    first = await studio.run(name, **given)
    assert (await studio.step(name, **given)).status is Status.COMPLETED, "equal: from the cache"
    replace(path)
    second = await studio.step(name, **given)
    assert second.status is not Status.COMPLETED
    assert first.snapshot["fingerprints"].keys() == second.snapshot["fingerprints"].keys()
    changed = {
        key
        for key, value in first.snapshot["fingerprints"].items()
        if second.snapshot["fingerprints"][key] != value
    }
    assert len(changed) == 1


@pytest.mark.parametrize("name", ["pull_model", "unload_model"])
def test_what_is_done_for_its_effect_is_never_served_from_the_cache(name: str) -> None:
    assert not load().operation(name).cacheable


@pytest.mark.parametrize(
    ("text", "keyed"), [("a cat", True), ("a __beast__", False), ("a <lora:small:1>", False)]
)
async def test_a_text_that_comes_late_has_a_cache_key_unless_it_names_files(
    studio: Studio, text: str, keyed: bool
) -> None:
    later = {**DRAWN, "prompt": {"task": "parent", "port": "text"}}
    child = await studio.submission().prepare("generate", later, Options(cache=True))
    outputs = [{"port": "text", "kind": "text", "value": text}]
    parent = Task(id="parent", operation="translate", lane="cpu", outputs=outputs)
    values = await studio.database.read(
        lambda connection: resolve_inputs(connection, child, parent)
    )
    assert isinstance(values, dict)
    assert values["params"]["prompt"] == text
    assert (values["cache_key"] is not None) == keyed
