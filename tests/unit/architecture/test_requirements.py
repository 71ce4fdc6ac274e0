"""Every imported package is pinned in the requirements and constraints."""

import re
import sys
from importlib.metadata import packages_distributions

from tools.house.source import ROOT, modules

LINE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(\s*;.*)?$")
OURS = {"main", "core", "api", "benchmarks"}
# Imported where it is installed; an error says how to install it.
OPTIONAL = {"spandrel"}
# Named because another library needs them, not because we import them.
UNSEEN = {
    "accelerate",
    "bitsandbytes",
    "httptools",
    "peft",
    "prodigyopt",
    "protobuf",
    "python-multipart",
    "safetensors",
    "schedulefree",
    "scipy",
    "sentencepiece",
    "uvloop",
    "websockets",
}


def pins(name: str) -> dict[str, str]:
    """The packages that a requirement file pins, with their versions."""
    versions = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = LINE.match(line)
            assert match, f"{name}: not name==version: {line!r}"
            versions[canonical(match["name"])] = match["version"]
    return versions


def canonical(name: str) -> str:
    """A package's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """The packages that the studio imports, now or later."""
    known = packages_distributions()
    packages: set[str] = set()
    for module in modules():
        for statement in module.imports():
            top = statement.name.split(".")[0]
            if top not in sys.stdlib_module_names and top not in OURS:
                packages |= {canonical(name) for name in known.get(top, [top])}
    return packages


def test_every_imported_package_is_a_requirement() -> None:
    assert imported() - set(pins("requirements.txt")) - OPTIONAL == set()


def test_every_requirement_is_used() -> None:
    assert set(pins("requirements.txt")) - imported() - UNSEEN == set()


def test_requirements_and_constraints_name_the_same_versions() -> None:
    held = pins("constraints.txt")
    wanted = pins("requirements.txt") | pins("requirements-dev.txt")
    assert {name: held.get(name) for name in wanted} == wanted
