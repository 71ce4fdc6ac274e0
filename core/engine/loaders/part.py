"""One part of a pipeline from one file, by the first loader that can.

A loader either returns the network or raises; every failure is kept, and all are shown when none
succeeds. The header was checked before any of them sees the file.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import diffusers
import torch

from core.engine.loaders.build import WrongTensors, build, check, listed, skeleton
from core.engine.loaders.configs import measured
from core.engine.loaders.layouts import by_diffusers, to_own_names, with_guidance
from core.engine.loaders.state import State, expand, read_gguf, read_state, wrapper
from core.errors import ModelBroken, OutOfMemory
from core.models.weights.file import read_weights

log = logging.getLogger(__name__)

GGUF = "gguf"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a part comes from.

    `kind` is its (library, class); `prefixes` are those of its names in a whole checkpoint.
    `config` is what is known about it for certain, `usual` what is so where shapes do not say.
    `guided`: the record says that this network guides, whatever the file holds. `shards` are the
    files of a network that lies in several; empty: `path` is the only one.
    """

    component: str
    kind: tuple[str, str]
    path: Path
    prefixes: Sequence[str] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    usual: Mapping[str, Any] = field(default_factory=dict)
    guided: bool = False
    shards: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold its tensors."""
        return self.shards or (self.path,)

    @property
    def place(self) -> str:
        """Its file, for messages."""
        return f"{self.path.parent.name}/{self.path.name}"


Loader = Callable[[Source, torch.dtype], Any]
# (class, state, what is known of its configuration) to the state under the class's own names.
Rename = Callable[[str, State, Mapping[str, Any]], State]


def load_part(source: Source, dtype: torch.dtype) -> Any:
    """The network, on the processor. Raises `ModelBroken` with every loader's reason."""
    formats = {read_weights(path).header.format for path in source.files}
    loaders = GGUF_LOADERS if GGUF in formats else LOADERS
    failures = []
    for name, loader in loaders:
        try:
            return loader(source, dtype)
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise OutOfMemory(f"There is no room for {source.place}.", field="model") from error
        except Exception as error:
            # Loaders run three libraries over files of unknown origin: whatever one raises means
            # that it cannot read this file, and the next one may.
            log.info("%s: %s failed", source.place, name, exc_info=True)
            failures.append(f"{name}: {_reason(error)}")
    raise ModelBroken(
        f"{source.place} cannot be loaded as {source.component}. {' / '.join(failures)}.",
        field="model",
        fix="Get this file again from where it came from, or another version of it.",
    )


def _built(rename: Rename) -> Loader:
    """A loader for safetensors, by one way of renaming: nothing missing, nothing left over."""

    def load(source: Source, dtype: torch.dtype) -> Any:
        class_name = source.kind[1]
        state = expand(_state(source), dtype)
        own = rename(class_name, state, source.config)
        del state
        if source.guided and class_name == "Flux2Transformer2DModel":
            own = with_guidance(own)
        return build(source.kind, configured(source, own), own, dtype)

    return load


def _state(source: Source) -> State:
    # What stands before every name of a text model, as `model.` does, is its own.
    prefixes = source.prefixes or (("",) if source.kind[0] == "transformers" else ())
    found: State = {}
    for path in source.files:
        found |= read_state(path, prefixes)
    return found


def configured(source: Source, state: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """The configuration of a part: what is usual, what its shapes say, what is known."""
    shapes = {name: tuple(one.shape) for name, one in state.items()}
    return {**source.usual, **(measured(source.kind[1], shapes) or {}), **source.config}


def _quantized(rename: Rename) -> Loader:
    """GGUF: weights stay as they are in the file and are expanded layer by layer."""

    def load(source: Source, dtype: torch.dtype) -> Any:
        kind = getattr(diffusers, source.kind[1], None)
        if kind is None or not hasattr(kind, "from_single_file"):
            raise TypeError("diffusers reads no such networks from GGUF")
        own = rename(source.kind[1], _gguf_shapes(source.path), source.config)
        config = configured(source, own)
        check(skeleton(source.kind, config), {name: tuple(one.shape) for name, one in own.items()})
        return _from_gguf(kind, source.path, config, dtype)

    return load


def _from_gguf(kind: Any, path: Path, config: Mapping[str, Any], dtype: torch.dtype) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        with torch.device("meta"):
            kind.from_config(config).save_config(folder)
        found = kind.from_single_file(
            str(path),
            config=folder,
            quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=dtype),
            torch_dtype=dtype,
            local_files_only=True,
        )
    left = [name for name, one in found.named_parameters() if one.is_meta]
    if left:
        raise WrongTensors(f"nothing was loaded into {listed(left)}")
    return found.eval()


def _expanded(source: Source, dtype: torch.dtype) -> Any:
    """A text encoder as GGUF: expanded while loading, so it is small on disk only."""
    library, class_name = source.kind
    if library != "transformers":
        raise TypeError("it is no text encoder")
    own = to_own_names(class_name, read_gguf(source.path, dtype), source.config)
    return build(source.kind, configured(source, own), own, dtype)


def _gguf_shapes(path: Path) -> State:
    """The tensors of a GGUF file, without their numbers."""
    from gguf import GGUFReader  # only who has such a file needs the package

    tensors = GGUFReader(str(path)).tensors
    names = [one.name for one in tensors]
    prefix = wrapper(names)
    return {
        one.name.removeprefix(prefix): torch.empty(
            tuple(int(side) for side in reversed(one.shape)), device="meta"
        )
        for one in tensors
    }


LOADERS: tuple[tuple[str, Loader], ...] = (
    ("by its names and shapes", _built(to_own_names)),
    ("by diffusers", _built(by_diffusers)),
)
GGUF_LOADERS: tuple[tuple[str, Loader], ...] = (
    ("as GGUF", _quantized(to_own_names)),
    ("as GGUF by diffusers", _quantized(by_diffusers)),
    ("as GGUF, expanded", _expanded),
)


def _reason(error: BaseException) -> str:
    text = (str(error).strip().splitlines() or [""])[0][:400]
    if isinstance(error, KeyError):
        text = f"it lacks {text}"
    return text or type(error).__name__
