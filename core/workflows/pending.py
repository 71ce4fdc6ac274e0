"""Bricks that wait for a person: a prompt is empty, a mask cannot be painted before its image.

This module decides which bricks wait, and why. The compiler decides what runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from core.operations.declaration.base import Declaration, Value
from core.operations.declaration.registry import Registry, inputs
from core.workflows.workflow import Brick, Workflow


@dataclass(frozen=True, slots=True)
class PendingBrick:
    """A brick that does not run yet; a person has to fill in the brick `needs` first.

    `field` is its own empty field; empty where its input is not made yet.
    """

    brick: str
    needs: str
    detail: str
    fix: str
    field: str = ""


def user_inputs_downstream(
    workflow: Workflow, registry: Registry, runs: Collection[str]
) -> set[str]:
    """The value bricks that show results of a run: they can be filled in only after it."""
    values = {
        brick.id
        for brick in workflow.bricks
        if (known := registry.get(brick.type)) and issubclass(known, Value)
    }
    return {
        wire.target_brick
        for wire in workflow.wires
        if wire.source_brick in runs and wire.target_brick in values
    }


def pending_brick(
    brick: Brick,
    lacking: Collection[str],
    workflow: Workflow,
    registry: Registry,
    shown: Collection[str],
    waits: Mapping[str, PendingBrick],
) -> PendingBrick | None:
    """The reason why a brick waits; None where it runs, or cannot run as it is.

    `lacking`: its required fields without a value. `shown`: the bricks of
    `user_inputs_downstream`. `waits`: the waiting bricks before it.
    """
    declared = registry.get(brick.type)
    assert declared is not None  # the compiler passes operations only
    for source, fields in _sources(brick, workflow, declared):
        known = registry.get(source.type)
        if before := waits.get(source.id):
            title = known.title if known else source.type
            detail = f"{declared.title} waits for {title}."
            return PendingBrick(brick.id, before.needs, detail, before.fix)
        missing = [name for name in fields if name in lacking]
        if missing and source.id in shown and known and issubclass(known, Value):
            title = declared.model_fields[missing[0]].title or missing[0]
            detail = f"{declared.title} waits: there is no {title.lower()} yet."
            return PendingBrick(
                brick.id, source.id, detail, f"{known.user_action or 'Fill it in'}, then run again."
            )
    return None


def unfilled(brick: Brick, name: str, workflow: Workflow, registry: Registry) -> PendingBrick:
    """The reason why a brick waits that lacks a value which no other brick will bring."""
    declared = registry.get(brick.type)
    assert declared is not None  # the compiler passes operations only
    title = declared.model_fields[name].title or name
    fix = _request(brick, declared, name, workflow, registry)
    wired = next(
        (source for source, fields in _sources(brick, workflow, declared) if name in fields), None
    )
    return PendingBrick(
        brick.id,
        wired.id if wired else brick.id,
        f"{declared.title} has no {title.lower()}.",
        fix or f"Fill in {title}, or wire a brick that supplies it.",
        name,
    )


def _request(
    brick: Brick, declared: type[Declaration], name: str, workflow: Workflow, registry: Registry
) -> str:
    """The action that fills in a field, and its brick; empty where a person can do nothing."""
    for source, fields in _sources(brick, workflow, declared):
        known = registry.get(source.type)
        if name in fields and known and issubclass(known, Value) and known.user_action:
            return f"{known.user_action}, in {known.title}."
    return ""


def _sources(
    brick: Brick, workflow: Workflow, declared: type[Declaration]
) -> Iterable[tuple[Brick, tuple[str, ...]]]:
    """The bricks wired to this one, each with the fields that it fills."""
    ports = inputs(declared)
    for wire in workflow.wires:
        source = workflow.brick(wire.source_brick)
        if wire.target_brick == brick.id and source is not None:
            yield source, ports[wire.target_port].fields
            yield from ((before, ()) for before in _carried_from(source, workflow))


def _carried_from(brick: Brick, workflow: Workflow) -> Iterable[Brick]:
    """The bricks whose outputs a value carries on; the compiler leaves no other wires to it."""
    for wire in workflow.wires:
        source = workflow.brick(wire.source_brick)
        if wire.target_brick == brick.id and source is not None:
            yield source
