"""What a check is, and what it finds."""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facekeep.service.doctor.subject import Subject

DOCS_PAGE = "docs/doctor.md"


class Severity(StrEnum):
    """How bad. A keep with a blocker should not run; a warning should be put right soon; a note is worth knowing."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


class Needs(StrEnum):
    """What a check looks at: files, settings and the machine; the open vault; or the running server."""

    FILES = "files"
    VAULT = "vault"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where something is wrong: a sentence that names it, and the command that puts it right.

    `severity` is less than the check's where this place is less bad.
    """

    what: str
    fix: str
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `finds` and `allows` are what `docs/doctor.md` says of it; `severity` is the worst it can find."""

    name: str
    severity: Severity
    needs: Needs
    finds: str
    allows: str
    look: Callable[["Subject"], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found at one place. `accepted` says why somebody lives with it; empty where nobody does."""

    check: str
    severity: Severity
    what: str
    allows: str
    fix: str
    docs: str
    accepted: str = ""


def check(
    name: str, severity: Severity, *, finds: str, allows: str, needs: Needs = Needs.FILES
) -> Callable[[Callable[["Subject"], Iterable[Problem]]], Check]:
    """Make a check of the function below."""
    return lambda look: Check(name, severity, needs, finds, allows, look)


def command(*words: object) -> str:
    """A command line whose words a shell takes as they are."""
    return shlex.join(str(one) for one in words)


def set_command(subject: "Subject", name: str, value: str) -> str:
    """The command that changes one setting of this keep."""
    return command("facekeep", "settings", "set", name, value, "--data", subject.settings.data_dir)
