"""Load one part of a pipeline from its files, by the first loader that succeeds.

A loader either returns the network or raises; when none succeeds, the error lists every failure.
The header is checked before any of them reads the file.
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
from core.engine.loaders.layouts import by_diffusers, to_own_names
from core.engine.loaders.state import State, expand, read_gguf, read_state, wrapper
from core.errors import ModelBroken, OutOfMemory
from core.models.weights.file import read_weights

log = logging.getLogger(__name__)

GGUF = "gguf"


@dataclass(frozen=True, slots=True)
class PartSource:
    """The files of one part and how to load it.

    `kind` is its (library, class); `prefixes` are those of its names in a whole checkpoint.
    `config` overrides the configuration measured from shapes, `usual` is overridden by it. `zeros`
    are those of its `Component`. `shards` are the files of a sharded network; empty: `path` is the
    only one.
    """

    component: str
    kind: tuple[str, str]
    path: Path
    prefixes: Sequence[str] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    usual: Mapping[str, Any] = field(default_factory=dict)
    zeros: Mapping[str, str] = field(default_factory=dict)
    shards: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold its tensors."""
        return self.shards or (self.path,)

    @property
    def place(self) -> str:
        """Folder and name of its file, for messages."""
        return f"{self.path.parent.name}/{self.path.name}"


Loader = Callable[[PartSource, torch.dtype], Any]
# (class, state, known configuration) to the state under the class's own names.
Rename = Callable[[str, State, Mapping[str, Any]], State]


def load_part(source: PartSource, dtype: torch.dtype) -> Any:
    """The network, on the processor. Raises `ModelBroken` with every loader's reason."""
    formats = {read_weights(path).header.format for path in source.files}
    loaders = GGUF_LOADERS if GGUF in formats else LOADERS
    failures = []
    for name, loader in loaders:
        try:
            return loader(source, dtype)
        except (MemoryError, torch.OutOfMemoryError) as error:
            raise OutOfMemory(f"Not enough memory for {source.place}.", field="model") from error
        except Exception as error:
            # Loaders run three libraries over files of unknown origin: any failure means that this
            # one cannot read the file, and the next one may.
            log.info("%s: %s failed", source.place, name, exc_info=True)
            failures.append(f"{name}: {_reason(error)}")
    raise ModelBroken(
        f"{source.place} cannot be loaded as {source.component}. {' / '.join(failures)}.",
        field="model",
        fix="Get this file again from where it came from, or another version of it.",
    )


def _built(rename: Rename) -> Loader:
    """A loader for safetensors that renames by `rename` and refuses missing or extra tensors."""

    def load(source: PartSource, dtype: torch.dtype) -> Any:
        class_name = source.kind[1]
        state = expand(_state(source), dtype)
        own = rename(class_name, state, source.config)
        del state
        own = {name: torch.zeros_like(own[like]) for name, like in source.zeros.items()} | own
        return build(source.kind, configured(source, own), own, dtype)

    return load


def _state(source: PartSource) -> State:
    # A prefix of every name, such as `model.`, belongs to the names of a text model.
    prefixes = source.prefixes or (("",) if source.kind[0] == "transformers" else ())
    state: State = {}
    for path in source.files:
        state |= read_state(path, prefixes)
    return state


def configured(source: PartSource, state: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """The configuration of a part: usual values, overridden by its shapes, then by known ones."""
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    return {**source.usual, **(measured(source.kind[1], shapes) or {}), **source.config}


def _quantized(rename: Rename) -> Loader:
    """A loader for GGUF: weights stay quantized in memory and are expanded layer by layer."""

    def load(source: PartSource, dtype: torch.dtype) -> Any:
        kind = getattr(diffusers, source.kind[1], None)
        if kind is None or not hasattr(kind, "from_single_file"):
            raise TypeError("diffusers reads no such networks from GGUF")
        own = rename(source.kind[1], _gguf_shapes(source.path), source.config)
        config = configured(source, own)
        check(
            skeleton(source.kind, config),
            {name: tuple(tensor.shape) for name, tensor in own.items()},
        )
        return _from_gguf(kind, source.path, config, dtype)

    return load


def _from_gguf(kind: Any, path: Path, config: Mapping[str, Any], dtype: torch.dtype) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        with torch.device("meta"):
            kind.from_config(config).save_config(folder)
        network = kind.from_single_file(
            str(path),
            config=folder,
            quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=dtype),
            torch_dtype=dtype,
            local_files_only=True,
        )
    empty = [name for name, tensor in network.named_parameters() if tensor.is_meta]
    if empty:
        raise WrongTensors(f"nothing was loaded into {listed(empty)}")
    return network.eval()


def _expanded(source: PartSource, dtype: torch.dtype) -> Any:
    """Load a text encoder from GGUF, expanded in memory."""
    library, class_name = source.kind
    if library != "transformers":
        raise TypeError("only text encoders are expanded")
    own = to_own_names(class_name, read_gguf(source.path, dtype), source.config)
    return build(source.kind, configured(source, own), own, dtype)


def _gguf_shapes(path: Path) -> State:
    """The tensors of a GGUF file on the meta device."""
    from gguf import GGUFReader  # needed for such files only

    tensors = GGUFReader(str(path)).tensors
    prefix = wrapper([tensor.name for tensor in tensors])
    return {
        tensor.name.removeprefix(prefix): torch.empty(
            tuple(int(side) for side in reversed(tensor.shape)), device="meta"
        )
        for tensor in tensors
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
