"""Who may read, write and replace the files, folders and sockets of a keep."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from facekeep.service.doctor.finding import Problem, Severity, check, command
from facekeep.service.doctor.machine import FileFacts
from facekeep.service.doctor.subject import Subject

_OTHERS, _GROUP_WRITES, _GROUP = 0o007, 0o020, 0o070
_STICKY = 0o1000
_MOST_SHOWN = 20  # of one check; the rest is counted


@dataclass(frozen=True, slots=True)
class _Place:
    path: Path
    facts: FileFacts


@check(
    "vault-permissions",
    Severity.BLOCKER,
    finds="a file or folder of the vault's that others than its user may read or write",
    allows="other users of the machine to copy what a passphrase guards, or to destroy it",
)
def vault_permissions(subject: Subject) -> Iterator[Problem]:
    """Everything below `vault/`."""
    yield from _too_open(subject, subject.settings.vault_dir)


@check(
    "store-permissions",
    Severity.WARNING,
    finds="a file or folder of store or cache that others than the server's user may read or write",
    allows="other users of the machine to copy ciphertext, count records, or destroy them",
)
def store_permissions(subject: Subject) -> Iterator[Problem]:
    """Everything below `store/` and `cache/`."""
    yield from _too_open(subject, subject.settings.store_dir)
    yield from _too_open(subject, subject.settings.cache_dir)


@check(
    "secret-permissions",
    Severity.BLOCKER,
    finds="a saved key, session or key file that others may read or write",
    allows="other users of the machine to act as whoever saved it, or to open a trial",
)
def secret_permissions(subject: Subject) -> Iterator[Problem]:
    """Everything in this keep's folder beside the data folder."""
    yield from _too_open(subject, subject.config_dir)


@check(
    "socket-permissions",
    Severity.BLOCKER,
    finds="a socket of the vault's, or their folder, that is open to more than it is for",
    allows="other users of the machine to speak to the vault as the server does, or as an operator",
)
def socket_permissions(subject: Subject) -> Iterator[Problem]:
    """The folder of sockets, the operator's socket, and the server's, which two users may share."""
    settings = subject.settings
    shared = bool(settings.vault.server_user)
    allowed = ((settings.run_dir, 0o710 if shared else 0o700), (settings.admin_socket, 0o600))
    for path, mode in (*allowed, (settings.vault_socket, 0o660 if shared else 0o600)):
        facts = _facts(subject, path)
        if facts is not None and facts.mode & ~mode & 0o777:
            yield Problem(f"{path} has mode {facts.mode:04o}, not {mode:04o}", command("chmod", f"{mode:04o}", path))


@check(
    "data-folder",
    Severity.BLOCKER,
    finds="a data folder that others may enter, or settings that others may write",
    allows="other users of the machine to change the settings, or to put files of theirs in place of the keep's",
)
def data_folder(subject: Subject) -> Iterator[Problem]:
    """The folder itself and the files directly in it."""
    settings = subject.settings
    shared = bool(settings.vault.server_user)
    mode = 0o750 if shared else 0o700
    facts = _facts(subject, settings.data_dir)
    if facts is not None and facts.mode & ~mode & 0o777:
        what = f"{settings.data_dir} has mode {facts.mode:04o}, not {mode:04o}"
        yield Problem(what, command("chmod", f"{mode:04o}", settings.data_dir))
    for name, allowed in (("keep.toml", 0o644), ("keep-id", 0o644), ("up.lock", 0o600)):
        found = _facts(subject, settings.data_dir / name)
        if found is not None and found.mode & ~allowed & 0o777:
            what = f"{settings.data_dir / name} has mode {found.mode:04o}, not {allowed:04o} or less"
            yield Problem(what, command("chmod", f"{allowed:04o}", settings.data_dir / name))


@check(
    "foreign-owner",
    Severity.BLOCKER,
    finds="a file of the keep that belongs to another user than its folder does",
    allows="that user to change it, whatever its mode is",
)
def foreign_owner(subject: Subject) -> Iterator[Problem]:
    """One owner below each folder; the data folder and settings may be root's too."""
    settings = subject.settings
    for folder in (settings.vault_dir, settings.store_dir, settings.cache_dir, settings.run_dir, subject.config_dir):
        top = _facts(subject, folder)
        if top is not None:
            yield from _owned_otherwise(subject, folder, {top.uid})
    owner = _facts(subject, settings.data_dir)
    for path in (settings.data_dir / "keep.toml", settings.data_dir / "keep-id"):
        facts = _facts(subject, path)
        if facts is not None and owner is not None and facts.uid not in {owner.uid, 0}:
            yield _not_owned(subject, path, facts, owner.uid)


@check(
    "symlinks",
    Severity.BLOCKER,
    finds="a link in the place of a file or folder of the keep",
    allows="whoever may change what it leads to, to exchange the keep's files; data on a disk nobody thinks of",
)
def symlinks(subject: Subject) -> Iterator[Problem]:
    """Links anywhere in the data folder, and the folder itself."""
    if subject.settings.data_dir.is_symlink():
        yield _link(subject.settings.data_dir)
    links = (one.path for one in _walk(subject, subject.settings.data_dir) if one.facts.kind == "link")
    yield from _shortened(_link(path) for path in links)


@check(
    "open-parent",
    Severity.BLOCKER,
    finds="a folder above the data folder in which others may rename and replace",
    allows="other users of the machine to put a keep of theirs in the place of yours",
)
def open_parent(subject: Subject) -> Iterator[Problem]:
    """Parents that somebody else may write, unless the sticky bit keeps what is not theirs."""
    for folder in subject.machine.place(subject.settings.data_dir).parents:
        facts = _facts(subject, folder)
        if facts is not None and facts.mode & 0o022 and not facts.mode & _STICKY:
            yield Problem(f"{folder} has mode {facts.mode:04o}", command("chmod", "go-w", folder))


def _too_open(subject: Subject, top: Path) -> Iterator[Problem]:
    facts = _facts(subject, top)
    places = [] if facts is None else [_Place(top, facts), *_walk(subject, top)]
    open_ = (one for one in places if one.facts.kind != "link" and one.facts.mode & (_OTHERS | _GROUP))
    yield from _shortened(_closing(one) for one in open_)


def _closing(place: _Place) -> Problem:
    mode = "0700" if place.facts.kind == "folder" else "0600"
    return Problem(f"{place.path} has mode {place.facts.mode:04o}, not {mode}", command("chmod", mode, place.path))


def _owned_otherwise(subject: Subject, folder: Path, owners: set[int]) -> Iterator[Problem]:
    others = (one for one in _walk(subject, folder) if one.facts.uid not in owners)
    yield from _shortened(_not_owned(subject, one.path, one.facts, min(owners)) for one in others)


def _not_owned(subject: Subject, path: Path, facts: FileFacts, owner: int) -> Problem:
    name, right = subject.machine.user_name(facts.uid), subject.machine.user_name(owner)
    return Problem(f"{path} belongs to {name}, not {right}", command("chown", "-h", right, path))


def _link(path: Path) -> Problem:
    return Problem(f"{path} is a link to {os.readlink(path)}", command("unlink", path))


def _shortened(problems: Iterator[Problem]) -> Iterator[Problem]:
    """The first of many: a thousand wrong files have one cause."""
    for number, one in enumerate(problems):
        if number == _MOST_SHOWN:
            return
        yield one


def _walk(subject: Subject, top: Path) -> Iterator[_Place]:
    """Everything below a folder, without following links. Raises OSError where it may not look."""
    if not top.is_dir() or top.is_symlink():
        return
    with os.scandir(top) as found:
        entries = sorted(Path(one.path) for one in found)
    for path in entries:
        facts = _facts(subject, path)
        if facts is None:
            continue
        yield _Place(path, facts)
        if facts.kind == "folder":
            yield from _walk(subject, path)


def _facts(subject: Subject, path: Path) -> FileFacts | None:
    """The facts of a file; None where there is none, or it went away meanwhile."""
    try:
        return subject.machine.facts(path)
    except FileNotFoundError:
        return None
