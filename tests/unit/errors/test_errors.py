"""The tree of errors: records survive the way through a worker and the database."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import api.problems
import api.security
import api.server
import core.errors
from core.errors import Download, FieldError, ModelMissing, StudioError, TaskFailure
from tools.docs import errors_page

OWN = (core.errors.__name__, api.problems.__name__, api.security.__name__, api.server.__name__)


def subclasses(kind: type[StudioError]) -> list[type[StudioError]]:
    """A class and all below it, as the product defines them."""
    below = [error for child in kind.__subclasses__() for error in subclasses(child)]
    return [error for error in (kind, *below) if error.__module__ in OWN]


ERRORS = subclasses(StudioError)
texts = st.text(max_size=40)
faults = st.lists(st.builds(FieldError, texts, texts), max_size=3)
downloads = st.lists(st.builds(Download, texts, texts, st.integers(0, 1 << 40)), max_size=3)


@pytest.mark.parametrize("error_class", ERRORS, ids=lambda kind: kind.code)
@given(detail=texts, field=st.none() | texts, fix=st.none() | texts, errors=faults, pull=downloads)
def test_an_error_survives_as_json(
    error_class: type[StudioError],
    detail: str,
    field: str | None,
    fix: str | None,
    errors: list[FieldError],
    pull: list[Download],
) -> None:
    more = {"pull": pull} if issubclass(error_class, ModelMissing) else {}
    error = error_class(detail, field=field, fix=fix, errors=errors, **more)
    again = StudioError.from_record(json.loads(json.dumps(error.record())))
    assert type(again) is error_class
    assert again.record() == error.record()


def test_every_code_belongs_to_one_class() -> None:
    assert len({error.code for error in ERRORS}) == len(ERRORS) > 20


def test_an_unknown_code_becomes_a_task_failure() -> None:
    error = StudioError.from_record({"code": "of another version", "detail": "It failed."})
    assert type(error) is TaskFailure
    assert error.detail == "It failed."


def test_every_error_is_in_the_reference() -> None:
    page = errors_page()
    assert [error.code for error in ERRORS if f"| `{error.code}` |" not in page] == []


def test_the_tree_in_the_docstring_is_the_tree_of_the_code() -> None:
    drawn = re.findall(r"^ {4}([│ ├└─]*)(\w+)", core.errors.__doc__ or "", re.MULTILINE)
    tree = [(len(branches) // 4, name) for branches, name in drawn]
    assert tree == list(levels(StudioError))


def levels(kind: type[StudioError], depth: int = 0) -> list[tuple[int, str]]:
    """Depth and name of a class of core/errors.py and of all below it, in their order."""
    children = [child for child in kind.__subclasses__() if child.__module__ == "core.errors"]
    below = [level for child in children for level in levels(child, depth + 1)]
    return [(depth, kind.__name__), *below]
