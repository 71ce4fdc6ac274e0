"""The house: imports run downward only, and torch lives on one floor (docs/architecture.md)."""

from collections.abc import Iterator

from tests.unit.architecture.source import Import, Module, is_within, modules

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
CHILD_SIDE = ("core.worker.child", "core.worker.session", "core.worker.encoder")
SERVER = ("main", "api", "core.studio.services", "core.studio", "core.tasks", "core.workflows")


def floor_of(name: str) -> int | None:
    """The floor a dotted name lies on; None for what is not ours."""
    for floor, rooms in enumerate(FLOORS):
        if any(is_within(name, room) for room in rooms):
            return floor
    return None


def imports_of(module: Module) -> Iterator[Import]:
    """The imports of a module that stay within the project, or bring a heavy library."""
    for imported in module.imports():
        if floor_of(imported.name) is not None or imported.name.split(".")[0] in HEAVY:
            yield imported


def loads_torch(name: str) -> bool:
    """Whether importing `name` brings torch, now or later: it belongs to a worker process."""
    heavy = name.split(".")[0] in HEAVY
    return heavy or any(is_within(name, place) for place in ("core.engine", *CHILD_SIDE))


def test_every_module_lies_on_a_floor() -> None:
    homeless = [m.place for m in modules() if m.name != "core" and floor_of(m.name) is None]
    assert not homeless, f"name the room of these in FLOORS and in docs/architecture.md: {homeless}"


def test_imports_run_downward_only() -> None:
    upward = []
    for module in modules():
        here = floor_of(module.name)
        for imported in module.imports():
            there = floor_of(imported.name)
            if here is not None and there is not None and there > here:
                upward.append(f"{module.place}:{imported.line} imports {imported.name}")
    assert not upward, "\n".join(upward)


def test_no_module_imports_itself_by_a_circle() -> None:
    known = {module.name: module for module in modules()}
    graph = {name: _direct(module, known) for name, module in known.items()}
    circles = [f"{name} ↔ {circle}" for name in graph if (circle := _way_back(name, graph))]
    assert not circles, "\n".join(circles)


def test_heavy_libraries_are_imported_by_the_engine_and_the_worker_child_only() -> None:
    strangers = [
        f"{module.place}:{imported.line} imports {imported.name}"
        for module in modules()
        if not loads_torch(module.name)
        for imported in module.imports()
        if imported.name.split(".")[0] in HEAVY
    ]
    assert not strangers, "\n".join(strangers)


def test_the_engine_is_reached_only_from_inside_an_operations_functions() -> None:
    early = [
        f"{module.place}:{imported.line} imports {imported.name}"
        for module in modules()
        if not loads_torch(module.name)
        for imported in module.imports()
        if loads_torch(imported.name)
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
            waiting += _direct(known[name], known)
    assert not [name for name in sorted(seen) if loads_torch(name)]


def _direct(module: Module, known: dict[str, Module]) -> list[str]:
    """The modules of ours that importing `module` imports."""
    found = []
    for imported in module.imports():
        if imported.lazy:
            continue
        if imported.name in known:
            found.append(imported.name)
        elif (parent := imported.name.rpartition(".")[0]) in known:
            found.append(parent)
    return [name for name in found if name != module.name]


def _way_back(start: str, graph: dict[str, list[str]]) -> str | None:
    """A module that `start` leads to and that leads back to it."""
    waiting, seen = [(first, first) for first in graph[start]], set()
    while waiting:
        name, first = waiting.pop()
        if name == start:
            return first
        if name not in seen:
            seen.add(name)
            waiting += [(after, first) for after in graph[name]]
    return None
