"""Decoys and alarms: whether somebody would notice, and whether somebody would be told."""

from collections.abc import Iterator

from facekeep.service.doctor.finding import Needs, Problem, Severity, check, command, set_command
from facekeep.service.doctor.subject import Subject


@check(
    "canaries-off",
    Severity.WARNING,
    finds="a keep without canaries",
    allows="whoever walks through the keep's things with stolen access not to be noticed by what they touch",
)
def canaries_off(subject: Subject) -> Iterator[Problem]:
    """The setting that arms them."""
    if not subject.settings.canaries.armed:
        yield Problem("canaries.armed is off", set_command(subject, "canaries.armed", "true"))


@check(
    "canaries-without-files",
    Severity.NOTE,
    finds="canaries none of which are files",
    allows="whoever looks through the data folder not to be noticed",
)
def canaries_without_files(subject: Subject) -> Iterator[Problem]:
    """The setting of decoy files."""
    if subject.settings.canaries.armed and not subject.settings.canaries.files:
        yield Problem("canaries.files is off", set_command(subject, "canaries.files", "true"))


@check(
    "canaries-answer-nothing",
    Severity.NOTE,
    finds="canaries whose touch stops nobody",
    allows="whoever touched one to go on until somebody has read the alarm",
)
def canaries_answer_nothing(subject: Subject) -> Iterator[Problem]:
    """The setting of the response."""
    if subject.settings.canaries.armed and subject.settings.canaries.response == "none":
        fix = set_command(subject, "canaries.response", "freeze-session")
        yield Problem("canaries.response is none", fix)


@check(
    "canaries-missing",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="canaries that should lie somewhere and do not, or files that nobody watches",
    allows="a touch in just that place not to be noticed",
)
def canaries_missing(subject: Subject) -> Iterator[Problem]:
    """What the vault counts of its decoys."""
    if subject.examined is not None and (count := subject.examined.decoys_missing):
        fix = command("facekeep", "canary", "rotate", "--yes", "--data", subject.settings.data_dir)
        kinds = "1 kind" if count == 1 else f"{count} kinds"
        yield Problem(f"{kinds} of canaries not in place", fix)


@check(
    "alarms-untold",
    Severity.WARNING,
    finds="alarms that nobody is told of",
    allows="a theft on Friday to be noticed on Monday, by whoever looks first",
)
def alarms_untold(subject: Subject) -> Iterator[Problem]:
    """No webhook of the operator's."""
    if not subject.settings.alarms.webhook:
        fix = set_command(subject, "alarms.webhook", "https://alarms.example.org/facekeep")
        yield Problem("alarms.webhook is not set", fix)


@check(
    "alarm-secret",
    Severity.BLOCKER,
    finds="alarms whose secret is in no file, or in one that others may read",
    allows="the vault not to start; whoever reads the secret to send false alarms, so that true ones are not believed",
)
def alarm_secret(subject: Subject) -> Iterator[Problem]:
    """The file of the secret."""
    settings = subject.settings
    if not settings.alarms.webhook:
        return
    path = settings.data_dir / settings.alarms.secret_file
    if not settings.alarms.secret_file or not path.exists():
        fix = f"(umask 077; openssl rand -hex 32 > {settings.data_dir / 'alarm-secret'})"
        yield Problem("alarms.secret_file names no file", fix)
        return
    facts = subject.machine.facts(path)
    if facts.mode & 0o077:
        yield Problem(f"{path} has mode {facts.mode:04o}, not 0600", command("chmod", "0600", path))


@check(
    "alarms-open",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="alarms that nobody has acknowledged",
    allows="whoever raised them to go on",
)
def alarms_open(subject: Subject) -> Iterator[Problem]:
    """What the vault counts."""
    if subject.examined is not None and (count := subject.examined.alarms_open):
        fix = command("facekeep", "alarms", "list", "--data", subject.settings.data_dir)
        yield Problem(f"{count} alarm{'' if count == 1 else 's'} that nobody has acknowledged", fix)
