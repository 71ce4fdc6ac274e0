"""Read and recognise a weights file; the error for one that is cut off names its model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import ModelBroken
from core.models.recognition.finding import Finding
from core.models.recognition.recognition import recognise, recognise_tensors
from core.models.recognition.report import label_of
from core.models.weights.file import Weights, read_claims, read_weights
from core.models.weights.header import Header


def read_and_recognise(path: Path, words: str | None = None) -> tuple[Weights, Finding]:
    """A checked file and its contents; `words` replace its name.

    Raises `ModelBroken` naming the file and, where its header is whole, the model; or `OSError`.
    """
    try:
        weights = read_weights(path)
    except ModelBroken as error:
        header = read_claims(path)
        raise _named(error, recognise(header, path, words) if header else None) from None
    return weights, recognise(weights.header, path, words)


def read_folder(files: Sequence[Path], words: str) -> tuple[tuple[Weights, ...], Finding]:
    """As `read_and_recognise`, for the files of one network; `words` stand for their names."""
    try:
        weights = tuple(map(read_weights, files))
    except ModelBroken as error:
        headers = [header for header in map(read_claims, files) if header is not None]
        raise _named(error, _recognise_all(headers, words) if headers else None) from None
    return weights, _recognise_all([file.header for file in weights], words)


def _recognise_all(headers: Sequence[Header], words: str) -> Finding:
    tensors = {name: tensor for header in headers for name, tensor in header.tensors.items()}
    return recognise_tensors(tensors, headers[0].format, words)


def _named(error: ModelBroken, finding: Finding | None) -> ModelBroken:
    """The error with the model that the headers describe, where they describe one."""
    label = label_of(finding) if finding is not None else ""
    if not label:
        return error
    lora = "a LoRA for " if finding and finding.role == "lora" else ""
    detail = f"{error.detail} Its header is that of {lora}{label}."
    return ModelBroken(detail, field=error.field, fix=error.fix)
