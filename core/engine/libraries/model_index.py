"""The index of transformers' models, kept compiled.

`import transformers` reads the source of all its models, twice, to find the classes in each file:
half a second of processor time. Here they are read once, and the index is kept beside the compiled
modules of this package for as long as the installation does not change.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

# Requirements to modules to the names in them.
Index = dict[frozenset[str], dict[str, set[str]]]
Stamp = tuple[str, int, int, int]


def keep_index(import_utils: Any) -> None:
    """Make `transformers.utils.import_utils` read its models once, and keep what it read."""
    scan = import_utils.define_import_structure
    package = Path(import_utils.__file__).parents[1]
    models = package / "models"

    @cache
    def index_of_models() -> Index:
        stamp = installation(package)
        index = _read(stamp)
        if index is None:
            index = scan(models)
            _write(stamp, index)
        return index

    def define_import_structure(module_path: str | Path, prefix: str | None = None) -> Index:
        if Path(module_path) not in (models, models / "__init__.py"):
            index: Index = scan(module_path, prefix)
            return index
        inside = f"{prefix}." if prefix else ""
        return {
            requirements: {f"{inside}{module}": set(names) for module, names in modules.items()}
            for requirements, modules in index_of_models().items()
        }

    import_utils.define_import_structure = define_import_structure


def index_file() -> Path:
    """The file of the index."""
    compiled = Path(cache_from_source(__file__))
    return compiled.with_suffix(".json")


def installation(package: Path) -> Stamp:
    """Properties that change with every installation of the package."""
    first, models = (package / "__init__.py").stat(), (package / "models").stat()
    return str(package), first.st_mtime_ns, first.st_size, models.st_mtime_ns


def _read(stamp: Stamp) -> Index | None:
    try:
        kept = json.loads(index_file().read_bytes())
        if kept["stamp"] != list(stamp):
            return None
        return {
            frozenset(requirements): {module: set(names) for module, names in modules.items()}
            for requirements, modules in kept["index"]
        }
    except (OSError, ValueError, LookupError, TypeError):
        return None  # not written yet, or cut off


def _write(stamp: Stamp, index: Index) -> None:
    if sys.dont_write_bytecode:
        return
    listed = [
        [sorted(requirements), {module: sorted(names) for module, names in modules.items()}]
        for requirements, modules in index.items()
    ]
    file = index_file()
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(OSError):  # the next process reads the sources again
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            kept = json.dumps({"stamp": stamp, "index": listed})
            partial.write_text(kept, encoding="utf-8")
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
