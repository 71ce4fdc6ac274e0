"""The project's source as the architecture tests see it: files, modules and their imports.

Knows how to read them with ast; imports none of them. Does not know the rules.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("core", "api")
TOOLING = ("tools", "benchmarks", "tests")


@dataclass(frozen=True)
class Import:
    """One import: what, where, and whether it runs when the module is imported."""

    name: str
    line: int
    lazy: bool


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

    def imports(self) -> Iterator[Import]:
        """Every import but those that only type checkers run."""
        package = self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]
        yield from _imports(self.tree(), package, lazy=False)


@cache
def parse(path: Path) -> ast.Module:
    """Parse a file once."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules() -> list[Module]:
    """The modules of the studio: main, core and api."""
    found = [Module("main", ROOT / "main.py")] if (ROOT / "main.py").exists() else []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "versions" not in path.parts:
                parts = path.relative_to(ROOT).with_suffix("").parts
                name = ".".join(part for part in parts if part != "__init__")
                found.append(Module(name, path))
    return found


def python_files() -> list[Path]:
    """Every Python file of the project, tests and tools too."""
    found = [ROOT / "main.py"] if (ROOT / "main.py").exists() else []
    for folder in (*PACKAGES, *TOOLING):
        found += sorted((ROOT / folder).rglob("*.py"))
    return found


def page_files(*suffixes: str) -> list[Path]:
    """The files of the page with one of `suffixes`, without what others wrote (web/vendor)."""
    vendor = ROOT / "web" / "vendor"
    return [
        path
        for path in sorted((ROOT / "web").rglob("*"))
        if path.suffix in suffixes and vendor not in path.parents
    ]


def is_within(name: str, package: str) -> bool:
    """Whether a dotted name is `package` or lies in it."""
    return name == package or name.startswith(f"{package}.")


def _imports(node: ast.AST, package: str, *, lazy: bool) -> Iterator[Import]:
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        inside: list[ast.AST] = list(node.orelse)
    elif isinstance(node, ast.Import):
        yield from (Import(alias.name, node.lineno, lazy) for alias in node.names)
        return
    elif isinstance(node, ast.ImportFrom):
        base = _base(node, package)
        yield from (Import(f"{base}.{alias.name}", node.lineno, lazy) for alias in node.names)
        return
    else:
        inside = list(ast.iter_child_nodes(node))
    lazy = lazy or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    for child in inside:
        yield from _imports(child, package, lazy=lazy)


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute package that a `from … import` names."""
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)
