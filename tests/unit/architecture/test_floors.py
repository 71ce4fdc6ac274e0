"""The house: imports run downward only, and torch lives on one floor (docs/architecture.md).

Imports inside functions and under TYPE_CHECKING count as well, unless a test says otherwise.
"""

from graphlib import CycleError, TopologicalSorter

import pytest

from tests.unit.architecture.source import is_within, modules, tooling

# From the ground up. Rooms on one floor may use each other, as long as no circle comes of it.
FLOORS = (
    (
        "core.errors",
        "core.settings",
        "core.events",
        "core.identifiers",
        "core.kinds",
        "core.version",
    ),
    ("core.store",),
    ("core.prompts",),
    ("core.models", "core.pictures"),
    ("core.engine",),
    ("core.operations",),
    ("core.worker",),
    ("core.tasks",),
    ("core.workflows",),
    ("core.studio",),
    ("core.cli",),
    ("api",),
    ("tools", "benchmarks"),
    ("main",),
)
HEAVY = (
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "rembg",
    "onnxruntime",
    "spandrel",
    "peft",
    "bitsandbytes",
)
CHILD_SIDE = ("core.worker.child", "core.worker.job_context", "core.worker.encoder")
SERVER = ("main", "api", "core.studio.services", "core.studio", "core.tasks", "core.workflows")


def floor_of(name: str) -> int | None:
    """The floor that a dotted name lies on; None for other projects."""
    for floor, rooms in enumerate(FLOORS):
        if any(is_within(name, room) for room in rooms):
            return floor
    return None


def loads_torch(name: str) -> bool:
    """True if importing `name` brings torch, now or later: it belongs to a worker process."""
    heavy = name.split(".")[0] in HEAVY
    return heavy or any(is_within(name, place) for place in ("core.engine", *CHILD_SIDE))


def test_every_module_lies_on_a_floor() -> None:
    homeless = [m.place for m in modules() if m.name != "core" and floor_of(m.name) is None]
    assert not homeless, f"name the room of these in FLOORS and in docs/architecture.md: {homeless}"


def test_imports_run_downward_only() -> None:
    upward = []
    for module in [*modules(), *tooling()]:
        here = floor_of(module.name)
        for imported in module.imports():
            there = floor_of(imported.name)
            if here is not None and there is not None and there > here:
                upward.append(f"{module.place}:{imported.line} imports {imported.name}")
    assert not upward, "\n".join(upward)


def test_no_module_imports_itself_by_a_circle() -> None:
    known = {module.name: module for module in [*modules(), *tooling()]}
    graph = {
        name: {target for _, target in module.reached(known)} for name, module in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_heavy_libraries_are_imported_by_the_engine_and_the_worker_child_only() -> None:
    strangers = [
        f"{module.place}:{imported.line} imports {imported.name}"
        for module in modules()
        if not loads_torch(module.name)
        for imported in module.imports()
        if imported.name.split(".")[0] in HEAVY and not imported.typing
    ]
    assert not strangers, "\n".join(strangers)


def test_the_engine_is_reached_only_from_inside_an_operations_functions() -> None:
    early = [
        f"{module.place}:{imported.line} imports {imported.name}"
        for module in modules()
        if not loads_torch(module.name)
        for imported in module.imports()
        if loads_torch(imported.name) and not imported.typing
        if not (imported.lazy and is_within(module.name, "core.operations"))
    ]
    assert not early, "\n".join(early)


def test_nothing_that_the_server_imports_leads_to_torch() -> None:
    known = {module.name: module for module in modules()}
    waiting = [name for name in known if any(is_within(name, top) for top in SERVER)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [to for item, to in known[name].reached(known) if item.runs_at_once]
    assert not [name for name in sorted(seen) if loads_torch(name)]
