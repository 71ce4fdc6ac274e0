"""Captions, objects and text of an image, by Florence-2."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import Florence2ForConditionalGeneration, Florence2Processor

from core.engine.auxiliary.text_models import TokenProgress, load_part, load_weights, reporting
from core.engine.canvas.pictures import opaque

if TYPE_CHECKING:
    from PIL.Image import Image

# Task → prompt of the checkpoint; objects are returned as boxes with names.
TASKS = {
    "caption": "<CAPTION>",
    "detailed": "<DETAILED_CAPTION>",
    "more_detailed": "<MORE_DETAILED_CAPTION>",
    "objects": "<OD>",
    "text": "<OCR>",
}

_PLACES = re.compile(r"(?:<loc_\d+>)+")
_ENDS = re.compile(r"</?s>|<pad>")


class Describer:
    """A loaded captioner."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor = processor
        self._model = model

    @classmethod
    def load(cls, folder: Path, device: str) -> Describer:
        """From a folder in the layout of transformers. Raises `ModelBroken`."""
        processor = load_part(Florence2Processor, folder)
        return cls(processor, load_weights(Florence2ForConditionalGeneration, folder, device))

    def describe(self, picture: Image, task: str, longest: int, on_token: TokenProgress) -> str:
        """Describe the image in at most `longest` tokens; `task` is one of `TASKS`.

        Deterministic. Transparency becomes white.
        """
        mark = TASKS[task]
        inputs = self._processor(text=mark, images=opaque(picture), return_tensors="pt")
        inputs = inputs.to(self._model.device, self._model.dtype)
        tokens = self._model.generate(
            **inputs,
            max_new_tokens=longest,
            num_beams=3,
            do_sample=False,
            stopping_criteria=reporting(on_token),
        )
        return plain(self._processor.batch_decode(tokens, skip_special_tokens=False)[0])


def plain(raw: str) -> str:
    """The text without the model's markup; of labelled boxes the labels, without repetition."""
    parts = (" ".join(part.split()) for part in _PLACES.split(_ENDS.sub("", raw)))
    return ", ".join(dict.fromkeys(filter(None, parts)))
