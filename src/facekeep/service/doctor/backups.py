"""Whether there is something to go back to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from facekeep.service.doctor.finding import Problem, Severity, check, command
from facekeep.service.doctor.subject import Subject

MARK = "last-backup"
_OLDEST = timedelta(hours=24)
_START_ONE = command("systemctl", "start", "facekeep-backup.service")


@check(
    "no-backup",
    Severity.WARNING,
    finds=f"a keep of which no backup was noted: by the vault, or by the file `{MARK}` that each backup leaves",
    allows="one broken disk to end it",
)
def no_backup(subject: Subject) -> Iterator[Problem]:
    """Nobody noted a backup."""
    if subject.is_made and last_backup_at(subject) is None:
        yield Problem(f"no backup of {subject.settings.data_dir} was ever noted", _START_ONE)


@check(
    "stale-backup",
    Severity.WARNING,
    finds="a newest backup older than 24 hours",
    allows="a broken disk to lose what came since; a restore of it to bring back what receipts say is gone",
)
def stale_backup(subject: Subject) -> Iterator[Problem]:
    """The age of the newest backup."""
    at = last_backup_at(subject)
    if at is not None and subject.machine.now() - at > _OLDEST:
        yield Problem(f"the newest backup is of {at:%Y-%m-%dT%H:%M:%SZ}", _START_ONE)


def last_backup_at(subject: Subject) -> datetime | None:
    """When the newest backup was made, in UTC: by the vault's word, or by the file that is there while it is sealed."""
    found = []
    if subject.examined is not None and subject.examined.last_backup_at:
        found.append(datetime.fromisoformat(subject.examined.last_backup_at).astimezone(UTC))
    if (subject.settings.data_dir / MARK).exists():
        found.append(subject.machine.facts(subject.settings.data_dir / MARK).modified)
    return max(found, default=None)
