"""Building a wall: bricks without duplicates, wires, and columns by depth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import InvalidWorkflow
from core.workflows.workflow import BRICKS_MAX, INERT, Workflow, parse

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
        columns = self._columns()
        rows: dict[int, int] = {}
        bricks = []
        for brick_id, brick in self.bricks.items():
            column = columns[brick_id]
            row = rows[column] = rows.get(column, -1) + 1
            bricks.append({**brick, "column": column, "row": row})
        wires = [{"from": source, "to": target} for source, target in self.wires]
        return parse(
            {
                "name": name[:TITLE_MAX],
                "description": description[:DESCRIPTION_MAX],
                "bricks": bricks,
                "wires": wires,
            }
        )

    def _columns(self) -> dict[str, int]:
        """The column of each brick: one more than those that feed it; inert bricks come last."""
        columns = dict.fromkeys(self.bricks, 0)
        moved = True
        while moved:  # a wall has no circle: each round settles one more column
            moved = False
            for source, target in self.wires:
                least = columns[source.partition(".")[0]] + 1
                place = target.partition(".")[0]
                if columns[place] < least:
                    columns[place], moved = least, True
        last = max(columns.values(), default=0) + 1
        inert = {name for name, brick in self.bricks.items() if brick["type"] == INERT}
        if len(inert) == len(self.bricks):
            last = 0
        return {name: last if name in inert else column for name, column in columns.items()}
