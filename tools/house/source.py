"""The project's source as the architecture tests read it: files, modules and their imports.

Files are parsed, never imported. The rules are in the tests.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "api")
TOOLING = ("tools", "benchmarks")
STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)
"""Nodes that may hold an import."""


@dataclass(frozen=True)
class Import:
    """One import. `lazy`: inside a function. `typing`: run by type checkers only."""

    name: str
    line: int
    lazy: bool
    typing: bool = False

    @property
    def runs_at_once(self) -> bool:
        """True if importing the module runs this import."""
        return not (self.lazy or self.typing)


@dataclass(frozen=True)
class Module:
    """One Python file of the project."""

    name: str
    path: Path

    @property
    def place(self) -> str:
        """The path from the root, for messages."""
        return self.path.relative_to(ROOT).as_posix()

    def tree(self) -> ast.Module:
        """The parsed file."""
        return parse(self.path)

    @cache  # noqa: B019 - modules are few, and live as long as the process
    def imports(self) -> tuple[Import, ...]:
        """Every import of the file, those for type checkers included."""
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        return tuple(_imports(self.tree(), package, lazy=False, typing=False))

    def reached(self, modules: Mapping[str, "Module"]) -> Iterator[tuple[Import, str]]:
        """Imports of other modules of `modules`, with the name of the module that defines it."""
        for imported in self.imports():
            parent = imported.name.rpartition(".")[0]
            name = imported.name if imported.name in modules else parent
            if name in modules and name != self.name:
                yield imported, name


@cache
def parse(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a file, parents first."""
    return tuple(ast.walk(parse(path)))


def modules() -> list[Module]:
    """The modules of the studio: main, core and api."""
    return [Module("main", ROOT / "main.py"), *_modules_of(PACKAGES)]


def tooling() -> list[Module]:
    """The modules of tools/ and benchmarks/."""
    return _modules_of(TOOLING)


def _modules_of(folders: Iterable[str]) -> list[Module]:
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return [
        Module(".".join(part for part in parts if part != "__init__"), path)
        for path in paths
        if "versions" not in (parts := path.relative_to(ROOT).with_suffix("").parts)
    ]


def python_files() -> list[Path]:
    """Every Python file of the project, tests and tools too."""
    folders = (*PACKAGES, *TOOLING, "tests")
    return [
        ROOT / "main.py",
        *(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))),
    ]


def page_files(*suffixes: str) -> list[Path]:
    """The files of the page with one of `suffixes`, without those of others (web/vendor)."""
    vendor = ROOT / "web" / "vendor"
    return [
        path
        for path in sorted((ROOT / "web").rglob("*"))
        if path.suffix in suffixes and vendor not in path.parents
    ]


def is_within(name: str, package: str) -> bool:
    """True if a dotted name is `package` or lies in it."""
    return name == package or name.startswith(f"{package}.")


def _imports(node: ast.AST, package: str, *, lazy: bool, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        prefix = f"{_base(node, package)}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            yield Import(f"{prefix}{alias.name}", node.lineno, lazy, typing)
        return
    lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    guarded: list[ast.stmt] = []
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        guarded = node.body
    for child in ast.iter_child_nodes(node):
        if isinstance(child, STATEMENTS):
            yield from _imports(child, package, lazy=lazy, typing=typing or child in guarded)


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute package that a `from … import` names."""
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)
