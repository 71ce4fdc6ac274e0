"""Stand-ins for slow modules, and changes to modules as soon as they are loaded.

A library that imports an optional package gets its stand-in from `sys.modules`, and the package is
imported when something is read from it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, spec_from_loader
from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """A module that is imported at the first access to an attribute that it was not given."""

    def __init__(self, spec: ModuleSpec, light: Collection[str], given: Mapping[str, Any]) -> None:
        """`light` are names of submodules that may be imported without the package."""
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__path__: list[str] = []  # none, so that every submodule is left to the finder
        self.__dict__.update(given)
        self._light = light

    def __getattr__(self, name: str) -> Any:
        """An attribute of the real module."""
        # The import system and `inspect` look these up in every module.
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        return getattr(self._load(), name)

    @property
    def replaced(self) -> bool:
        """True once the real module is imported."""
        return sys.modules.get(self.__name__) is not self

    def submodule(self, name: str) -> ModuleSpec | None:
        """The specification of a submodule. Imports the package first unless it is light."""
        package = self.__spec__
        if package is None or package.submodule_search_locations is None:
            return None
        if name.rpartition(".")[2] not in self._light:
            self._load()
            # If the package has imported it, the import system must not run it again: it is put
            # back as it is.
            if (present := sys.modules.pop(name, None)) is not None:
                return spec_from_loader(name, _Present(present))
        return PathFinder.find_spec(name, list(package.submodule_search_locations))

    def _load(self) -> ModuleType:
        if not self.replaced:
            del sys.modules[self.__name__]
        module = importlib.import_module(self.__name__)
        for name in self._light:
            if submodule := sys.modules.get(f"{self.__name__}.{name}"):
                setattr(module, name, submodule)
        # Modules that were loaded before keep this object, so it takes over the contents.
        self.__dict__.update(
            {name: value for name, value in vars(module).items() if not name.startswith("__")}
        )
        return module


class _Present(Loader):
    """The loader of a module that was loaded while its specification was sought."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """Undo what the import system changed in the module."""
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Finds submodules of stand-ins, and modules that are changed after they are loaded."""

    def __init__(self) -> None:
        self.changes: dict[str, Callable[[Any], None]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `MetaPathFinder`; None leaves the module to the other finders."""
        package = sys.modules.get(fullname.rpartition(".")[0])
        if isinstance(package, StandIn):
            return package.submodule(fullname)
        change = self.changes.pop(fullname, None)
        if change is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            _execute_then(spec.loader, change)
        return spec


def _execute_then(loader: Loader, change: Callable[[Any], None]) -> None:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        change(module)

    vars(loader)["exec_module"] = exec_module


_FINDER = _Finder()


def _install() -> None:
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def defer(
    name: str, given: Mapping[str, Any] | None = None, light: Collection[str] = ()
) -> StandIn | None:
    """Put a stand-in in the place of a module; None when it is loaded or not installed.

    `given` attributes and `light` submodules are available without importing it.
    """
    if name in sys.modules:
        return None
    package, _, child = name.rpartition(".")
    if isinstance(sys.modules.get(package), StandIn):
        spec: ModuleSpec | None = ModuleSpec(name, None)  # to seek it would import the package
    else:
        spec = find_spec(name)
    if spec is None:
        return None
    _install()
    stand_in = sys.modules[name] = StandIn(spec, light, given or {})
    if package in sys.modules:
        setattr(sys.modules[package], child, stand_in)
    return stand_in


def after_import(name: str, change: Callable[[Any], None]) -> None:
    """Call `change` with the module as soon as it is imported, before anything reads it."""
    _install()
    _FINDER.changes[name] = change
