"""What the machine does with memory and limits: core dumps, swap, open files, the clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from facekeep.service.doctor.finding import Needs, Problem, Severity, check, command
from facekeep.service.doctor.separation import SERVER, VAULT
from facekeep.service.doctor.subject import Subject

_LEAST_OPEN_FILES = 1_024
_CLOCK_SLACK = timedelta(seconds=5)


@check(
    "core-dumps",
    Severity.WARNING,
    finds="a system that writes the memory of a crashed process to the disk, or sends it to a program",
    allows="photos and probes that passed through the server to lie on the disk. The vault forbids its own",
)
def core_dumps(subject: Subject) -> Iterator[Problem]:
    """The kernel's pattern and the limits. A program gets dumps whatever the limit says, unless it is /bin/false."""
    pattern = subject.machine.core_pattern()
    if pattern.startswith("|") and not pattern.startswith("|/bin/false"):
        fix = command("sysctl", "-w", "kernel.core_pattern=|/bin/false")
        yield Problem(f"kernel.core_pattern hands dumps to {pattern[1:].split(' ')[0]}", fix)
    elif not pattern.startswith("|"):
        yield from _core_limits(subject)


@check(
    "swap",
    Severity.WARNING,
    finds="swap that is on and not encrypted",
    allows="photos and probes, and keys where the vault may not lock its memory, to lie on the disk for long",
)
def swap(subject: Subject) -> Iterator[Problem]:
    """Every area in use."""
    for area in subject.machine.plain_swaps():
        yield Problem(f"{area} is swap without encryption", command("swapoff", area))


@check(
    "open-files",
    Severity.WARNING,
    finds="a limit of open files that many blocks and connections will reach",
    allows="the server to refuse work under load",
)
def open_files(subject: Subject) -> Iterator[Problem]:
    """The limit of running processes, else of those that start from here."""
    running = [one for name in (VAULT, SERVER) for one in subject.machine.processes(name, subject.settings.data_dir)]
    limits = [one.open_files for one in running if one.open_files is not None] or [subject.machine.open_files()]
    if any(0 <= one < _LEAST_OPEN_FILES for one in limits):
        yield Problem(f"{min(limits)} files may be open at once", f"ulimit -n {4 * _LEAST_OPEN_FILES}")


@check(
    "clock-unsynchronized",
    Severity.WARNING,
    finds="a clock that follows no other",
    allows="wrong times in the log, keys and approvals that end too late, codes of the second factor that fail",
)
def clock_unsynchronized(subject: Subject) -> Iterator[Problem]:
    """What the kernel says of its clock."""
    if subject.machine.clock_is_synchronized() is False:
        yield Problem("the kernel's clock is not synchronized", command("timedatectl", "set-ntp", "true"))


@check(
    "clock-behind",
    Severity.WARNING,
    finds="a clock that is behind the newest checkpoint of the log",
    allows="times in the log that go backwards, so that nobody can say what came first",
)
def clock_behind(subject: Subject) -> Iterator[Problem]:
    """The newest checkpoint's file against now."""
    path = subject.settings.vault_dir / "log" / "checkpoint"
    if not path.exists():
        return
    written, now = subject.machine.facts(path).modified, subject.machine.now()
    if written > now + _CLOCK_SLACK:
        what = f"{path} was written at {written:%Y-%m-%dT%H:%M:%SZ}, and it is {now:%Y-%m-%dT%H:%M:%SZ}"
        yield Problem(what, command("timedatectl", "set-ntp", "true"))


@check(
    "clock-behind-log",
    Severity.WARNING,
    needs=Needs.VAULT,
    finds="a clock that is behind the newest entry of the log",
    allows="times in the log that go backwards, so that nobody can say what came first",
)
def clock_behind_log(subject: Subject) -> Iterator[Problem]:
    """The newest entry against now."""
    last = subject.examined.last_entry_at if subject.examined else ""
    if last and datetime.fromisoformat(last).astimezone(UTC) > subject.machine.now() + _CLOCK_SLACK:
        yield Problem(f"the log's newest entry is of {last}", command("timedatectl", "set-ntp", "true"))


def _core_limits(subject: Subject) -> Iterator[Problem]:
    server = subject.machine.processes(SERVER, subject.settings.data_dir)
    limits = [one.core_limit_bytes for one in server if one.core_limit_bytes is not None]
    limit = max(limits, key=abs) if limits else subject.machine.core_limit_bytes()
    if limit != 0:
        size = f"up to {limit} bytes" if limit > 0 else "any size"
        yield Problem(f"a core dump of the server may have {size}", "ulimit -c 0")
