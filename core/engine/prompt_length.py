"""Warnings for prompts of which a text encoder reads the first part only."""

from __future__ import annotations

from typing import Any

from core.engine.render_request import RenderRequest
from core.models.library.model import Model
from core.models.progress import WarningCallback
from core.prompts.attention import plain_text

TEXTS = ("prompt", "negative_prompt")


def warn_if_cut(model: Model, pipeline: Any, request: RenderRequest, warn: WarningCallback) -> None:
    """Warn of each text of `request` that is longer than the window of the model's encoder."""
    encoding = model.prompts
    ((component, window),) = encoding.windows.items()
    tokenizer = getattr(pipeline, component, None)
    if encoding.long_prompt != "cut" or tokenizer is None:
        return
    window = request.max_sequence_length or window
    tokenize = getattr(tokenizer, "tokenizer", tokenizer)  # of a processor of images and text
    plain = encoding.template == "{prompt}"
    for name in TEXTS:
        text = plain_text(getattr(request, name))
        text = encoding.template.replace("{prompt}", text) if text else ""
        if len(tokenize(text, add_special_tokens=plain).input_ids) > window:
            detail = f"{model.label} reads {window} tokens of a text. The rest has no effect."
            warn("prompt_cut", detail, name)
