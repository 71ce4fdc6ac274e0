"""Search for private vocabulary in code and docs: `python -m tools.words`.

Reads docstrings and names of Python files, JSDoc comments and declarations of the page, and
sentences of the docs. The banned words and their replacements are in banned_words.toml.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIST = Path(__file__).with_name("banned_words.toml")
PYTHON = ("core", "api", "tools", "benchmarks", "tests")
GENERATED = ("docs/bricks.md", "docs/reference/")
"""Pages made from the code, whose words are checked there."""
JSDOC = re.compile(r"/\*\*(?P<text>.*?)\*/", re.DOTALL)
MARGIN = re.compile(r"^[ \t]*\*[ \t]?", re.MULTILINE)
DECLARED = re.compile(r"\b(?:const|let|function|class)\s+(\w+)|\b(\w+)\s*=>")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"\]\([^)]*\)")
SENTENCE = re.compile(
    r"(?:^|(?<=[.!?:] ))(?P<first>[A-Z]\w*)\b(?P<rest>[^.!?]*[.!?]?)", re.MULTILINE
)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, order=True)
class Finding:
    """A banned word at a line of a file, and the replacement."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}: {self.message}"


@dataclass(frozen=True)
class BannedWords:
    """Openings, names and words with their replacements."""

    openings: frozenset[str]
    sentence_openings: frozenset[str]
    names: dict[str, str]
    words: dict[str, str]

    @staticmethod
    def read(path: Path = LIST) -> "BannedWords":
        """Parse a TOML file."""
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return BannedWords(
            frozenset(table["openings"]),
            frozenset(table["sentence_openings"]),
            table["names"],
            table["words"],
        )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches any banned word in prose."""
        words = "|".join(re.escape(word) for word in self.words)
        return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)

    def in_prose(self, text: str) -> Iterator[tuple[int, str]]:
        """Banned words of a text: line offset and message."""
        prose = CODE.sub(_blank, text)
        for match in self.pattern.finditer(prose):
            word = match[0].lower()
            yield prose.count("\n", 0, match.start()), f'"{word}": say {self.words[word]}'

    def in_comment(self, text: str) -> Iterator[tuple[int, str]]:
        """Banned opening and banned words of a docstring or JSDoc comment."""
        first = text.split(maxsplit=1)[0].strip(",.:;") if text.strip() else ""
        if first in self.openings:
            yield 0, f'begins with "{first}": begin with a noun phrase or an imperative'
        yield from self.in_prose(text)

    def in_name(self, name: str) -> Iterator[str]:
        """A message if the name is banned."""
        term = self.names.get(name.lstrip("_"))
        if term is not None:
            yield f"name `{name}`: say {term}"

    def in_page(self, text: str) -> Iterator[tuple[int, str]]:
        """Banned openings of sentences and banned words of a Markdown page: line and message."""
        prose = LINK.sub("]", CODE.sub(_blank, text))
        for match in SENTENCE.finditer(prose):
            if match["first"] in self.sentence_openings and not match["rest"].endswith("?"):
                line = prose.count("\n", 0, match.start()) + 1
                yield line, f'a sentence begins with "{match["first"]}": put the subject first'
        for offset, message in self.in_prose(text):
            yield offset + 1, message


def main() -> None:
    """Print every finding; exit 1 if there is one."""
    findings = sorted(search(BannedWords.read()))
    for finding in findings:
        print(finding)
    if findings:
        raise SystemExit(1)


def search(banned: BannedWords, root: Path = ROOT) -> Iterator[Finding]:
    """Every finding in the files of a repository."""
    paths = [root / "main.py", *(path for top in PYTHON for path in (root / top).rglob("*.py"))]
    for path in paths:
        yield from _located(path, python_findings(path.read_text(encoding="utf-8"), banned))
    for path in (root / "web").rglob("*.js"):
        if "vendor" not in path.parts:
            yield from _located(path, script_findings(path.read_text(encoding="utf-8"), banned))
    for path in [*root.glob("*.md"), *(root / "docs").rglob("*.md")]:
        if not path.relative_to(root).as_posix().startswith(GENERATED):
            text = path.read_text(encoding="utf-8")
            yield from _located(path, banned.in_page(text))


def python_findings(source: str, banned: BannedWords) -> Iterator[tuple[int, str]]:
    """Findings in docstrings and declared names of a Python module: line and message."""
    for node in ast.walk(ast.parse(source)):
        for text in _docstrings(node):
            for offset, message in banned.in_comment(str(text.value)):
                yield text.lineno + offset, message
        for name in _declared(node):
            for message in banned.in_name(name):
                yield getattr(node, "lineno", 1), message


def script_findings(source: str, banned: BannedWords) -> Iterator[tuple[int, str]]:
    """Findings in JSDoc comments and declared names of a JavaScript module: line and message."""
    for match in JSDOC.finditer(source):
        begin = source.count("\n", 0, match.start("text")) + 1
        for offset, message in banned.in_comment(MARGIN.sub("", match["text"])):
            yield begin + offset, message
    code = JSDOC.sub(_blank, source)
    for match in DECLARED.finditer(code):
        for message in banned.in_name(match[1] or match[2]):
            yield code.count("\n", 0, match.start()) + 1, message


def _docstrings(node: ast.AST) -> Iterator[ast.Constant]:
    """Strings that stand alone: docstrings, and those below an attribute."""
    if not isinstance(node, DOCUMENTED):
        return
    for statement in node.body:
        text = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield text


def _declared(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Attribute(attr=name, ctx=ast.Store()):
            yield name


def _blank(match: re.Match[str]) -> str:
    """As many lines as the match, so that line numbers stay."""
    return "\n" * match[0].count("\n")


def _located(path: Path, findings: Iterator[tuple[int, str]]) -> Iterator[Finding]:
    return (Finding(path, line, message) for line, message in findings)


if __name__ == "__main__":
    main()
