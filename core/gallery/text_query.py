"""Queries of words: `red house "blue roof" -night`, as the conditions of a text index."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, literal_column, select, text

from core.store import text_index
from core.store.schema import asset_search
from core.store.words import words_of

MAX_TERMS = 32
_SQLITE = text(
    f"SELECT group_concat(rowid) FROM {text_index.NAME} WHERE {text_index.NAME} MATCH :query"
)
_AMONG = text(f"{_SQLITE.text} AND rowid IN (SELECT value FROM json_each(:numbers))")
_TERM = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other; with `prefix`, the last is the beginning of a word."""

    words: tuple[str, ...]
    prefix: bool


@dataclass(frozen=True, slots=True)
class TextQuery:
    """A text has all of `needed`, and none of `excluded`."""

    needed: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()


def read_query(query: str) -> TextQuery:
    """Read a query as people write it. A word matches the beginning of words, a phrase in quotes
    whole words, `-` in front excludes; case, accents and punctuation do not count.
    """
    needed: list[Term] = []
    excluded: list[Term] = []
    for sign, phrase, word in _TERM.findall(query):
        if words := words_of(phrase or word):
            term = Term(tuple(words), prefix=not phrase)
            (excluded if sign else needed).append(term)
    return TextQuery(tuple(needed[:MAX_TERMS]), tuple(excluded[:MAX_TERMS]))


def matching(
    connection: Connection,
    terms: tuple[Term, ...],
    *,
    every: bool,
    numbers: Collection[int] | None = None,
) -> list[int]:
    """The numbers of the rows of `asset_search` with every term, or with any; of all rows, or of
    those with these `numbers`.
    """
    if connection.dialect.name == "postgresql":
        statement = select(asset_search.c.number).where(_postgresql(terms, every=every))
        if numbers is not None:
            statement = statement.where(asset_search.c.number.in_(numbers))
        return list(connection.scalars(statement))
    # One text of all numbers: a row for each takes four times as long.
    values = {"query": _fts5(terms, every=every)}
    if numbers is None:
        joined: str | None = connection.scalar(_SQLITE, values)
    else:
        joined = connection.scalar(_AMONG, {**values, "numbers": json.dumps([*numbers])})
    rows: list[int] = json.loads(f"[{joined or ''}]")
    return rows


def _fts5(terms: tuple[Term, ...], *, every: bool) -> str:
    """Terms in the language of FTS5. Words are letters and digits alone: nothing to escape."""
    phrases = [f'"{" ".join(term.words)}"{"*" if term.prefix else ""}' for term in terms]
    return (" AND " if every else " OR ").join(phrases)


def _postgresql(terms: tuple[Term, ...], *, every: bool) -> ColumnElement[bool]:
    document = func.to_tsvector(literal_column("'simple'"), literal_column("words || ' ' || notes"))
    phrases = [
        "("
        + " <-> ".join([*term.words[:-1], f"{term.words[-1]}{':*' if term.prefix else ''}"])
        + ")"
        for term in terms
    ]
    query = func.to_tsquery(literal_column("'simple'"), (" & " if every else " | ").join(phrases))
    return document.op("@@")(query)
