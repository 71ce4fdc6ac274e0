"""Prompt enhancement by an instruction model such as Qwen2.5-Instruct."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.engine.auxiliary.text_models import TokenProgress, load_part, load_weights, reporting

TOP_P = 0.9
GREEDY_BELOW = 0.01  # temperature


class Enhancer:
    """A loaded writer."""

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self._tokenizer = tokenizer
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> Enhancer:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        tokenizer = load_part(AutoTokenizer, folder)
        return cls(tokenizer, load_weights(AutoModelForCausalLM, folder, device))

    def write(
        self,
        system: str,
        prompt: str,
        *,
        seed: int,
        temperature: float,
        longest: int,
        on_token: TokenProgress,
    ) -> str:
        """The answer in at most `longest` tokens, reproducible by seed on the same machine.

        `temperature` is 0 … 2; 0 always takes the likeliest token.
        """
        turns = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
        inputs = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self._model.device)
        sampled = temperature > GREEDY_BELOW
        sampling = {"temperature": temperature, "top_p": TOP_P} if sampled else {}
        # generate() samples from the global generator, so its state is restored
        with torch.random.fork_rng(devices=_accelerators(self._model.device)):
            torch.manual_seed(seed)
            tokens = self._model.generate(
                **inputs,
                max_new_tokens=longest,
                do_sample=sampled,
                stopping_criteria=reporting(on_token),
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
                **sampling,
            )
        answer = tokens[0, inputs["input_ids"].shape[1] :]
        return str(self._tokenizer.decode(answer, skip_special_tokens=True)).strip()


def _accelerators(device: torch.device) -> list[int]:
    return [device.index or 0] if device.type == "cuda" else []
