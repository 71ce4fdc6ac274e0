"""French to English, by a Marian model: only what is said in words is given to it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import MarianMTModel, MarianTokenizer

from core.engine.auxiliary.text_models import Told, load_part, load_weights, watched
from core.prompts.protection import match_style, rewrite_segments

AT_ONCE = 16  # pieces
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
            warnings.simplefilter("ignore")  # it recommends a package that only tidies quotes
            tokenizer = load_part(MarianTokenizer, folder)
        return cls(tokenizer, load_weights(MarianMTModel, folder, device))

    def translate(self, prompt: str, told: Told) -> str:
        """The prompt in English; weights, LoRAs, choices, lists and quoted names as they were."""
        return rewrite_segments(prompt, lambda texts: self._all(texts, told))

    def _all(self, texts: Sequence[str], told: Told) -> list[str]:
        found: list[str] = []
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            answers = self._some(part, told)
            found += [match_style(text, answer) for text, answer in zip(part, answers, strict=True)]
        return found

    def _some(self, texts: Sequence[str], told: Told) -> list[str]:
        inputs = self._tokenizer(
            list(texts), return_tensors="pt", padding=True, truncation=True, max_length=TOKENS_MAX
        ).to(self._model.device)
        longest = min(TOKENS_MAX, 2 * int(inputs["input_ids"].shape[1]) + 16)
        found = self._model.generate(
            **inputs,
            max_new_tokens=longest,
            num_beams=4,
            do_sample=False,
            stopping_criteria=watched(told),
        )
        return list(self._tokenizer.batch_decode(found, skip_special_tokens=True))
