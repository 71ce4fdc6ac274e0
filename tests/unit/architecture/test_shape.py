"""The shape of the code: small files, small functions, honest names, nothing that runs strings."""

import ast
import re
from pathlib import Path

from tests.unit.architecture.source import ROOT, modules, page_files, parse, python_files

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
VAGUE = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
BROAD = {"Exception", "BaseException"}
SILENCED = re.compile(r"noqa(: *[A-Z]+\d+(, *[A-Z]+\d+)*)?|type: *ignore(\[[\w-]+\])?")


def place(path: Path, line: int | None = None) -> str:
    """Where something is, for messages."""
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


def says_why(line: str) -> bool:
    """Whether a line has a comment that says more than which check it silences."""
    _, _, comment = line.partition("#")
    return len(SILENCED.sub("", comment).strip(" #()—-")) >= 8


def test_no_file_is_longer_than_400_lines() -> None:
    files = python_files() + page_files(".js", ".css", ".html")
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    long = [f"{place(path)}: {n} lines" for path, n in lengths.items() if n > MAX_FILE_LINES]
    assert not long, "split by noun:\n" + "\n".join(long)


def test_no_function_is_longer_than_60_lines() -> None:
    long = []
    for path in python_files():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION_LINES:
                    long.append(f"{place(path, node.lineno)} {node.name}: {length} lines")
    assert not long, "\n".join(long)


def test_names_of_files_say_their_one_job() -> None:
    vague = [place(path) for path in python_files() + page_files(".js") if path.stem in VAGUE]
    assert not vague


def test_nothing_evaluates_text() -> None:
    found = [
        place(path, node.lineno)
        for path in python_files()
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in {"eval", "exec"}
    ]
    assert not found


def test_nothing_unpickles() -> None:
    found = [
        f"{module.place}:{imported.line}"
        for module in modules()
        for imported in module.imports()
        if imported.name.split(".")[0] in {"pickle", "dill", "shelve", "marshal"}
    ]
    assert not found


def test_a_broad_except_says_what_it_protects() -> None:
    silent = []
    for path in python_files():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises(node):
                near = lines[node.lineno - 2 : node.body[0].lineno]
                if not any(says_why(line) for line in near):
                    silent.append(place(path, node.lineno))
    assert not silent, f"a comment on the except, or beside it, says why: {silent}"


def test_every_module_says_what_it_knows() -> None:
    written = [module for module in modules() if module.path.read_text(encoding="utf-8").strip()]
    assert not [module.place for module in written if not ast.get_docstring(module.tree())]


def test_silencing_a_check_is_no_reason() -> None:
    assert not says_why("except Exception:  # noqa: BLE001")
    assert says_why("except Exception:  # noqa: BLE001 (decoders fail in many ways)")
    assert says_why("except Exception:  # the thread must outlive any piece of work")


def _raises(handler: ast.ExceptHandler) -> bool:
    """Whether the error goes on, itself or as the cause of another: then it is not swallowed."""
    last = handler.body[-1]
    if not isinstance(last, ast.Raise):
        return False
    return last.exc is None or (isinstance(last.cause, ast.Name) and last.cause.id == handler.name)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in BROAD for kind in caught)
