"""Translation from French to English by a Marian model; prompt syntax is left out."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import MarianMTModel, MarianTokenizer

from core.engine.auxiliary.text_models import TokenProgress, load_part, load_weights, reporting
from core.prompts.protection import match_style, rewrite_segments

BATCH_SIZE = 16  # texts
TOKENS_MAX = 400


class Translator:
    """A loaded translator."""

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self._tokenizer = tokenizer
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> Translator:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it recommends a package for quotes
            tokenizer = load_part(MarianTokenizer, folder)
        return cls(tokenizer, load_weights(MarianMTModel, folder, device))

    def translate(self, prompt: str, on_token: TokenProgress) -> str:
        """The prompt in English; weights, LoRA tags, choices, lists and quoted names stay."""
        return rewrite_segments(prompt, lambda texts: self._translate_all(texts, on_token))

    def _translate_all(self, texts: Sequence[str], on_token: TokenProgress) -> list[str]:
        translations: list[str] = []
        for start in range(0, len(texts), BATCH_SIZE):
            batch = texts[start : start + BATCH_SIZE]
            answers = self._translate_batch(batch, on_token)
            translations += [
                match_style(text, answer) for text, answer in zip(batch, answers, strict=True)
            ]
        return translations

    def _translate_batch(self, texts: Sequence[str], on_token: TokenProgress) -> list[str]:
        inputs = self._tokenizer(
            list(texts), return_tensors="pt", padding=True, truncation=True, max_length=TOKENS_MAX
        ).to(self._model.device)
        longest = min(TOKENS_MAX, 2 * int(inputs["input_ids"].shape[1]) + 16)
        tokens = self._model.generate(
            **inputs,
            max_new_tokens=longest,
            num_beams=4,
            do_sample=False,
            stopping_criteria=reporting(on_token),
        )
        return list(self._tokenizer.batch_decode(tokens, skip_special_tokens=True))
