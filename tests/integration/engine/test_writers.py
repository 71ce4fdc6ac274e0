"""Describing, translating and enhancing with the real classes: tiny models, random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

from core.engine.auxiliary.describing import TASKS, Describer, plain
from core.engine.auxiliary.enhancing import Enhancer
from core.engine.auxiliary.translating import Translator
from core.errors import ModelBroken
from tests.integration.engine.tiny_writers import florence, marian, qwen

PICTURE = Image.new("RGBA", (50, 20), "red")


class Stopped(BaseException):
    """Raised by somebody who wants it to end."""


def stop_at(word: int) -> object:
    def reported(count: int) -> None:
        if count == word:
            raise Stopped

    return reported


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("writers")
    for make in (florence, marian, qwen):
        make(root / make.__name__)
    return root


@pytest.mark.parametrize("task", list(TASKS))
def test_a_picture_is_described_for_every_task_and_always_the_same(
    folders: Path, task: str
) -> None:
    describer = Describer.load(folders / "florence", "cpu")
    counts: list[int] = []
    first = describer.describe(PICTURE, task, 6, counts.append)
    assert counts == list(range(1, len(counts) + 1))
    assert 1 <= len(counts) <= 6
    assert first == describer.describe(PICTURE, task, 6, counts.append)
    assert "</s>" not in first


def test_what_is_transparent_is_seen_as_white_whatever_lies_hidden_there(folders: Path) -> None:
    describer = Describer.load(folders / "florence", "cpu")
    seen: list[bytes] = []
    processor = describer._processor

    def noting(**given: Any) -> Any:
        seen.append(given["images"].tobytes())
        return processor(**given)

    noting.batch_decode = processor.batch_decode  # type: ignore[attr-defined]
    describer._processor = noting
    for picture in (Image.new("RGBA", (9, 9), (255, 0, 0, 0)), Image.new("RGB", (9, 9), "white")):
        describer.describe(picture, "caption", 1, lambda _: None)
    assert seen[0] == seen[1]


def test_named_boxes_are_told_by_their_names_once() -> None:
    box = "<loc_1><loc_20><loc_300><loc_999>"
    assert plain(f"<s>a cat{box}dog{box}{box}a  cat{box}</s><pad>") == "a cat, dog"


def test_a_translation_keeps_what_is_no_words(folders: Path) -> None:
    translator = Translator.load(folders / "marian", "cpu")
    text = '(un chat:1.2), {noir|rouge} <lora:x:0.8> __animal__ "Jean", ' + "la maison, " * 60
    result = translator.translate(text, lambda _: None)
    place = 0
    for sign in ("(", ":1.2)", "{", "|", "}", "<lora:x:0.8>", "__animal__", '"Jean"'):
        place = result.index(sign, place) + len(sign)
    assert translator.translate("(:1.2) <lora:x:1>", lambda _: None) == "(:1.2) <lora:x:1>"


def test_a_seed_writes_the_same_again_and_another_one_something_else(folders: Path) -> None:
    enhancer = Enhancer.load(folders / "qwen", "cpu")

    def write(seed: int, temperature: float) -> str:
        return enhancer.write(
            "Write.",
            "a cat",
            seed=seed,
            temperature=temperature,
            longest=12,
            on_token=lambda _: None,
        )

    assert write(1, 0.9) == write(1, 0.9)
    assert len({write(seed, 0.9) for seed in range(4)}) > 1
    assert len({write(seed, 0) for seed in range(4)}) == 1


def test_it_stops_within_a_word(folders: Path) -> None:
    enhancer = Enhancer.load(folders / "qwen", "cpu")
    with pytest.raises(Stopped):
        enhancer.write(
            "Write.",
            "a cat",
            seed=1,
            temperature=1,
            longest=400,
            on_token=stop_at(3),  # type: ignore[arg-type]
        )


def test_a_folder_that_is_damaged_or_lacks_weights_is_named(folders: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match="nothing"):
        Enhancer.load(tmp_path / "nothing", "cpu")
    broken = qwen(tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(ModelBroken):
        Enhancer.load(broken, "cpu")
    partial = qwen(tmp_path / "partial")
    tensors = load_file(partial / "model.safetensors")
    del tensors["model.norm.weight"]
    save_file(tensors, partial / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelBroken, match=r"norm\.weight is missing"):
        Enhancer.load(partial, "cpu")
    pickled = marian(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(ModelBroken):
        Translator.load(pickled, "cpu")
