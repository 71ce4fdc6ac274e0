"""Read and recognise a weights file; the error for one that is cut off names its model."""

from __future__ import annotations

from pathlib import Path

from core.errors import ModelBroken
from core.models.recognition.finding import Finding
from core.models.recognition.recognition import recognise
from core.models.recognition.report import label_of
from core.models.weights.file import Weights, read_claims, read_weights


def read_and_recognise(path: Path, words: str | None = None) -> tuple[Weights, Finding]:
    """A checked file and its contents; `words` replace its name.

    Raises `ModelBroken` naming the file and, where its header is whole, the model; or `OSError`.
    """
    try:
        weights = read_weights(path)
    except ModelBroken as error:
        label = _claimed_label(path, words)
        if not label:
            raise
        detail = f"{error.detail} Its header is that of {label}."
        raise ModelBroken(detail, field=error.field, fix=error.fix) from error
    return weights, recognise(weights.header, path, words)


def _claimed_label(path: Path, words: str | None) -> str:
    header = read_claims(path)
    finding = recognise(header, path, words) if header is not None else Finding("unknown")
    label = label_of(finding)
    return f"a LoRA for {label}" if label and finding.role == "lora" else label
