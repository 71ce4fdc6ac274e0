"""The context of `resolve`: one look at the library for many requests, and no write by an
operation."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from core.models.library.library import Library
from core.models.library.string_map import StringMap
from core.operations.declaration.library_context import LibraryContext
from core.operations.diffusion import styling
from core.operations.generate import Generate
from core.settings import ROOT
from core.tasks.submission import Options
from tests.desk import Desk

IDS = "models.json"


class Counted(Library):
    """A library that counts its lookups of models."""

    lookups = 0

    def get(self, reference: str) -> Any:
        self.lookups += 1
        return super().get(reference)


def test_many_requests_with_one_context_look_a_model_up_once() -> None:
    library = Counted([ROOT / "models"])
    context = LibraryContext(library)
    for seed in range(5):
        Generate(prompt="a house", model="nano", seed=seed).resolve(context)
    assert library.lookups == 1


def test_resolve_writes_no_file(tmp_path: Path) -> None:
    library = Library([ROOT / "models"], StringMap(tmp_path / IDS))
    Generate(prompt="a house").resolve(LibraryContext(library))
    assert list(tmp_path.iterdir()) == []


async def test_the_id_of_a_used_model_is_written_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def keep(self: StringMap, key: str, value: str) -> None:
        threads.append(threading.current_thread())
        original(self, key, value)

    original = StringMap.set
    monkeypatch.setattr(StringMap, "set", keep)
    desk = Desk(tmp_path)
    try:
        await desk.submission().prepare("generate", {"prompt": "a house"}, Options())
    finally:
        desk.close()
    nano = Library([ROOT / "models"]).get("nano")
    assert StringMap(desk.ids).get("nano") == nano.fingerprint
    assert threads
    assert threading.main_thread() not in threads


async def test_prompts_are_expanded_beside_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def keep(text: str, *others: Any) -> str:
        threads.append(threading.current_thread())
        return original(text, *others)

    original = styling.expand
    monkeypatch.setattr(styling, "expand", keep)
    desk = Desk(tmp_path)
    try:
        params = {"prompt": "a {red|blue} house", "num_images": 3}
        await desk.submission().prepare("generate", params, Options())
    finally:
        desk.close()
    assert len(threads) >= 3
    assert threading.main_thread() not in threads
