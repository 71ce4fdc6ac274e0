"""Floors of the house, and the imports and circles between modules (docs/architecture.md)."""

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from tools.house.source import Import, Module, is_within

# From the ground up. Rooms on one floor may use each other, as long as no circle comes of it.
FLOORS = (
    (
        "core.errors",
        "core.configuration",
        "core.settings",
        "core.events",
        "core.children",
        "core.identifiers",
        "core.kinds",
        "core.logs",
        "core.machine",
        "core.nesting",
        "core.suggestion",
        "core.version",
    ),
    ("core.store", "core.provenance"),
    ("core.prompts",),
    ("core.models", "core.pictures"),
    ("core.training",),
    ("core.engine",),
    ("core.operations",),
    ("core.worker",),
    ("core.tasks", "core.gallery"),
    ("core.workflows", "core.sets", "core.history"),
    ("core.studio",),
    ("core.cli",),
    ("api",),
    ("tools", "benchmarks"),
    ("main",),
)


def floor_of(name: str) -> int | None:
    """The floor that a dotted name lies on; None for other projects."""
    for floor, rooms in enumerate(FLOORS):
        if any(is_within(name, room) for room in rooms):
            return floor
    return None


def upward(modules: Iterable[Module]) -> Iterator[tuple[Module, Import]]:
    """Imports of a higher floor."""
    for module in modules:
        here = floor_of(module.name)
        for imported in module.imports():
            there = floor_of(imported.name)
            if here is not None and there is not None and there > here:
                yield module, imported


def circle(modules: Iterable[Module]) -> list[str]:
    """Names of modules that import each other in a circle; empty if no circle exists."""
    known = {module.name: module for module in modules}
    graph = {name: {to for _, to in module.reached(known)} for name, module in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names: list[str] = error.args[1]
        return names
    return []
