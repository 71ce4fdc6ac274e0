"""A scanned file or folder of the library, recognised by its headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from core.errors import ModelBroken
from core.models.families.parts import PARTS
from core.models.library.folder import check_configs, check_inside, read_json, weight_files
from core.models.library.walk import CONFIG_NAME, TOKENIZER_NAME
from core.models.recognition.finding import Finding
from core.models.weights.file import Weights
from core.models.weights.header import Tensor

MEGABYTE = 1 << 20
VOCABULARIES = ("tokenizer.json", "vocab.json", "spiece.model", "tokenizer.model", "tekken.json")


@dataclass(frozen=True)
class Item:
    """A scanned file or folder. `tokenizer` is the part id of its tokenizer."""

    path: Path
    root: Path
    finding: Finding
    weights: tuple[Weights, ...]
    tokenizer: str | None = None

    @property
    def name(self) -> str:
        """Its name without a file's extension."""
        return self.path.stem if self.path.is_file() else self.path.name

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over header, size, first and last megabyte of each file; hex. Not the name."""
        return fingerprint(self.weights)


def fingerprint(files: Sequence[Weights], names: Sequence[str] | None = None) -> str:
    """SHA-256 over header, size, first and last megabyte of each file, and names where given."""
    digest = hashlib.sha256()
    for position, file in enumerate(files):
        name = names[position] if names else ""
        digest.update(f"{name}\0{file.size}\0".encode())
        with file.path.open("rb") as stream:
            digest.update(stream.read(file.header.data))
            digest.update(stream.read(MEGABYTE))
            stream.seek(max(0, file.size - MEGABYTE))
            digest.update(stream.read(MEGABYTE))
    return digest.hexdigest()


def of_file(path: Path, root: Path, words: str) -> Item:
    """Scan a single file; `words` stand for its name. Raises `ModelBroken` or `OSError`."""
    # Imported by the first scan: the server starts without it.
    from core.models.recognition.reading import read_and_recognise

    weights, finding = read_and_recognise(path, words)
    return Item(path, root, finding, (weights,))


def of_folder(folder: Path, root: Path, words: str) -> Item:
    """Scan a folder of one part: a text encoder, a VAE, a network, a tokenizer.

    `words` stand for its name, which may be generic, such as `vae`. Raises `ModelBroken` or
    `OSError`.
    """
    check_inside(folder, root)
    check_configs(folder)
    from core.models.recognition.reading import read_folder

    tokenizer = _tokenizer(folder)
    files = weight_files(folder) if any(folder.glob("*.safetensors")) else []
    if not files:
        return Item(folder, root, Finding("unknown"), (), tokenizer)
    weights, finding = read_folder(files, words)
    return Item(folder, root, _by_config(finding, folder), weights, tokenizer)


def merged(files: Sequence[Weights]) -> dict[str, Tensor]:
    """The tensors of all files of one network."""
    return {name: tensor for file in files for name, tensor in file.tensors.items()}


def _tokenizer(folder: Path) -> str | None:
    path = folder / TOKENIZER_NAME
    if not path.is_file():
        return None
    name = read_json(path, folder).get("tokenizer_class")
    files = [folder / name for name in VOCABULARIES if (folder / name).is_file()]
    size = sum(file.stat().st_size for file in files)
    return next(
        (part.id for part in PARTS.values() if name in part.classes and size >= part.vocabulary),
        None,
    )


def _by_config(finding: Finding, folder: Path) -> Finding:
    """The finding narrowed by its folder's config, which decides between parts of one shape.

    A config that contradicts the shapes is refused, because a loader would follow it.
    """
    path = folder / CONFIG_NAME
    if not finding.parts or not path.is_file():
        return finding
    config = read_json(path, folder)
    agreeing = tuple(part for part in finding.parts if _agrees(PARTS[part].config, config))
    if not agreeing:
        raise ModelBroken(
            f"{folder.name}: its config.json contradicts the shapes of its weights.",
            field="model",
            fix="Get this folder again from where it came from.",
        )
    part = agreeing[0] if len(agreeing) == 1 else finding.part
    return replace(finding, part=part, parts=agreeing)


def _agrees(required: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    inner = config.get("text_config")
    values = {**config, **inner} if isinstance(inner, dict) else config
    return all(values.get(name, value) == value for name, value in required.items())
