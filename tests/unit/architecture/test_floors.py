"""The house: imports run downward only, and torch lives on one floor (docs/architecture.md).

Imports inside functions and under TYPE_CHECKING count as well, unless a test says otherwise.
"""

from tools.house.floors import circle, floor_of, upward
from tools.house.source import is_within, modules, tooling

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
CHILD_SIDE = (
    "core.worker.batch",
    "core.worker.child",
    "core.worker.job_context",
    "core.worker.delivery",
    "core.worker.resources",
)
SERVER = ("main", "api", "core.studio.services", "core.studio", "core.tasks", "core.workflows")


def loads_torch(name: str) -> bool:
    """True if importing `name` brings torch, now or later: it belongs to a worker process."""
    heavy = name.split(".")[0] in HEAVY
    return heavy or any(is_within(name, place) for place in ("core.engine", *CHILD_SIDE))


def test_every_module_lies_on_a_floor() -> None:
    homeless = [m.place for m in modules() if m.name != "core" and floor_of(m.name) is None]
    assert not homeless, f"name the room of these in FLOORS and in docs/architecture.md: {homeless}"


def test_imports_run_downward_only() -> None:
    violations = [
        f"{module.place}:{imported.line} imports {imported.name}"
        for module, imported in upward([*modules(), *tooling()])
    ]
    assert not violations, "\n".join(violations)


def test_no_module_imports_itself_by_a_circle() -> None:
    assert not circle([*modules(), *tooling()])


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
