"""The tokenizer: whole words, and the same tokens as the pipeline makes."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from tools.nano import tokens

TEXTS = ["a red house with a blue roof", "the queen of hearts", "make the roof green"] * 20


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> tokens.Qwen2TokenizerFast:
    return tokens.build(TEXTS, tmp_path_factory.mktemp("tokenizer"), vocabulary=400)


def test_every_word_of_the_corpus_is_one_token(tokenizer: tokens.Qwen2TokenizerFast) -> None:
    assert tokens.split_words(tokenizer, TEXTS) == set()
    assert tokens.split_words(tokenizer, ["a red elephant"]) == {"elephant"}


@pytest.mark.parametrize(
    "prompt",
    [
        "a red house",
        "  A Red HOUSE ",
        "",
        "café, 12 elephants!",
        "a red house with a blue roof " * 9,
    ],
)
def test_prompts_become_the_tokens_that_the_pipeline_makes(
    tokenizer: tokens.Qwen2TokenizerFast, prompt: str
) -> None:
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": prompt}],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=False,
    )
    length = tokens.TEXT_TOKENS
    expected = tokenizer(text, padding="max_length", truncation=True, max_length=length)
    ids, mask = tokens.encode(tokenizer, [prompt])
    assert ids[0].tolist() == expected["input_ids"]
    assert mask[0].tolist() == expected["attention_mask"]


def test_a_word_is_the_same_token_first_and_in_the_middle(
    tokenizer: tokens.Qwen2TokenizerFast,
) -> None:
    ids, _ = tokens.encode(tokenizer, ["roof", "a roof"])
    assert ids[0, 1] == ids[1, 2]


def test_a_saved_tokenizer_is_loaded_as_it_was(
    tokenizer: tokens.Qwen2TokenizerFast, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path)
    assert tokens.load(tmp_path).get_vocab() == tokenizer.get_vocab()
