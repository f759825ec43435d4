"""How the vault is opened, and by whom."""

from collections.abc import Iterator

from facekeep.service import administration
from facekeep.service.doctor.finding import Problem, Severity, check, command
from facekeep.service.doctor.sealfile import unseal_method
from facekeep.service.doctor.subject import Subject


@check(
    "key-file",
    Severity.BLOCKER,
    finds="a vault that opens itself with a key file: a trial",
    allows="whoever takes this machine's disk, or a backup of all of it, to read everything",
)
def key_file(subject: Subject) -> Iterator[Problem]:
    """A trial's way."""
    if unseal_method(subject.settings) == administration.KEY_FILE:
        yield Problem("the vault opens itself with a key file", _by_shares(subject))


@check(
    "single-passphrase",
    Severity.WARNING,
    finds="a vault that one person opens alone, with a passphrase",
    allows="one person, or whoever watches that person type, to open a stolen copy",
)
def single_passphrase(subject: Subject) -> Iterator[Problem]:
    """One secret in one head."""
    if unseal_method(subject.settings) == "passphrase":
        yield Problem("one passphrase opens the vault", _by_shares(subject))


@check(
    "stray-key-file",
    Severity.WARNING,
    finds="a trial's key file beside a keep that people open",
    allows="nothing by itself; where it was this keep's once, it opens old copies of it",
)
def stray_key_file(subject: Subject) -> Iterator[Problem]:
    """A key file that should be gone."""
    path = subject.config_dir / "unseal.key"
    if path.exists() and unseal_method(subject.settings) not in {"", administration.KEY_FILE}:
        yield Problem(f"{path} is there, and the vault is not opened by it", command("shred", "-u", path))


def _by_shares(subject: Subject) -> str:
    return command("facekeep", "vault", "rotate", "root", "--unseal", "shares", "--data", subject.settings.data_dir)
