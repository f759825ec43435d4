"""The clocks of the law, counted from awareness, which is an entry. UTC; the present is an argument."""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from facekeep.service.incident.notices.sentences import ABOUT, NO_FIXED_TIME, NO_LAW, STATES, TITLES

_HOURS = {"nis2-1": 24, "gdpr-33-1": 72, "nis2-2": 72}


@dataclass(frozen=True, slots=True)
class Clock:
    """When one notice is due: `due_at` in UTC, empty where no time is fixed; `rule` says so in words then."""

    notice: str
    title: str
    law: str
    due_at: str
    rule: str


def clocks(aware_at: str) -> tuple[Clock, ...]:
    """Every clock, those with a fixed time first, the earliest at the top."""
    notices = ("nis2-1", "gdpr-33-1", "nis2-2", "nis2-3", "letter", "gdpr-33-2", "gdpr-33-3", "gdpr-34", "us", "public")
    return tuple(clock_of(one, aware_at) for one in notices)


def clock_of(notice: str, aware_at: str) -> Clock:
    """The clock of one kind of notice."""
    due_at = ""
    if notice in _HOURS:
        due_at = written(_when(aware_at) + timedelta(hours=_HOURS[notice]))
    elif notice == "nis2-3":
        due_at = written(month_after(_when(aware_at) + timedelta(hours=_HOURS["nis2-2"])))
    law = ABOUT[notice.rpartition("-")[0] if notice.startswith("gdpr-33") else notice]
    rule = "" if due_at else {"us": STATES, "public": NO_LAW}.get(notice, NO_FIXED_TIME)
    return Clock(notice, TITLES[notice], law, due_at, rule)


def month_after(when: datetime) -> datetime:
    """The same day of the next month at the same time, or that month's last day where it has no such day."""
    year, month = (when.year + 1, 1) if when.month == 12 else (when.year, when.month + 1)
    return when.replace(year=year, month=month, day=min(when.day, calendar.monthrange(year, month)[1]))


def remains(due_at: str, now: datetime) -> str:
    """How much is left until then, or how long it is over, in hours and minutes; what is left is rounded down."""
    left = _when(due_at) - now
    return f"{span(left)} left" if left >= timedelta(0) else f"{span(-left)} over"


def is_over(due_at: str, now: datetime) -> bool:
    """Whether a fixed time has passed."""
    return bool(due_at) and _when(due_at) < now


def since(aware_at: str, now: datetime) -> str:
    """How long ago that was, in hours and minutes."""
    return span(max(timedelta(0), now - _when(aware_at)))


def span(length: timedelta) -> str:
    """A length of time as hours and minutes."""
    minutes = int(length.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min"


def written(when: datetime) -> str:
    """A time as notices have it: UTC, to the second."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _when(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(UTC)
