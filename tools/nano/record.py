"""The studio's record of a trained model: what follows from the training, written into `qpyt.json`.

Sizes, vocabulary and preview factors are taken from here; label, note, defaults and examples are
written by hand and stay.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from diffusers import AutoencoderKLFlux2

from core.engine import preview
from core.models.library.record import RECORD_NAME
from tools.nano.latents import Grid
from tools.nano.vocabulary import other_words, vocabulary

LINE = 96  # characters; a longer value gets a line for each of its members
DIGITS = 4  # of preview factors


def update(folder: Path, grids: Iterable[Grid]) -> None:
    """Write sizes, vocabulary and preview factors into the record of the model in `folder`."""
    path = folder / RECORD_NAME
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    record["sizes"] = [[grid.width, grid.height] for grid in grids]
    record["vocabulary"] = {group: list(words) for group, words in vocabulary().items()}
    record["words"] = list(other_words())
    record["preview"] = _preview(AutoencoderKLFlux2.from_pretrained(folder / "vae"))
    path.write_text(as_text(record), encoding="utf-8")


def as_text(record: dict[str, Any]) -> str:
    """The record as JSON; short values, and words of one group, stay on one line."""
    return _lines(record, 0) + "\n"


def _preview(vae: AutoencoderKLFlux2) -> dict[str, Any]:
    fitted = preview.fit(vae.float(), "cpu")
    if fitted is None:
        raise ValueError("the VAE makes no numbers: there is nothing to fit a preview to")
    return {
        "factors": [[round(value, DIGITS) for value in row] for row in fitted.factors],
        "offset": [round(value, DIGITS) for value in fitted.offset],
    }


def _lines(value: Any, depth: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if not _opens(value, line, depth):
        return line
    margin = "\n" + "  " * depth
    if isinstance(value, list):
        members = [_lines(member, depth + 1) for member in value]
        return "[" + ",".join(f"{margin}  {member}" for member in members) + f"{margin}]"
    members = [f"{json.dumps(key)}: {_lines(member, depth + 1)}" for key, member in value.items()]
    return "{" + ",".join(f"{margin}  {member}" for member in members) + f"{margin}}}"


def _opens(value: Any, line: str, depth: int) -> bool:
    if not isinstance(value, dict | list) or len(line) <= LINE:
        return depth == 0
    return depth < 2 or not all(isinstance(item, str) for item in value)
