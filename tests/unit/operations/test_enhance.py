"""Writing a prompt out: which instruction, which seed, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from core.models.library.library import Library
from core.operations.declaration.library_context import LibraryContext
from core.operations.enhance import Enhance
from core.prompts.presets import PromptPresets
from core.settings import ROOT

PRESETS = get_args(Enhance.model_fields["preset"].annotation)
MODEL = "qwen2.5-0.5b-instruct"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "companions" / MODEL
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (folder / name).touch()
    return Library([tmp_path], presets_dir=ROOT / "presets")


def resolved(library: Library, **params: Any) -> Any:
    return Enhance.model_validate({"prompt": "a cat", **params}).resolve(
        LibraryContext(library, PromptPresets(ROOT / "presets"))
    )


def test_the_form_offers_exactly_the_instructions_that_ship(library: Library) -> None:
    text = (ROOT / "presets" / "enhance.yaml").read_text(encoding="utf-8")
    assert set(PRESETS) == yaml.safe_load(text)["instructions"].keys()
    instructions = {resolved(library, preset=name).operation.system for name in PRESETS}
    assert len(instructions) == len(PRESETS)
    assert all("bracket" in instruction for instruction in instructions), "signs are to be kept"


def test_ones_own_instruction_stands_in_and_blanks_are_none(library: Library) -> None:
    assert resolved(library, system=" Shout. ").operation.system == "Shout."
    assert resolved(library, system="  ").operation.system.startswith("You write prompts")


def test_the_seed_is_kept_or_drawn_and_recorded(library: Library) -> None:
    assert resolved(library, seed=4).facts == {"seed": {"policy": "manual", "value": 4}}
    first, second = resolved(library), resolved(library)
    assert first.operation.seed != second.operation.seed
    assert first.facts["seed"] == {"policy": "random", "value": first.operation.seed}


class Asked:
    """A context whose writer notes what it is asked, and answers."""

    def __init__(self, answer: str) -> None:
        self.auxiliary_models = self
        self.answer = answer
        self.asked: dict[str, Any] = {}
        self.values: list[str] = []
        self.warned: list[str] = []

    def get(self, _name: str, _load: object) -> Asked:
        return self

    def write(self, system: str, prompt: str, **how: Any) -> str:
        self.asked = {"system": system, "prompt": prompt, **how}
        return self.answer

    def progress(self, *_: Any, **__: Any) -> None: ...

    def add_value(self, value: str, *, port: str) -> None:
        self.values.append(value)

    def warn(self, code: str, *_: Any) -> None:
        self.warned.append(code)


def test_the_writer_gets_all_that_was_chosen(library: Library) -> None:
    asked = Asked("A cat.")
    params = {"temperature": 1.3, "seed": 9, "max_new_tokens": 20, "system": "Write."}
    resolved(library, **params).operation.run(asked)
    assert asked.values == ["A cat."]
    expected = {"system": "Write.", "prompt": "a cat", "temperature": 1.3, "seed": 9, "longest": 20}
    assert asked.asked.items() >= expected.items()


def test_where_nothing_is_written_the_prompt_stays_and_a_warning_says_so(library: Library) -> None:
    asked = Asked("")
    resolved(library).operation.run(asked)
    assert (asked.values, asked.warned) == (["a cat"], ["nothing_written"])
