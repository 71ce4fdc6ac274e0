"""The tokenizer: how it is built from the corpus, kept, and applied to a batch of prompts.

Byte-level BPE with Qwen's own splitting rule, and the chat template that turns a prompt into the
tokens that the model is trained on.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import Qwen2TokenizerFast
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

TEXT_TOKENS = 32  # of a prompt, padding included; the transformer sees the padding too
LONG_TEXT_TOKENS = 64  # of the few training steps that make the model bear a longer padding
VOCABULARY = 1024  # tokens at most, the special ones included
BEGIN, END = "<|im_start|>", "<|im_end|>"
SPECIAL_TOKENS = 3  # BEGIN, END and the padding that Qwen2TokenizerFast adds
# Lower case is made here: a normaliser would be lost when the tokenizer is loaded again. The space
# after BEGIN makes the first word the same token as in the middle of a sentence.
TEMPLATE = (
    "{% for m in messages %}<|im_start|> {{ m['content'] | trim | lower }}<|im_end|>{% endfor %}"
)
LONGEST = 512  # tokens that the tokenizer calls its maximum, as the pipeline's own default


def build(texts: Iterable[str], folder: Path, vocabulary: int = VOCABULARY) -> Qwen2TokenizerFast:
    """Train a byte-level BPE on `texts`, save it to `folder` and give the loaded tokenizer."""
    trained = _train(texts, vocabulary)
    merges = [
        tuple(pair) if isinstance(pair, list) else tuple(pair.split(" "))
        for pair in trained["merges"]
    ]
    tokenizer = Qwen2TokenizerFast(vocab=trained["vocab"], merges=merges)
    tokenizer.add_special_tokens({"additional_special_tokens": [BEGIN, END]})
    tokenizer.chat_template = TEMPLATE
    tokenizer.model_max_length = LONGEST
    tokenizer.padding_side = "right"
    tokenizer.save_pretrained(folder)
    return load(folder)


def load(folder: Path) -> Qwen2TokenizerFast:
    """The tokenizer that `build` saved."""
    return Qwen2TokenizerFast.from_pretrained(folder, local_files_only=True)


def encode(
    tokenizer: Qwen2TokenizerFast, prompts: Sequence[str], length: int = TEXT_TOKENS
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, both int64 [prompts, length], the same as the pipeline makes.

    The chat template is applied by hand here, which is some ten times faster.
    """
    texts = [f"{BEGIN} {prompt.strip().lower()}{END}" for prompt in prompts]
    # The pipeline leaves its padding and truncation switched on in the tokenizer that it used.
    tokenizer._tokenizer.no_padding()
    tokenizer._tokenizer.no_truncation()
    encoded = tokenizer._tokenizer.encode_batch(texts, add_special_tokens=False)
    ids = np.full((len(texts), length), tokenizer.pad_token_id, dtype=np.int64)
    mask = np.zeros((len(texts), length), dtype=np.int64)
    for row, encoding in enumerate(encoded):
        known = encoding.ids[:length]
        ids[row, : len(known)] = known
        mask[row, : len(known)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def split_words(tokenizer: Qwen2TokenizerFast, texts: Iterable[str]) -> set[str]:
    """The words of `texts` that are more than one token: a larger vocabulary would know them."""
    words = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    return {word for word in words if len(tokenizer.tokenize(" " + word)) > 1}


def _train(texts: Iterable[str], vocabulary: int) -> dict[str, Any]:
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bpe.pre_tokenizer = pre_tokenizers.Sequence([split, to_bytes])
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        min_frequency=2,
        show_progress=False,
    )
    bpe.train_from_iterator((" " + text.strip().lower() for text in texts), trainer)
    model: dict[str, Any] = json.loads(bpe.to_str())["model"]
    return model
