"""Import torch, transformers and diffusers without the packages that drawing does not use.

They import every optional package that is installed: bitsandbytes, torch's compiler, scipy, and
torch's distributed tensors. Together these take longer than all that draws. Here each is either
declared absent by the library's own check, or replaced by a stand-in that imports it when it is
used, so nothing is lost but the wait.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import torch

from core.engine.libraries.model_index import keep_index
from core.engine.libraries.stand_in import StandIn, after_import, defer

T = TypeVar("T")
_SYMBOLS = "torch.fx.experimental.symbolic_shapes"


class NotCompiled:
    """The class of compiled networks while the compiler is not imported: there are none."""


class Symbol:
    """The class of symbols while sympy is not imported: there are none."""


class Distributed:
    """The class of distributed tensors while these are not imported: there are none."""


def prepare() -> None:
    """Defer what drawing does not use. Has no effect once the libraries are imported."""
    if {"transformers", "diffusers"} & sys.modules.keys():
        return
    after_import("transformers.utils.import_utils", _limit_transformers)
    # Schedulers of diffusers import these for one option or one sampler.
    defer("scipy")
    defer("scipy.stats")
    defer("scipy.integrate")
    bitsandbytes = defer("bitsandbytes")
    if bitsandbytes is not None:
        after_import("peft.import_utils", lambda peft: _limit_peft(peft, bitsandbytes))
    if torch.distributed.is_available():
        defer("torch.distributed.tensor", {"DTensor": Distributed})
    if not torch.cuda.is_available():
        _defer_compiler()


def _defer_compiler() -> None:
    """Defer torch's compiler, whose marks on functions are needed for compiled networks only."""
    marks = dict.fromkeys(("allow_in_graph", "assume_constant_result", "disable"), _mark)
    compiled = SimpleNamespace(OptimizedModule=NotCompiled)
    # The light submodule is for the masks of transformers.
    light = ("_trace_wrapped_higher_order_op",)
    defer("torch._dynamo", {**marks, "eval_frame": compiled}, light)
    # Networks are made on the meta device, where sizes might be symbols.
    functions = {name: _for_numbers(name, answer) for name, answer in _OF_NUMBERS.items()}
    if defer(_SYMBOLS, functions) is not None:
        defer("sympy", {"Basic": Symbol})


def _for_numbers(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
    """A function of `_SYMBOLS` whose answer for numbers is known without importing it."""

    def function(*values: Any) -> Any:
        if all(map(_is_numbers, values)):
            return answer(*values)
        return getattr(importlib.import_module(_SYMBOLS), name)(*values)

    return function


def _is_numbers(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_numbers, value))
    return isinstance(value, int | float)


def _equal(left: Any, right: Any) -> bool:
    """`sym_eq`: a tuple equals a list of the same numbers."""
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def _mark(function: Callable[..., T] | None = None, *_: Any, **__: Any) -> Any:
    """A decorator, with or without arguments, that leaves the function as it is."""
    return _mark if function is None else function


def _limit_transformers(import_utils: Any) -> None:
    """Keep its index; declare absent what only training and several machines need."""
    keep_index(import_utils)
    import_utils.is_scipy_available = _absent
    import_utils.is_torch_distributed_available = _absent


def _absent() -> bool:
    return False


def _limit_peft(import_utils: Any, bitsandbytes: StandIn) -> None:
    """Declare bitsandbytes absent to peft until a network has layers of it."""
    by_library = import_utils.is_bnb_4bit_available

    def is_bnb_available() -> bool:
        return bitsandbytes.replaced

    def is_bnb_4bit_available() -> bool:
        return bitsandbytes.replaced and bool(by_library())

    import_utils.is_bnb_available = is_bnb_available
    import_utils.is_bnb_4bit_available = is_bnb_4bit_available


_OF_NUMBERS: dict[str, Callable[..., Any]] = {
    "expect_true": lambda condition, _=0: condition,
    "guard_or_false": lambda condition: condition,
    "guard_or_true": lambda condition: condition,
    "guard_size_oblivious": lambda condition: condition,
    "guarding_hint_or_throw": lambda number: number,
    "has_guarding_hint": lambda _: True,
    "is_nested_int": lambda _: False,
    "statically_known_true": lambda condition: condition,
    "sym_and": lambda *conditions: all(conditions),
    "sym_eq": _equal,
    "sym_or": lambda *conditions: any(conditions),
}
