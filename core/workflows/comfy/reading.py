"""Reading one node: its inputs by kind, notes for the report, bricks for the wall."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.workflows.comfy.graph import Link, Node
from core.workflows.comfy.model_files import Kind, ModelFiles
from core.workflows.comfy.report import Entry, Report
from core.workflows.comfy.values import Conditioning, ModelValue, Passthrough
from core.workflows.comfy.wall import Wall

PASSED_MAX = 64
# Inputs in which nodes of other authors keep a text or a number that they pass on.
_CONTENT = ("value", "text", "string", "prompt", "text_g", "int", "float", "number", "seed")
_NOUNS: Mapping[type, str] = {str: "text", int: "whole number", Conditioning: "prompt"}
V = TypeVar("V")


@dataclass(slots=True)
class Conversion:
    """One import: the values of outputs so far, and what is built from them."""

    files: ModelFiles
    report: Report
    wall: Wall = field(default_factory=Wall)
    values: dict[tuple[str, int], Any] = field(default_factory=dict)

    def note(self, node: str, text: str) -> None:
        """A note at another node."""
        if node in self.report.entries:
            self.report.entries[node].notes.append(text)


@dataclass(slots=True)
class Reading:
    """One node with its conversion."""

    node: Node
    conversion: Conversion
    entry: Entry

    @property
    def wall(self) -> Wall:
        """The wall that is built."""
        return self.conversion.wall

    def note(self, text: str) -> None:
        """Say how the wall differs from the node."""
        self.entry.notes.append(text)

    def value(self, name: str) -> Any:
        """The value of an input: what its link brings, or what is written in it."""
        item = self.node.inputs.get(name)
        if isinstance(item, Link):
            return self.conversion.values.get((item.node, item.output))
        return item

    def find(self, name: str, kind: type[V]) -> V | None:
        """The input's value of a kind; through nodes without a brick, what arrives there."""
        value = self.value(name)
        candidates = value.values if isinstance(value, Passthrough) else (value,)
        matching = next((item for item in candidates if isinstance(item, kind)), None)
        if matching is None and value is not None and not isinstance(value, Passthrough):
            self.note(f"{name} is no {_noun(kind)}.")
        return matching

    def model(self, name: str = "model") -> ModelValue:
        """A model; an empty one where none arrives."""
        return self.find(name, ModelValue) or ModelValue()

    def prompt(self, name: str) -> Conditioning:
        """A prompt; an empty one where none arrives."""
        return self.find(name, Conditioning) or Conditioning()

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        value = self.find(name, str)
        return default if value is None else value

    def number(self, name: str, default: float, least: float, most: float) -> float:
        """A number within bounds; a note where it had to be changed."""
        value = self._number(name)
        if value is None:
            return default
        bounded = min(max(value, least), most)
        if bounded != value:
            self.note(f"{name} {value:g} becomes {bounded:g}.")
        return bounded

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """As `number`, whole."""
        return int(self.number(name, default, least, most))

    def seed(self, name: str) -> int | None:
        """A seed of 32 bits; ComfyUI's have 64."""
        value = self.find(name, int)
        if value is None or isinstance(value, bool):
            return None
        if not 0 <= value < 2**32:
            self.note(f"The seed {value} has more than 32 bits: {value % 2**32} replaces it.")
        return value % 2**32

    def file(self, kind: Kind, name: str) -> str:
        """The ID of a model or LoRA; its name, and the message, where it is missing."""
        if not name:
            return ""
        model_id, missing = self.conversion.files.find(kind, name)
        if missing is not None:
            self.conversion.report.missing[f"{kind} {model_id}"] = missing
            self.entry.missing.append(missing.detail)
        return model_id

    def brick(self, type_name: str, props: Mapping[str, Any], **more: Any) -> str:
        """A new brick of this node. Returns its ID."""
        return self._made(self.wall.add(type_name, props, **more))

    def shared(self, type_name: str, props: Mapping[str, Any], **more: Any) -> str:
        """The brick of this content, new or present. Returns its ID."""
        return self._made(self.wall.share(type_name, props, **more))

    def passing(self, outputs: int = 8, names: tuple[str, ...] = ()) -> tuple[Passthrough, ...]:
        """Outputs that pass on what arrives; `names` are the inputs that each puts first."""
        links = [name for name, item in self.node.inputs.items() if isinstance(item, Link)]
        return tuple(
            Passthrough(self.node.id, tuple(self._arriving([*names[place : place + 1], *links])))
            for place in range(outputs)
        )

    def _arriving(self, names: list[str]) -> Iterator[Any]:
        content = [name for name in _CONTENT if not isinstance(self.node.inputs.get(name), Link)]
        count = 0
        for name in dict.fromkeys([*names, *content]):
            value = self.value(name)
            for item in value.values if isinstance(value, Passthrough) else (value,):
                if item is not None and count < PASSED_MAX:
                    count += 1
                    yield item

    def _made(self, brick_id: str) -> str:
        self.entry.bricks.append(brick_id)
        return brick_id

    def _number(self, name: str) -> float | None:
        value = self.value(name)
        candidates = value.values if isinstance(value, Passthrough) else (value,)
        for item in candidates:
            plain = isinstance(item, int | float) and not isinstance(item, bool)
            if plain and abs(item) < 1e18 and math.isfinite(item):
                return float(item) if isinstance(item, float) else int(item)
        if value is not None and not isinstance(value, Passthrough):
            self.note(f"{name} is no number.")
        return None


def _noun(kind: type) -> str:
    return _NOUNS.get(kind) or kind.__name__.removesuffix("Value").lower()


Read = Callable[[Reading], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class NodeType:
    """A class of nodes. A name with `*` stands for all classes of that shape.

    `becomes` is its place on the wall. `read` gives the values of its outputs. `widgets` are the
    names of its widget values in the order of the UI form. A class without `read` has no brick
    yet: `waits_for` is the feature that would bring it, and its outputs pass on the inputs
    `passes`, each the one at its place.
    """

    name: str
    becomes: str = ""
    read: Read | None = None
    widgets: tuple[str, ...] = ()
    waits_for: str = ""
    passes: tuple[str, ...] = ()
