"""The check for words finds private vocabulary, and leaves code and questions alone."""

import textwrap
from pathlib import Path

import pytest

from tools.words import BannedWords, python_findings, script_findings, search

BANNED = BannedWords(
    openings=frozenset({"What", "Whether"}),
    sentence_openings=frozenset({"What"}),
    names={"found": "the noun", "Shelf": "LibrarySnapshot"},
    words={"tells": "reports", "small model": "auxiliary model"},
)


def python(source: str) -> list[tuple[int, str]]:
    """Lines and messages of a Python source, sorted."""
    return sorted(python_findings(textwrap.dedent(source), BANNED))


def test_a_docstring_begins_with_a_noun_phrase_or_an_imperative() -> None:
    source = '''
        """What a module holds."""
        LIMIT = 3
        """Whether there is a limit."""
        def load(): """Load what is there."""
    '''
    assert [line for line, _ in python(source)] == [2, 4]


def test_a_word_in_the_third_line_of_a_docstring_is_found_there() -> None:
    source = '''
        def load():
            """Load a file.

            It Tells its size.
            """
    '''
    assert python(source) == [(5, '"tells": say reports')]


@pytest.mark.parametrize(
    "source",
    [
        "found = 1",
        "for found in (): pass",
        "def load(found): pass",
        "self._found = 1",
        "class Shelf: pass",
        "lambda found: 1",
        "[0 for found in ()]",
    ],
)
def test_a_declared_name_is_reported(source: str) -> None:
    assert len(python(source)) == 1


@pytest.mark.parametrize("source", ["print(found)", "shelf = 1", "x = 'found'", "found_at = 1"])
def test_uses_strings_and_longer_names_are_left_alone(source: str) -> None:
    assert python(source) == []


def test_jsdoc_and_declarations_of_the_page_are_read() -> None:
    source = textwrap.dedent("""
        /** What is shown. */
        const found = 1;
        /**
         * A list.
         * It tells its length. `tells` is code.
         */
        const list = items.map((found) => found.id);
        // found
    """)
    assert [line for line, _ in sorted(script_findings(source, BANNED))] == [2, 3, 6]


def test_a_page_may_ask_a_question_and_name_code() -> None:
    page = "A start.\n\nWhat is this? What is here is here.\n"
    text = f"{page}```\ntells\n```\nA `tells`.\nA small model.\n"
    assert [line for line, _ in BANNED.in_page(text)] == [3, 8]


def test_findings_name_the_file_and_the_line(tmp_path: Path) -> None:
    for folder in ("core", "web", "docs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "main.py").write_text("found = 1\n", encoding="utf-8")
    (tmp_path / "web" / "app.js").write_text("\nlet found;\n", encoding="utf-8")
    (tmp_path / "docs" / "bricks.md").write_text("It tells.\n", encoding="utf-8")
    (tmp_path / "docs" / "api.md").write_text("\n\nIt tells.\n", encoding="utf-8")
    places = {(item.path.name, item.line) for item in search(BANNED, tmp_path)}
    assert places == {("main.py", 1), ("app.js", 2), ("api.md", 3)}


def test_the_list_of_the_project_is_complete() -> None:
    banned = BannedWords.read()
    assert banned.openings >= banned.sentence_openings
    assert all(banned.names.values())
    assert all(banned.words.values())
