"""The package's metadata names things that exist."""

import importlib
import tomllib
from importlib.util import find_spec
from typing import Any

import pytest

from core.settings import ROOT


@pytest.fixture
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_command_of_the_package_is_that_of_the_clone(pyproject: dict[str, Any]) -> None:
    module, name = pyproject["project"]["scripts"]["qpyt-studio"].split(":")
    assert callable(getattr(importlib.import_module(module), name))
    assert module in pyproject["tool"]["setuptools"]["py-modules"]


def test_version_and_requirements_come_from_their_one_place(pyproject: dict[str, Any]) -> None:
    dynamic = pyproject["tool"]["setuptools"]["dynamic"]
    module, _, name = dynamic["version"]["attr"].rpartition(".")
    assert getattr(importlib.import_module(module), name)
    assert all((ROOT / file).is_file() for file in dynamic["dependencies"]["file"])
    assert set(dynamic) == set(pyproject["project"]["dynamic"])


def test_every_package_of_the_distribution_exists(pyproject: dict[str, Any]) -> None:
    names = pyproject["tool"]["setuptools"]["packages"]["find"]["include"]
    assert names
    assert all(find_spec(name.removesuffix("*")) for name in names)
