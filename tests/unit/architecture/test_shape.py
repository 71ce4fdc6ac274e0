"""The shape of the code: small files, small functions, honest names, nothing that runs strings."""

import ast

from tools.house.figures import (
    MAX_FILE_LINES,
    MAX_FUNCTION_LINES,
    Function,
    broad_excepts,
    is_explained,
    length,
    place,
    says_why,
)
from tools.house.source import modules, nodes, page_files, python_files

VAGUE = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}


def test_no_file_is_longer_than_400_lines() -> None:
    files = python_files() + page_files(".js", ".css", ".html")
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    long = [f"{place(path)}: {n} lines" for path, n in lengths.items() if n > MAX_FILE_LINES]
    assert not long, "split by noun:\n" + "\n".join(long)


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{place(path, node.lineno)} {node.name}: {length(node)} lines"
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, Function) and length(node) > MAX_FUNCTION_LINES
    ]
    assert not long, "\n".join(long)


def test_names_of_files_say_their_one_job() -> None:
    vague = [place(path) for path in python_files() + page_files(".js") if path.stem in VAGUE]
    assert not vague


def test_nothing_evaluates_text() -> None:
    lines = [
        place(path, node.lineno)
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in {"eval", "exec"}
    ]
    assert not lines


def test_nothing_unpickles() -> None:
    lines = [
        f"{module.place}:{imported.line}"
        for module in modules()
        for imported in module.imports()
        if imported.name.split(".")[0] in {"pickle", "dill", "shelve", "marshal"}
    ]
    assert not lines


def test_a_broad_except_says_what_it_protects() -> None:
    silent = [
        place(path, handler.lineno)
        for path in python_files()
        for handler in broad_excepts(path)
        if not is_explained(path, handler)
    ]
    assert not silent, f"a comment on the except, or beside it, says why: {silent}"


def test_every_module_says_what_it_knows() -> None:
    written = [module for module in modules() if module.path.read_text(encoding="utf-8").strip()]
    assert not [module.place for module in written if not ast.get_docstring(module.tree())]


def test_silencing_a_check_is_no_reason() -> None:
    assert not says_why("except Exception:  # noqa: BLE001")
    assert says_why("except Exception:  # noqa: BLE001 (decoders fail in many ways)")
    assert says_why("except Exception:  # the thread must outlive any piece of work")


def test_every_text_file_is_read_and_written_as_utf_8() -> None:
    """The encoding of the machine's locale is another one on many machines."""
    unnamed = [
        place(path, node.lineno)
        for path in python_files()
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if len(node.args) < {"read_text": 1, "write_text": 2}.get(node.func.attr, 0)
        if "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert not unnamed, 'pass encoding="utf-8":\n' + "\n".join(unnamed)
