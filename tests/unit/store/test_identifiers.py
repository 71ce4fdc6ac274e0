"""Identifiers sort by insertion, whatever the clock does."""

import pytest
from ulid import ULID

from core import identifiers
from core.identifiers import continue_after, new_id


def test_ids_of_one_moment_and_of_an_earlier_clock_sort_by_insertion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ids = [new_id() for _ in range(2000)]
    monkeypatch.setattr(identifiers, "ULID", Yesterday)
    ids += [new_id() for _ in range(2000)]
    assert ids == sorted(set(ids))
    assert {len(identifier) for identifier in ids} == {26}


def test_ids_continue_after_those_of_an_earlier_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers, "_last", 0)
    later = str(ULID.from_timestamp(4_000_000_000.0))
    continue_after(later)
    assert new_id() > later


@pytest.mark.parametrize("newest", [None, "", "no id", "\ud800"])
def test_what_is_no_id_is_ignored(newest: str | None) -> None:
    before = new_id()
    continue_after(newest)
    assert new_id() > before


class Yesterday(ULID):
    def __init__(self, value: bytes | None = None) -> None:
        super().__init__(value or ULID.from_timestamp(1_000_000_000.0).bytes)
