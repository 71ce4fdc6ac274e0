"""Figures of the source that need no run: lengths, imports, excepts, tests, docstrings."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.house.floors import circle, upward
from tools.house.source import (
    ROOT,
    Module,
    modules,
    nodes,
    page_files,
    python_files,
    tooling,
)

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
BROAD = {"Exception", "BaseException"}
SILENCED = re.compile(r"noqa(: *[A-Z]+\d+(, *[A-Z]+\d+)*)?|type: *ignore(\[[\w-]+\])?")
OTHER_TESTS = ("browser", "unit/nano", "unit/tools", "unit/benchmarks", "unit/page", "unit/js")
"""Folders of tests/ that prove something else than core/ and api/."""
QUIET = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Figure:
    """A measured value, its target and whether the target is reached; no target: information."""

    name: str
    value: str
    target: str = ""
    reached: bool = True


def static_figures() -> list[Figure]:
    """Every figure that is read from the source alone."""
    return [*lengths(), *imports(), *excepts(), *proportions()]


def lengths() -> Iterator[Figure]:
    """Longest file and function, and the number over the limit."""
    files = [*python_files(), *page_files(".js", ".css", ".html")]
    lines = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    yield _longest("file", lines, MAX_FILE_LINES)
    spans = {
        place(path, node.lineno): length(node)
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, Function)
    }
    yield _longest("function", spans, MAX_FUNCTION_LINES)


def imports() -> Iterator[Figure]:
    """Imports upward and circles, types and lazy imports included."""
    everything = [*modules(), *tooling()]
    count = len(list(upward(everything)))
    yield Figure("imports upward", str(count), "0", count == 0)
    names = circle(everything)
    yield Figure("circles of imports", " <- ".join(names) or "0", "0", not names)


def excepts() -> Iterator[Figure]:
    """Broad excepts that swallow, per 1000 lines of code, and those with a reason beside them."""
    studio = [module.path for module in modules()]
    handlers = [(path, node) for path in studio for node in broad_excepts(path)]
    rate = 1000 * len(handlers) / sum(code_lines(path) for path in studio)
    explained = sum(1 for path, node in handlers if is_explained(path, node))
    yield Figure("broad excepts per 1000 lines of core, api and main", f"{rate:.1f}")
    all_say_why = explained == len(handlers)
    share = f"{explained} of {len(handlers)}"
    yield Figure("of these with a reason beside them", share, "all", all_say_why)


def proportions() -> Iterator[Figure]:
    """Test code per code of core and api, and public names without a docstring."""
    studio = [module for module in modules() if module.name != "main"]
    code = sum(code_lines(module.path) for module in studio)
    tests = sum(code_lines(path) for path in tests_of_studio())
    ratio = tests / code
    value = f"{ratio:.2f} ({tests} : {code} lines)"
    yield Figure("test code per code of core and api", value, "≥ 1.0", ratio >= 1)
    silent = [name for module in studio for name in undocumented(module)]
    name = "public names of core and api without a docstring"
    yield Figure(name, str(len(silent)), "0", not silent)


def place(path: Path, line: int | None = None) -> str:
    """Path from the root, with a line, for messages."""
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


def length(node: Function) -> int:
    """Lines of a function."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def broad_excepts(path: Path) -> Iterator[ast.ExceptHandler]:
    """Handlers of every exception that do not raise it again."""
    for node in nodes(path):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises(node):
            yield node


def is_explained(path: Path, handler: ast.ExceptHandler) -> bool:
    """True if a comment on the except, or beside it, says why it is broad."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return any(says_why(line) for line in lines[handler.lineno - 2 : handler.body[0].lineno])


def says_why(line: str) -> bool:
    """True if a line has a comment that says more than which check it silences."""
    _, _, comment = line.partition("#")
    return len(SILENCED.sub("", comment).strip(" #()—-")) >= 8


def code_lines(path: Path) -> int:
    """Lines with code: neither blank, nor comment, nor docstring."""
    source = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in QUIET and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in nodes(path):
        text = node.value if isinstance(node, ast.Expr) else None
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def tests_of_studio() -> Iterable[Path]:
    """Python files of tests/ that prove core/ and api/."""
    root = ROOT / "tests"
    for path in sorted(root.rglob("*.py")):
        inside = path.relative_to(root).as_posix()
        if not inside.startswith(OTHER_TESTS) and "test_nano_" not in path.name:
            yield path


def undocumented(module: Module) -> Iterator[str]:
    """Public classes, functions and methods without a docstring; a protocol's stub counts."""
    yield from _undocumented(module.tree().body, module.name)


def _undocumented(body: Iterable[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            name = f"{prefix}.{node.name}"
            if not ast.get_docstring(node):
                yield name
            if isinstance(node, ast.ClassDef):
                yield from _undocumented(node.body, name)


def _longest(noun: str, lines: dict[str, int], limit: int) -> Figure:
    name = max(lines, key=lambda name: lines[name])
    over = sum(1 for count in lines.values() if count > limit)
    value = f"{lines[name]} lines ({name}); {over} of {len(lines)} over {limit}"
    return Figure(f"longest {noun}", value, f"≤ {limit}", over == 0)


def _raises(handler: ast.ExceptHandler) -> bool:
    """True if the error goes on, itself or as the cause of another."""
    last = handler.body[-1]
    if not isinstance(last, ast.Raise):
        return False
    return last.exc is None or (isinstance(last.cause, ast.Name) and last.cause.id == handler.name)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in BROAD for kind in caught)
