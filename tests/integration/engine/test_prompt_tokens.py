"""The count of tokens: that of the pipelines' own tokenizers, from each kind of tokenizer file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from diffusers.pipelines.flux2.system_messages import SYSTEM_MESSAGE

from core.engine.loaded import Loaded
from core.errors import ModelBroken
from core.models.families import FAMILIES
from core.models.library.model import Model
from core.models.library.record import Record
from core.models.library.tokens import prompt_tokens
from tests.integration.engine.reports import Steps
from tests.integration.engine.stand_in import CPU, factors, model
from tests.integration.engine.test_modes import parameters
from tests.integration.engine.tiny_models import FAMILY, tiny
from tests.integration.engine.tiny_texts import clip_tokenizer, t5_tokenizer

TEXTS = ["", "a red house", "Ünïcode & (brackets), 10:30!", "word " * 200]
CUT = [name for name in FAMILY if FAMILIES[FAMILY[name]].prompts.long_prompt == "cut"]
CHATS = ("flux2-klein", "flux2-klein-kv", "flux3-klein", "flux3-klein-base", "z-image")
CHAT = "<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"


def tokenizer_of(name: str, pipeline: Any) -> Any:
    (component,) = model(name).prompts.windows
    tokenizer = getattr(pipeline, component)
    return getattr(tokenizer, "tokenizer", tokenizer)  # of a processor of images and text


def saved(name: str, folder: Path) -> Model:
    """A tiny model with the files of its tokenizers, and the chat template that they have."""
    pipeline = tiny(name)
    for component, part in FAMILIES[FAMILY[name]].components.items():
        if component.startswith(("tokenizer", "processor")) and part.loaded:
            getattr(pipeline, component).save_pretrained(folder / component)
    template = CHAT if FAMILY[name] in CHATS else None
    record = Record(call=model(name).call, prompt_template=template)
    return replace(model(name), path=folder, record=record)


def encoder_text(name: str, tokenizer: Any, text: str) -> str:
    """The text that the pipeline of a model gives its tokenizer."""
    pipeline = tiny(name)
    if FAMILY[name] == "qwen-image-21":
        return str(pipeline.prompt_template_t2i.partition("<|im_end|>\n")[2].format(text))
    whole = getattr(pipeline, "prompt_template_encode", "{}")
    suffix = getattr(pipeline, "prompt_template_encode_suffix", whole.partition("{}")[2])
    if suffix or FAMILY[name] not in (*CHATS, "flux2-dev"):
        return f"{text}{suffix}"
    system = [{"role": "system", "content": SYSTEM_MESSAGE}] if FAMILY[name] == "flux2-dev" else []
    messages = [*system, {"role": "user", "content": text}]
    rendered: str = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=not system, enable_thinking=False
    )
    return rendered


@pytest.mark.parametrize("name", FAMILY)
def test_the_count_is_that_of_the_pipelines_own_tokenizer(name: str, tmp_path: Path) -> None:
    there, tokenizer = saved(name, tmp_path), tokenizer_of(name, tiny(name))
    for text in TEXTS:
        given = encoder_text(name, tokenizer, text)
        special = given == text
        own = tokenizer(given, add_special_tokens=special).input_ids
        assert prompt_tokens(there, [text]) == len(own)


def test_the_count_of_the_built_in_model_is_that_of_its_pipeline(nano: Any) -> None:
    tokenizer = nano.pipeline.tokenizer
    for text in TEXTS[1:]:
        messages = [{"role": "user", "content": text}]
        given = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        assert prompt_tokens(nano.model, [text]) == len(tokenizer(given).input_ids)


def test_clip_is_counted_by_its_two_older_files(tmp_path: Path) -> None:
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    tokenizer = clip_tokenizer()
    (folder / "vocab.json").write_text(json.dumps(tokenizer.get_vocab()), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    config = {"tokenizer_class": "CLIPTokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    there = replace(model("sd15"), path=tmp_path)
    for text in TEXTS:
        assert prompt_tokens(there, [text]) == len(tokenizer(text).input_ids)


def test_t5_is_counted_by_its_sentencepiece_file(tmp_path: Path) -> None:
    sentencepiece = pytest.importorskip("sentencepiece")
    words = tmp_path / "words.txt"
    words.write_text("a red house on a hill\nmany words of a text\n" * 20, encoding="utf-8")
    (tmp_path / "tokenizer").mkdir()
    sentencepiece.SentencePieceTrainer.train(
        input=str(words),
        model_prefix=str(tmp_path / "tokenizer" / "spiece"),
        vocab_size=24,
        minloglevel=2,
    )
    there = replace(model("chroma"), path=tmp_path)
    pieces = sentencepiece.SentencePieceProcessor(
        model_file=str(tmp_path / "tokenizer" / "spiece.model")
    )
    assert prompt_tokens(there, ["a red house"]) == len(pieces.encode("a red house")) + 1
    assert prompt_tokens(there, [""]) == len(t5_tokenizer()("").input_ids) == 1


def test_parts_of_different_weight_are_counted_apart(tmp_path: Path) -> None:
    there = saved("sd15", tmp_path)
    tokenizer = tiny("sd15").tokenizer
    inside = [len(tokenizer(text, add_special_tokens=False).input_ids) for text in ("a re", "d")]
    assert prompt_tokens(there, ["a re", "d"]) == sum(inside) + 2


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\x00", b'{"model": {"type": "BPE"}}'])
def test_a_broken_tokenizer_is_named(data: bytes, tmp_path: Path) -> None:
    there = replace(model("sd15"), path=tmp_path)
    with pytest.raises(ModelBroken):
        prompt_tokens(there, ["a"])
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.json").write_bytes(data)
    with pytest.raises(ModelBroken):
        prompt_tokens(there, ["a"])


def test_a_window_is_that_of_the_tokenizer_that_is_there(tmp_path: Path) -> None:
    record = Record(call={"max_sequence_length": 200})
    plain = Model("m", tmp_path, FAMILIES["sd3"], record, False, {})
    assert plain.prompts.windows == {"tokenizer_3": 200}
    (tmp_path / "tokenizer").mkdir()
    assert replace(plain).prompts.windows == {"tokenizer": 77}
    (tmp_path / "tokenizer_3").mkdir()
    assert replace(plain).prompts.windows == {"tokenizer_3": 200}


@pytest.mark.parametrize("name", FAMILY)
def test_a_task_says_that_a_prompt_is_cut(name: str) -> None:
    mode = next(mode for mode in model(name).modes if mode != "outpaint")
    record = Record(call={**model(name).call, "max_sequence_length": 512})
    wide = replace(model(name), record=record) if name in CUT else model(name)
    made = Loaded(wide, tiny(name), CPU, factors(name))
    warned: dict[str, list[tuple[str, str | None]]] = {}
    for text in ("a", "word " * 200):
        warnings = warned.setdefault(text, [])
        made.draw(
            mode,
            {**parameters(name, mode), "num_inference_steps": 1, "prompt": text},
            seed=1,
            report=Steps(),
            warn=lambda code, detail, field=None, warnings=warnings: warnings.append((code, field)),
        )
    expected = [("prompt_cut", "prompt")] if name in CUT else []
    assert [*warned.values()] == [[], expected]
