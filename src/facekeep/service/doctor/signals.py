"""Limits on reading that are so wide that they are none, and keys of backups that outlive what was forgotten."""

from collections.abc import Iterator

from facekeep.service.doctor.finding import Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Subject
from facekeep.settings import Response

_MOST_SHARE, _LONGEST_HORIZON_HOURS = 0.05, 72
_COVERAGE = "reading.coverage"


@check(
    "reading-share-wide",
    Severity.WARNING,
    finds="a share of a gallery, above a twentieth, that one member may see before two people look into it",
    allows="an insider, or a stolen session, to browse a gallery from end to end in some months",
)
def reading_share_wide(subject: Subject) -> Iterator[Problem]:
    """The share and its days."""
    signals = subject.settings.signals
    if signals.reading_share > _MOST_SHARE:
        what = f"signals.reading_share is {signals.reading_share:g}, more than {_MOST_SHARE:g}"
        yield Problem(what, set_command(subject, "signals.reading_share", "0.01"))
    if signals.reading_days < 7:
        what = f"signals.reading_days is {signals.reading_days}, less than a week"
        yield Problem(what, set_command(subject, "signals.reading_days", "30"))


@check(
    "coverage-answers-nothing",
    Severity.WARNING,
    finds="browsing of a gallery that is told and not stopped",
    allows="whoever browses to try another collection until somebody has read the alarm",
)
def coverage_answers_nothing(subject: Subject) -> Iterator[Problem]:
    """The response to the signal of coverage."""
    if subject.settings.signals.response_to(_COVERAGE) == Response.NONE:
        fix = command("facekeep", "settings", "unset", "signals.responses", "--data", subject.settings.data_dir)
        yield Problem(f"signals.responses has none for {_COVERAGE}", fix)


@check(
    "backup-horizon-long",
    Severity.NOTE,
    finds="backups that open for more than three days",
    allows="whoever has a backup and its key to read what was forgotten since",
)
def backup_horizon_long(subject: Subject) -> Iterator[Problem]:
    """The horizon that receipts of forgetting state."""
    hours = subject.settings.backup.horizon_hours
    if hours > _LONGEST_HORIZON_HOURS:
        what = f"backup.horizon_hours is {hours}, more than {_LONGEST_HORIZON_HOURS}"
        yield Problem(what, set_command(subject, "backup.horizon_hours", "24"))
