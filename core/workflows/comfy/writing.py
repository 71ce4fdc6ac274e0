"""Writing nodes of ComfyUI's API form, and reading what a brick gets through its wires."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.workflows.comfy.model_files import GuidanceKind
from core.workflows.comfy.report import Entry, Report
from core.workflows.workflow import Brick, Workflow

GuidanceOf = Callable[[str], GuidanceKind]
Output = tuple[str, int]
_HOPS_MAX = 16  # of a text through bricks that rewrite it


@dataclass(slots=True)
class NodeWriter:
    """The nodes so far, by ID, and the outputs of bricks that they give."""

    workflow: Workflow
    report: Report
    guidance_of: GuidanceOf
    nodes: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    _shared: dict[str, str] = field(default_factory=dict)

    def add(self, class_type: str, given: Mapping[str, Any]) -> str:
        """A new node. Inputs that are outputs of nodes become links. Returns its ID."""
        node_id = str(len(self.nodes) + 1)
        values = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in given.items()
        }
        self.nodes[node_id] = {"class_type": class_type, "inputs": values}
        return node_id

    def share(self, class_type: str, given: Mapping[str, Any]) -> str:
        """The node of these inputs, new or present."""
        key = json.dumps([class_type, given], sort_keys=True, default=str)
        if key not in self._shared:
            self._shared[key] = self.add(class_type, given)
        return self._shared[key]


@dataclass(slots=True)
class BrickWriting:
    """One brick, its props together with the values that its wires bring."""

    brick: Brick
    writer: NodeWriter
    props: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.props = dict(self.brick.props)
        for port in ("settings", "loras"):
            for source in self.sources(port):
                brick = self.writer.workflow.brick(source.partition(".")[0])
                self.props |= brick.props if brick else {}

    @property
    def entry(self) -> Entry:
        """Its entry in the report."""
        return self.writer.report.entries[self.brick.id]

    def note(self, text: str) -> None:
        """Say how the nodes differ from the brick."""
        self.entry.notes.append(text)

    def add(self, class_type: str, **given: Any) -> str:
        """A new node of this brick. Returns its ID."""
        return self._made(self.writer.add(class_type, given))

    def share(self, class_type: str, **given: Any) -> str:
        """The node of these inputs, new or present."""
        return self._made(self.writer.share(class_type, given))

    def gives(self, port: str, output: Output | None) -> None:
        """Set the node's output that stands for a port of the brick."""
        if output is not None:
            self.writer.outputs[f"{self.brick.id}.{port}"] = output

    def sources(self, port: str) -> list[str]:
        """The outputs of bricks that are wired to a port, as `brick.port`."""
        target = f"{self.brick.id}.{port}"
        return [wire.source for wire in self.writer.workflow.wires if wire.target == target]

    def images(self, port: str = "image") -> list[Output]:
        """The nodes' outputs that are wired to a port."""
        outputs = (self.writer.outputs.get(source) for source in self.sources(port))
        return [output for output in outputs if output is not None]

    def image(self, port: str = "image") -> Output | None:
        """The first output that is wired to a port, or the node of the asset in its field."""
        images = self.images(port)
        asset = self.props.get(port)
        if not images and isinstance(asset, str) and asset:
            return self.share("LoadImage", image=f"{asset[:64]}.png"), 0
        return images[0] if images else None

    def wired_text(self, port: str) -> str | None:
        """The text of a wire: of a prompt brick, or what a brick that rewrites texts gets."""
        name, brick = port, self.brick
        for _ in range(_HOPS_MAX):
            target = f"{brick.id}.{name}"
            source = next(
                (wire.source for wire in self.writer.workflow.wires if wire.target == target), None
            )
            after = self.writer.workflow.brick(source.partition(".")[0]) if source else None
            if after is None:
                value = brick.props.get(name)
                return value if isinstance(value, str) and brick is not self.brick else None
            brick = after
            name = source.partition(".")[2] if source and after.type == "prompt" else "prompt"
            if after.type == "prompt":
                value = after.props.get(name)
                return value if isinstance(value, str) else ""
        return None

    def text(self, name: str, default: str = "") -> str:
        """A text of the brick."""
        value = self.props.get(name)
        return value if isinstance(value, str) and value else default

    def optional(self, name: str) -> float | None:
        """A number of the brick, where it has one."""
        value = self.props.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return value if abs(value) < 2**53 and math.isfinite(value) else None

    def number(self, name: str, default: float) -> Any:
        """A number of the brick; a note where the default stands for it."""
        value = self.optional(name)
        if value is None:
            self.note(f"{name} is {default:g}: the brick leaves it to the model.")
        return default if value is None else value

    def _made(self, node_id: str) -> str:
        self.entry.bricks.append(node_id)
        return node_id
