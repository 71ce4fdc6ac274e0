"""Loading and progress of auxiliary text and vision models; safetensors only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import torch
import transformers
from transformers import StoppingCriteria, StoppingCriteriaList

from core.errors import ModelBroken, OutOfMemory, StudioError
from core.models.weights.file import read_weights

LOCAL = {"local_files_only": True, "trust_remote_code": False}
AMPLE = 3  # times the model's bytes must be free for full precision on a processor

TokenProgress = Callable[[int], None]
"""Receives the number of generated tokens; it may raise, which stops the generation."""


def load_part(kind: Any, folder: Path, **options: Any) -> Any:
    """A tokenizer or processor of a folder. Raises `ModelBroken`."""
    transformers.utils.logging.set_verbosity_error()
    with _translated_errors(folder):
        return kind.from_pretrained(folder, **LOCAL, **options)


def load_weights(kind: Any, folder: Path, device: str) -> Any:
    """The model of a folder on a device, for inference. Raises `ModelBroken`, `OutOfMemory`."""
    files = sorted(folder.glob("*.safetensors"))
    for file in files:
        read_weights(file)  # the error for a damaged header names the file
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    precision = precision_for(device, sum(file.stat().st_size for file in files))
    with _translated_errors(folder):
        model, info = kind.from_pretrained(
            folder, **LOCAL, use_safetensors=True, dtype=precision, output_loading_info=True
        )
    if info["missing_keys"] or info["mismatched_keys"]:
        names = [str(name) for name in (*info["missing_keys"], *info["mismatched_keys"])]
        raise _broken(folder, f"{min(names)} is missing or has another shape")
    return model.to(device).eval()


def precision_for(device: str, size: int) -> torch.dtype:
    """Half precision on an accelerator; on a processor float32, or bfloat16 if memory is short."""
    if not device.startswith("cpu"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    ample = psutil.virtual_memory().available > AMPLE * size
    return torch.float32 if ample else torch.bfloat16


def reporting(on_token: TokenProgress) -> StoppingCriteriaList:
    """The `stopping_criteria` for `generate` that report each token; a cancel acts there."""
    return StoppingCriteriaList([_Reporter(on_token)])


class _Reporter(StoppingCriteria):  # type: ignore[misc]  # transformers is not typed
    def __init__(self, on_token: TokenProgress) -> None:
        self._on_token = on_token
        self._count = 0

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        self._count += 1
        self._on_token(self._count)
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


@contextmanager
def _translated_errors(folder: Path) -> Iterator[None]:
    """Translate errors of the libraries into one that names the folder."""
    try:
        yield
    except StudioError:
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise OutOfMemory(f"Not enough memory for {folder.name}.") from error
    except Exception as error:
        # Protects the message: the libraries raise errors of any type for corrupt files.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise _broken(folder, lines[0][:300].rstrip(".")) from error


def _broken(folder: Path, why: str) -> ModelBroken:
    return ModelBroken(
        f"{folder.name} cannot be loaded: {why}.", fix="Remove its folder and pull it again."
    )
