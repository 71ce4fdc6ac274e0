"""Queries of words, and the words of texts."""

import pytest

from core.gallery.text_query import Term, TextQuery, read_query
from core.store.words import normalized, words_of


@pytest.mark.parametrize(
    ("query", "needed", "excluded"),
    [
        ("", (), ()),
        ("Red house", (Term(("red",), True), Term(("house",), True)), ()),
        ('"red house" -Night', (Term(("red", "house"), False),), (Term(("night",), True),)),
        ('-"at night" "open', (Term(("open",), False),), (Term(("at", "night"), False),)),
        ("well-known", (Term(("well", "known"), True),), ()),
        ('" AND * OR NEAR(', (Term(("and", "or", "near"), False),), ()),
        ("- -- !? \0", (), ()),
        ("红房子", (Term(("红", "房", "子"), True),), ()),
    ],
)
def test_a_query_is_read_as_people_write_it(
    query: str, needed: tuple[Term, ...], excluded: tuple[Term, ...]
) -> None:
    assert read_query(query) == TextQuery(needed, excluded)


def test_words_have_no_case_no_accents_and_no_punctuation() -> None:
    assert words_of("Façade, STRASSE_straße (ﬁne:1.2)") == [
        "facade",
        "strasse",
        "strasse",
        "fine",
        "1",
        "2",
    ]
    assert normalized(["a B", "", "c"]) == "a b c"
    assert words_of("\ud800 한국") == ["한", "국"]
