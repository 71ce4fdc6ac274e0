"""Random graphs of modules: one script has the exports of the plain modules, and maps its lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from api.page.linking import LinkError, Script, link
from api.page.source_map import source_map
from tests.unit.page.module_graphs import graph, with_cycle
from tests.unit.page.test_bundles import node

GRAPHS = 80
BODY = ("globalThis.order", "return String", "yield ", "static ")
"""Lines that linking leaves as they are."""
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def linked(texts: dict[str, str]) -> Script:
    return link("/app.js", texts.__getitem__)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Order of evaluation and exports of all graphs, linked and plain, from one run of Node."""
    folder = tmp_path_factory.mktemp("graphs")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    for number in range(GRAPHS):
        texts = graph(Random(number))
        script = f"{linked(texts).text}export {{ $modules }};\n"
        for path, text in {**texts, "/linked.mjs": script}.items():
            file = folder / f"graph{number:03}" / path[1:]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    result: dict[str, Any] = json.loads(node(Path(__file__).with_name("run_graphs.js"), folder))
    return result


def test_linked_modules_have_the_exports_of_plain_ones(report: dict[str, Any]) -> None:
    assert len(report) == GRAPHS
    for name, result in report.items():
        assert result["linked"]["exports"] == result["plain"]["exports"], name


def test_linked_modules_are_evaluated_once_in_the_order_of_plain_ones(
    report: dict[str, Any],
) -> None:
    for name, result in report.items():
        assert result["linked"]["order"] == result["plain"]["order"], name
        assert len(set(result["linked"]["order"])) == len(graph(Random(int(name[-3:]))))


def test_the_graphs_have_what_modules_may_have(report: dict[str, Any]) -> None:
    texts = "".join("".join(graph(Random(number)).values()) for number in range(GRAPHS))
    for form in (
        "import * as",
        "import {\n",
        'import "',
        "../",
        "async function",
        "class ",
        "/*\n",
    ):
        assert form in texts
    assert max(len(result["plain"]["order"]) for result in report.values()) > 6


@pytest.mark.parametrize("seed", range(20))
def test_a_cycle_is_refused_by_the_names_of_its_ends(seed: int) -> None:
    texts, (last, first) = with_cycle(Random(seed))
    with pytest.raises(LinkError) as caught:
        linked(texts)
    assert str(caught.value) == f"{last}: imports {first}, which imports it in turn."


@pytest.mark.parametrize("seed", range(20))
def test_each_line_of_a_module_is_found_by_the_source_map(seed: int) -> None:
    texts = graph(Random(seed))
    script = linked(texts)
    document = source_map(script)
    assert set(document["sources"]) == set(texts)
    lines, matches = script.text.split("\n"), 0
    for line, source, original in decoded(document["mappings"]):
        own = texts[document["sources"][source]].split("\n")
        if lines[line].strip().startswith(BODY):
            assert own[original].endswith(lines[line])
            matches += 1
    assert matches >= len(texts)


def decoded(mappings: str) -> Iterator[tuple[int, int, int]]:
    """Line of the script, source and line of it, for each mapping of a source map."""
    source = original = 0
    for line, group in enumerate(mappings.split(";")):
        for segment in filter(None, group.split(",")):
            column, source_step, line_step, source_column = numbers(segment)
            source, original = source + source_step, original + line_step
            assert (column, source_column) == (0, 0)
            yield line, source, original


def numbers(segment: str) -> Iterator[int]:
    """The numbers of a segment in base 64 of variable length."""
    value = shift = 0
    for digit in map(DIGITS.index, segment):
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            yield -(value >> 1) if value & 1 else value >> 1
            value = shift = 0
