"""Control adapters: what a control image adds to the layers of a transformer of FLUX.2.

A small convolutional network turns the control image into one token for each token of the image.
They are added to the output of the input layer and of every block, and low-rank changes of the
linear layers act beside them. All of it happens in hooks that are there for one call: weights of
the transformer never change, and the sequence does not grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import load_file
from torch import nn

from core.engine.control_picture import grey_levels
from core.engine.loaders.build import WrongTensors

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.models.library.control_file import ControlFile

TOKEN_PIXELS = 16  # a side of the part of the image that a token stands for
STEM = (1, 16, 32, 64)  # channels of the levels before the last; each halves the sides
# Linear layers with a low-rank change; those of the text stream have none.
DOUBLE = (
    *("attn.to_q", "attn.to_k", "attn.to_v", "attn.to_out.0"),
    *("ff.linear_in", "ff.linear_out"),
)
SINGLE = ("attn.to_qkv_mlp_proj", "attn.to_out")


class ControlAdapter(nn.Module):  # type: ignore[misc]  # torch is untyped here
    """Tokens of control images [batch, 1, height, width] with grey levels 0..1, and their effect.

    `sites` and `lora.*.up` start at zero: an untrained adapter changes nothing.
    """

    def __init__(self, width: int, double: int, single: int, rank: int, mlp: int) -> None:
        """`double` and `single` are numbers of blocks, `mlp` is the width inside them."""
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in pairwise((*STEM, width)):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.SiLU()]
        self.stem = nn.Sequential(*layers)
        self.sites = nn.ModuleList(
            nn.Linear(width, width, bias=False) for _ in range(1 + double + single)
        )
        self.lora = nn.Module()
        self.config = {"num_layers": double, "num_single_layers": single}
        self.layers = tuple(_layers(width, double, single, mlp))
        for name, inputs, outputs in self.layers:
            _insert(self.lora, name, _LowRank(inputs, outputs, rank))
        for site in self.sites:
            nn.init.zeros_(site.weight)

    def tokens(self, pictures: torch.Tensor) -> torch.Tensor:
        """Features [batch, tokens, width] of control images, row by row."""
        features: torch.Tensor = self.stem(pictures * 2 - 1)
        return features.flatten(2).transpose(1, 2)

    def read(self, image: Image) -> torch.Tensor:
        """The tokens of a control image, in the format and on the device of the adapter."""
        with torch.no_grad():
            return self.tokens(grey_levels(image)[None, None].to(self.sites[0].weight))

    @contextmanager
    def guiding(
        self, transformer: Any, tokens: torch.Tensor, weight: Callable[[Mapping[str, Any]], float]
    ) -> Iterator[None]:
        """Let `tokens` act in the transformer, within the block.

        `weight` is the strength of a call, from its arguments; at 0 the call is the plain one.
        """
        effect = _Effect(tokens)
        with ExitStack() as stack:

            def begin(_module: Any, _positional: Any, call: Mapping[str, Any]) -> None:
                effect.weight = weight(call)

            def count_texts(_module: Any, _arguments: Any, texts: torch.Tensor) -> None:
                effect.texts = texts.shape[1]

            handles = [
                transformer.register_forward_pre_hook(begin, with_kwargs=True),
                transformer.context_embedder.register_forward_hook(count_texts),
            ]
            stack.callback(_remove, handles)
            for site, (name, after_text) in zip(self.sites, self._places(), strict=True):
                module = transformer.get_submodule(name)
                handles.append(module.register_forward_hook(effect.added(site, after_text)))
            for name, _, _ in self.layers:
                module, change = transformer.get_submodule(name), self.lora.get_submodule(name)
                handles.append(module.register_forward_hook(effect.changed(change)))
            yield

    def _places(self) -> Iterator[tuple[str, bool]]:
        """Modules whose output the sites add to; True where it holds the text tokens first."""
        yield "x_embedder", False
        for number in range(self.config["num_layers"]):
            yield f"transformer_blocks.{number}", False
        for number in range(self.config["num_single_layers"]):
            yield f"single_transformer_blocks.{number}", True


class _LowRank(nn.Module):  # type: ignore[misc]
    """A low-rank change of a linear layer, zero at first."""

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Linear(inputs, rank, bias=False)
        self.up = nn.Linear(rank, outputs, bias=False)
        nn.init.zeros_(self.up.weight)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        change: torch.Tensor = self.up(self.down(states))
        return change


@dataclass
class _Effect:
    """Tokens of a control image and the state of the transformer's call in which they act."""

    tokens: torch.Tensor
    weight: float = 0.0
    texts: int = 0

    def added(self, site: nn.Module, after_text: bool) -> Callable[..., Any]:
        """A hook that adds the tokens to those of the image."""

        def hook(_module: Any, _arguments: Any, output: Any) -> Any:
            if not self.weight:
                return None
            if isinstance(output, tuple):  # a block of two streams gives text and image
                return output[0], self._sum(output[1], site, 0)
            return self._sum(output, site, self.texts if after_text else 0)

        return hook

    def changed(self, change: nn.Module) -> Callable[..., Any]:
        """A hook that adds a low-rank change."""

        def hook(_module: Any, arguments: Sequence[Any], output: torch.Tensor) -> Any:
            return output + self.weight * change(arguments[0]) if self.weight else None

        return hook

    def _sum(self, states: torch.Tensor, site: nn.Module, start: int) -> torch.Tensor:
        end = start + self.tokens.shape[1]
        guided = states[:, start:end] + self.weight * site(self.tokens)
        return torch.cat([states[:, :start], guided, states[:, end:]], dim=1)


def load_control_adapter(file: ControlFile, dtype: torch.dtype) -> ControlAdapter:
    """The adapter of a file, on the processor. Raises `WrongTensors`."""
    with torch.device("meta"):
        names = ("width", "double", "single", "rank", "mlp")
        adapter = ControlAdapter(**{name: file.measures[name] for name in names})
    state = {key: tensor.to(dtype) for key, tensor in load_file(file.weights[0].path).items()}
    missing, unexpected = adapter.load_state_dict(state, strict=False, assign=True)
    if missing or unexpected:
        raise WrongTensors(f"it lacks {missing[:3]} and has {unexpected[:3]}")
    adapter.eval().requires_grad_(False)
    return adapter


def _layers(width: int, double: int, single: int, mlp: int) -> Iterator[tuple[str, int, int]]:
    """Names of the changed linear layers with their numbers of inputs and outputs."""
    for number in range(double):
        for name in DOUBLE:
            inputs = mlp if name == "ff.linear_out" else width
            outputs = 2 * mlp if name == "ff.linear_in" else width
            yield f"transformer_blocks.{number}.{name}", inputs, outputs
    for number in range(single):
        first, last = SINGLE
        block = f"single_transformer_blocks.{number}"
        yield f"{block}.{first}", width, 3 * width + 2 * mlp
        yield f"{block}.{last}", width + mlp, width


def _insert(root: nn.Module, name: str, module: nn.Module) -> None:
    """Put `module` at a dotted name; modules on the way are made."""
    *parents, last = name.split(".")
    for parent in parents:
        if parent not in dict(root.named_children()):
            root.add_module(parent, nn.Module())
        root = root.get_submodule(parent)
    root.add_module(last, module)


def _remove(handles: Sequence[Any]) -> None:
    for handle in handles:
        handle.remove()
