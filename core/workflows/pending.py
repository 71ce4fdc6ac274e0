"""What of a wall must wait for a person: a mask cannot be painted before its picture is drawn.

Knows when a brick waits and what is said about it; what runs is the compiler's to say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.operations.declaration.base import Declaration, Value
from core.operations.declaration.registry import Registry, inputs
from core.workflows.workflow import Brick, Workflow


@dataclass(frozen=True, slots=True)
class Wait:
    """A brick that does not run yet, and the brick `needs` that a person has to fill in first."""

    brick: str
    needs: str
    detail: str
    fix: str


def onlookers(workflow: Workflow, registry: Registry, runs: Collection[str]) -> set[str]:
    """The value bricks that show what a run draws: they can be filled in only after it."""
    ends = [
        (wire.source.partition(".")[0], wire.target.partition(".")[0]) for wire in workflow.wires
    ]
    values = {
        brick.id
        for brick in workflow.bricks
        if (known := registry.get(brick.type)) and issubclass(known, Value)
    }
    return {target for source, target in ends if source in runs and target in values}


def wait_of(
    brick: Brick,
    lacking: Collection[str],
    workflow: Workflow,
    registry: Registry,
    shown: Collection[str],
    waits: Mapping[str, Wait],
) -> Wait | None:
    """Why a brick waits; None where it runs, or can never run as it stands.

    `lacking` are its required fields without a value, `shown` the answer of `onlookers`, `waits`
    what is known of the bricks before it.
    """
    declared = registry.get(brick.type)
    assert declared is not None  # the compiler asks for operations
    for source, fields in _sources(brick, workflow, declared):
        known = registry.get(source.type)
        if before := waits.get(source.id):
            title = known.title if known else source.type
            detail = f"{declared.title} waits for {title}."
            return Wait(brick.id, before.needs, detail, before.fix)
        missing = [name for name in fields if name in lacking]
        if missing and source.id in shown and known and issubclass(known, Value):
            what = declared.model_fields[missing[0]].title or missing[0]
            detail = f"{declared.title} waits: there is no {what.lower()} yet."
            return Wait(
                brick.id, source.id, detail, f"{known.asks or 'Fill it in'}, then run again."
            )
    return None


def request(brick: Brick, name: str, workflow: Workflow, registry: Registry) -> str:
    """What the value brick that feeds a field asks a person to do, and where; empty for nothing."""
    declared = registry.get(brick.type)
    for source, fields in _sources(brick, workflow, declared) if declared else ():
        known = registry.get(source.type)
        if name in fields and known and issubclass(known, Value) and known.asks:
            return f"{known.asks}, in {known.title}."
    return ""


def _sources(
    brick: Brick, workflow: Workflow, declared: type[Declaration]
) -> Iterable[tuple[Brick, tuple[str, ...]]]:
    """The bricks that feed this one, and the fields that each feeds."""
    ports = inputs(declared)
    for wire in workflow.wires:
        target, _, port = wire.target.partition(".")
        source = workflow.brick(wire.source.partition(".")[0])
        if target == brick.id and source is not None:
            yield source, ports[port][1]
