"""Days of time zones."""

from datetime import date

import pytest

from core.errors import InvalidInput
from core.history.zones import day_of, zone_of


@pytest.mark.parametrize(
    ("zone", "day", "span"),
    [
        ("UTC", date(2026, 1, 31), ("2026-01-31T00:00:00", "2026-02-01T00:00:00")),
        ("Europe/Berlin", date(2026, 1, 31), ("2026-01-30T23:00:00", "2026-01-31T23:00:00")),
        ("Europe/Berlin", date(2026, 3, 29), ("2026-03-28T23:00:00", "2026-03-29T22:00:00")),
        ("America/New_York", date(2026, 11, 1), ("2026-11-01T04:00:00", "2026-11-02T05:00:00")),
        ("Asia/Kolkata", date(2026, 1, 1), ("2025-12-31T18:30:00", "2026-01-01T18:30:00")),
    ],
)
def test_a_day_is_as_long_as_it_is_there(zone: str, day: date, span: tuple[str, str]) -> None:
    start, end = zone_of(zone).span(day)
    assert (start[:19], end[:19]) == span
    assert zone_of(zone).day(start) == day
    assert zone_of(zone).day(end) != day


def test_without_a_name_the_zone_is_that_of_the_machine() -> None:
    zone = zone_of(None)
    start, end = zone.span(zone.today())
    assert start < end
    assert zone.day(start) == zone.today()


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/passwd", "\0", "x" * 300])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        zone_of(name)
    assert refusal.value.field == "tz"


@pytest.mark.parametrize("text", ["", "today", "2026-1-1", "20260101", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        day_of(text)
    assert refusal.value.field == "date"
