"""Declarations: found by being there, described as data, refused where they would clash."""

import pkgutil
from typing import ClassVar

import pytest

import core.operations
from core.operations.declaration import registry
from core.operations.declaration.base import Operation
from core.operations.declaration.fields import Port
from core.operations.declaration.registry import Registry, describe


class Odd(Operation):
    name = "odd"
    title = "Odd"
    category = "generator"
    outputs: ClassVar[tuple[Port, ...]] = ()


def named(name: str) -> type[Operation]:
    return type("Named", (Odd,), {"name": name, "__module__": __name__})


def test_every_file_of_the_package_declares_what_is_found() -> None:
    declared = {declaration.__module__ for declaration in registry.load()}
    files = {
        f"{core.operations.__name__}.{module.name}"
        for module in pkgutil.iter_modules(core.operations.__path__)
        if not module.ispkg
    }
    assert files == declared


def test_more_operations_come_from_the_modules_that_the_settings_name() -> None:
    loaded = registry.load(["tests.operations.counting"])
    assert loaded.get("counting") is not None


@pytest.mark.parametrize(
    "name",
    [
        "tasks",
        "queue",
        "models",
        "v1",
        "sdapi",
        "prompt",
        "history",
        "view",
        "Bad",
        "1st",
        "with-dash",
        "a" * 60,
    ],
)
def test_reserved_and_malformed_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="reserved or malformed"):
        Registry().add(named(name))


def test_a_brick_without_a_route_may_have_a_name_that_routes_use() -> None:
    declaration = registry.load().get("prompt")
    assert declaration is not None
    assert not issubclass(declaration, Operation)


def test_two_declarations_cannot_share_a_name() -> None:
    known = Registry()
    known.add(named("twice"))
    with pytest.raises(ValueError, match="two declarations"):
        known.add(named("twice"))


def test_a_field_cannot_hide_a_task_option() -> None:
    class Hiding(Odd):
        name = "hiding"
        labels: str = ""

    with pytest.raises(ValueError, match="labels"):
        Registry().add(Hiding)


@pytest.mark.parametrize(
    "declaration", list(registry.load()), ids=lambda declaration: declaration.name
)
def test_every_declaration_describes_itself_as_the_canvas_needs_it(
    declaration: type[Operation],
) -> None:
    entry = describe(declaration)
    assert entry["kind"] in ("operation", "value", "view")
    assert entry["title"]
    assert entry["summary"]
    for name, part in entry["schema"]["properties"].items():
        assert "type" in part, name
        assert part["title"], name
        assert part["ui"]["widget"], name
    fields = entry["schema"]["properties"].keys()
    for port in entry["inputs"]:
        assert set(port["fields"]) <= fields


def test_what_rewrites_a_prompt_reads_a_prompt_and_returns_text() -> None:
    declarations = registry.load()
    prompt = declarations.get("prompt")
    assert prompt is not None
    rewriters = [entry for entry in map(describe, declarations) if entry["rewrites"]]
    assert rewriters
    for entry in rewriters:
        assert set(entry["rewrites"]) <= prompt.model_fields.keys(), entry["name"]
        assert "prompt" in entry["schema"]["properties"], entry["name"]
        assert [port["type"] for port in entry["outputs"]] == ["text"], entry["name"]


def test_size_images_and_seed_share_one_port() -> None:
    declaration = registry.load().get("generate")
    assert declaration is not None
    ports = {port["name"]: port for port in describe(declaration)["inputs"]}
    assert ports["settings"]["fields"] == ["width", "height", "num_images", "seed"]
    assert ports["prompt"]["required"]
    assert not ports["settings"]["required"]
