"""Building a wall: bricks without duplicates, wires, and a layout by the wires."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidWorkflow
from core.workflows.layout import places
from core.workflows.workflow import BRICKS_MAX, Workflow, parse

DESCRIPTION_MAX, TITLE_MAX = 2000, 80


@dataclass(slots=True)
class Wall:
    """Bricks by ID, in the order they were added, and wires as `(brick.port, brick.port)`."""

    bricks: dict[str, dict[str, Any]] = field(default_factory=dict)
    wires: list[tuple[str, str]] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(self, type_name: str, props: Mapping[str, Any], **more: Any) -> str:
        """A new brick; `more` are entries beside its props. Returns its ID.

        Raises `InvalidWorkflow` over the limit of a workflow.
        """
        if len(self.bricks) >= BRICKS_MAX:
            raise InvalidWorkflow(
                f"The workflow becomes more than {BRICKS_MAX} bricks.", fix="Import it in parts."
            )
        count = self._counts[type_name] = self._counts.get(type_name, 0) + 1
        brick_id = type_name if count == 1 else f"{type_name}-{count}"
        self.bricks[brick_id] = {"id": brick_id, "type": type_name, "props": dict(props), **more}
        return brick_id

    def share(self, type_name: str, props: Mapping[str, Any], **more: Any) -> str:
        """The brick of this content, new or present. For values, which several bricks may read."""
        for brick_id, brick in self.bricks.items():
            if {**brick, "id": ""} == {"id": "", "type": type_name, "props": props, **more}:
                return brick_id
        return self.add(type_name, props, **more)

    def wire(self, source: str, target: str) -> None:
        """A wire between two ports, each `brick.port`; a second one of the same ends is dropped."""
        if (source, target) not in self.wires:
            self.wires.append((source, target))

    def workflow(self, name: str, description: str) -> Workflow:
        """The workflow, laid out."""
        joined = [(_brick(source), _brick(target)) for source, target in self.wires]
        placed = places(list(self.bricks), joined)
        bricks = [
            {**brick, "column": placed[brick_id][0], "row": placed[brick_id][1]}
            for brick_id, brick in self.bricks.items()
        ]
        wires = [{"from": source, "to": target} for source, target in self.wires]
        return parse(
            {
                "name": name[:TITLE_MAX],
                "description": description[:DESCRIPTION_MAX],
                "bricks": bricks,
                "wires": wires,
            }
        )


def _brick(end: str) -> str:
    """The brick of a port, `brick.port`."""
    return end.partition(".")[0]
