"""Days of a time zone as spans of UTC, in the form in which rows keep times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import InvalidInput
from core.store.clock import timestamp

FIRST_YEAR, LAST_YEAR = 1971, 2999  # times beyond have no place in every zone


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone; `info` is None for that of this machine."""

    name: str
    info: tzinfo | None

    def local(self, moment: str) -> datetime:
        """A stored time as local time."""
        return datetime.fromisoformat(moment).astimezone(self.info)

    def day(self, moment: str) -> date:
        """The local day of a stored time."""
        return self.local(moment).date()

    def today(self) -> date:
        """The current local day."""
        return datetime.now(UTC).astimezone(self.info).date()

    def span(self, day: date) -> tuple[str, str]:
        """The first time of a local day and that of the next, as rows keep them."""
        return self._start(day), self._start(day + timedelta(days=1))

    def _start(self, day: date) -> str:
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.info)
        return timestamp(midnight.astimezone(UTC))  # without a zone: as this machine's


def zone_of(name: str | None) -> Zone:
    """The zone of an IANA name, such as `Europe/Berlin`; without one, this machine's.

    Raises `InvalidInput`.
    """
    if not name:
        return Zone("local time", None)
    try:
        return Zone(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput(
            f"There is no time zone {name[:80]!r}.",
            field="tz",
            fix="Use a name such as Europe/Berlin or UTC.",
        ) from error


def day_of(text: str) -> date:
    """The day of `2026-11-22`. Raises `InvalidInput`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or len(text) != 10 or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInput(f"{text[:40]!r} is no day.", field="date", fix="Write it as 2026-11-22.")
    return day
