"""The modules of the page as one script: every module is a function that returns its exports.

Supports what the page's lint rules allow, so that a reading of lines is enough: imports by name or
as a namespace at the head of a module, declarations with `export` in front, and no circles. Lines
keep their number within a module, for the source map. Anything else is a `LinkError`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

MODULES = "$modules"

_BLANK = re.compile(r"\s+|//[^\n]*|/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(
    r"""import\s*(?:(?:\{(?P<names>[^}]*)\}|\*\s*as\s+(?P<space>[\w$]+))\s*from\s*)?"""
    r"""(?P<quote>["'])(?P<path>[^"'\n]+)(?P=quote)\s*;"""
)
_NAME = re.compile(r"(?P<name>[\w$]+)(?:\s+as\s+(?P<local>[\w$]+))?")
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function\b\*?|class|const) (?P<name>[\w$]+))", re.M)
_COMMENT = re.compile(r"^[ \t]*/\*(?:[^*]|\*(?!/))*\*/[ \t]*$", re.MULTILINE)
_UNSUPPORTED = re.compile(
    r"""^[ \t]*(?:/\*[^\n]*?\*/[ \t]*)*(?:import|export)(?![\w$]|[ \t]*[:,=)}\]])"""
    r"""|^[^/*"'`\n]*\bimport[ \t]*[(.]"""
    r"""|^(?:(?:const|let|var)\ [^\n]*=[ \t]*)?await\b|^for\ await\b""",
    re.MULTILINE,
)


class LinkError(Exception):
    """A module that cannot be linked; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class LinkedModule:
    """A module within the script. `line`: where its first line stands, counted from 0."""

    path: str
    line: int
    lines: int


@dataclass(frozen=True, slots=True)
class Script:
    """The script, and the place of each module in it."""

    text: str
    modules: tuple[LinkedModule, ...]


@dataclass(frozen=True, slots=True)
class _Module:
    """A module as the body of a function. `imports`: the names that it takes of each address."""

    body: str
    exports: frozenset[str]
    imports: dict[str, frozenset[str]]


def link(entry: str, read: Callable[[str], str]) -> Script:
    """Link the module at the address `entry` and all that it imports, in the order of evaluation.

    `read` returns the text at an address such as `/state/store.js`. Raises `LinkError`, and what
    `read` raises.
    """
    modules: dict[str, _Module | None] = {}

    def visit(path: str) -> None:
        modules[path] = None
        module = _rewrite(path, read(path))
        for target, names in module.imports.items():
            if target not in modules:
                visit(target)
            imported = modules[target]
            if imported is None:
                raise LinkError(f"{path}: imports {target}, which imports it in turn.")
            if missing := names - imported.exports:
                raise LinkError(f"{path}: {target} does not export {', '.join(missing)}.")
        del modules[path]  # so that it stands behind its imports
        modules[path] = module

    visit(entry)
    return _join({path: module for path, module in modules.items() if module is not None})


def _join(modules: dict[str, _Module]) -> Script:
    lines = [f"const {MODULES} = {{}};"]
    places: list[LinkedModule] = []
    for path, module in modules.items():
        lines += [f"// {path}", f'{MODULES}["{path}"] = (() => {{']
        body = module.body.split("\n")
        places.append(LinkedModule(path, len(lines), len(body)))
        lines += [*body, "})();"]
    return Script("\n".join(lines) + "\n", tuple(places))


def _rewrite(path: str, text: str) -> _Module:
    """The module as the body of a function, with a line for each line of `text` and one more."""
    if MODULES in text:
        raise LinkError(f"{path}: {MODULES} is reserved for the script that holds all modules.")
    head, imports, end = _read_imports(path, text)
    body = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text[end:])
    names: list[str] = []

    def declare(match: re.Match[str]) -> str:
        names.append(match["name"])
        return ""

    body = head + _EXPORT.sub(declare, body)
    if unsupported := _UNSUPPORTED.search(body):
        _fail(path, body, unsupported.start())
    exports = "".join(f", {name}" for name in sorted(names))
    body += f"\nreturn Object.freeze({{ __proto__: null{exports} }});"
    return _Module(body, frozenset(names), imports)


def _read_imports(path: str, text: str) -> tuple[str, dict[str, frozenset[str]], int]:
    """The head of a module with its imports rewritten, their names, and the end of the head."""
    head, position = "", 0
    imports: dict[str, frozenset[str]] = {}
    while True:
        if blank := _BLANK.match(text, position):
            head += "\n" * blank[0].count("\n")
            position = blank.end()
            continue
        statement = _IMPORT.match(text, position)
        if statement is None:
            return head, imports, position
        if not statement["path"].startswith(("./", "../")):
            _fail(path, text, position)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), statement["path"]))
        names = _names(path, text, statement)
        imports[target] = imports.get(target, frozenset()) | names.keys()
        head += _binding(statement["space"], names, target) + "\n" * statement[0].count("\n")
        position = statement.end()


def _names(path: str, text: str, statement: re.Match[str]) -> dict[str, str]:
    """The names that an import takes, each with its name in the module."""
    names = {}
    for part in (statement["names"] or "").split(","):
        if name := part.strip():
            match = _NAME.fullmatch(name)
            if match is None:
                _fail(path, text, statement.start())
            names[match["name"]] = match["local"] or match["name"]
    return names


def _binding(space: str | None, names: dict[str, str], target: str) -> str:
    """The declaration that stands for an import."""
    if space:
        return f'const {space} = {MODULES}["{target}"];'
    if not names:
        return ""
    return f'const {{ {", ".join(map(": ".join, names.items()))} }} = {MODULES}["{target}"];'


def _fail(path: str, text: str, position: int) -> NoReturn:
    line = text.count("\n", 0, position) + 1
    statement = text[position:].partition("\n")[0].strip()[:80]
    raise LinkError(f"{path}:{line}: {statement!r} cannot be linked.")
