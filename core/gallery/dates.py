"""Days and months of assets in a time zone. The time of an asset is that of its id."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import InvalidInput
from core.identifiers import first_id, time_of


class Dates:
    """Dates in a zone of the IANA database, such as `Europe/Berlin`."""

    def __init__(self, timezone: str) -> None:
        """Raise `InvalidInput` for an unknown zone."""
        try:
            self._zone = ZoneInfo(timezone) if timezone != "UTC" else UTC
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidInput(
                f"There is no time zone {timezone[:60]!r}.",
                field="timezone",
                fix="Give a name of the IANA database, such as Europe/Berlin or UTC.",
            ) from error

    def day_of(self, asset_id: str) -> tuple[str, str]:
        """The day of an asset, and the lowest id of that day."""
        day = time_of(asset_id).astimezone(self._zone).date()
        return day.isoformat(), first_id(self._start(day))

    def month_of(self, asset_id: str) -> tuple[str, str]:
        """The month of an asset, and the lowest id of that month."""
        day = time_of(asset_id).astimezone(self._zone).date().replace(day=1)
        return day.isoformat()[:7], first_id(self._start(day))

    def first_id(self, text: str) -> str:
        """The lowest id of a day, or from a moment on."""
        return first_id(self._moment(text, "from"))

    def end_id(self, text: str) -> str:
        """An id above those of a day, or of a moment."""
        moment = self._moment(text, "to")
        if len(text) == len("2026-01-31"):
            return first_id(self._start(date.fromisoformat(text) + timedelta(days=1)))
        return first_id(moment + timedelta(milliseconds=1))

    def _moment(self, text: str, field: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        except (ValueError, OverflowError):
            raise InvalidInput(
                f"{text[:40]!r} is no date.", field=field, fix="Give a day such as 2026-01-31."
            ) from None

    def _start(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone)
