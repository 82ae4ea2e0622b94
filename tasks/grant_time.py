"""When a grant ends, as people write it."""

import re
from datetime import datetime, time, timedelta

from handrail.tasks.errors import UsageError

LONGEST_DAYS = 31
_SPAN = re.compile(r"(\d{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_FORMS = "today, 18:30, 45m, 8h, 2d, or 2026-05-01T18:30"


def read_until(text: str, now: datetime) -> datetime:
    """Return the time that is meant, in the zone of ``now``. Raises UsageError.

    ``today`` lasts to the end of the day; a time of day is the next one that comes.
    """
    found = _SPAN.fullmatch(text)
    try:
        if text == "today":
            end = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
        elif found is not None:
            end = now + timedelta(**{_UNITS[found[2]]: int(found[1])})
        elif re.fullmatch(r"\d{1,2}:\d\d", text):
            hour, minute = map(int, text.split(":"))
            end = datetime.combine(now.date(), time(hour, minute), now.tzinfo)
            end += timedelta(days=1) * (end <= now)
        else:
            end = datetime.fromisoformat(text)
            end = end.replace(tzinfo=now.tzinfo) if end.tzinfo is None else end
    except ValueError as error:
        raise UsageError(f"--until {text!a} is no time: {_FORMS}") from error
    if not now < end <= now + timedelta(days=LONGEST_DAYS):
        raise UsageError(f"--until {text}: must lie ahead, within {LONGEST_DAYS} days")
    return end
