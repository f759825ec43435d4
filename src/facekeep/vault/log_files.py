"""Files that are on the disk when a call returns, or else an `OSError`.

Guarantees: a file appears under its name whole or not at all; every folder entry is synced; files are 0600, folders
0700; an existing link is never written through. A full disk is told apart (`DiskFullError`) only where nothing is left
behind of what was to be written; every other failure, above all of fsync, leaves the disk's content unknown and is the
caller's reason to stop. Nothing here retries.
"""

import errno
import fcntl
import os
from pathlib import Path

from facekeep.errors import Code, Tampered, Unavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskFullError(Exception):
    """There was no room, and what was written of it is gone again."""


def make_folder(path: Path, durable: set[Path]) -> None:
    """Create the folder and its parents up to one that is in `durable`, and add them to it.

    A folder that exists is not therefore durable: the process that made it may have been killed before its sync. So
    `durable` is what this process has synced itself.
    """
    if path in durable:
        return
    make_folder(path.parent, durable)
    try:
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _full_or(error) from error
    sync_folder(path.parent)
    durable.add(path)


def lock_folder(path: Path) -> int:
    """Create the folder if need be and return its descriptor, which is ours alone while it stays open.

    Raises
    ------
    Unavailable
        `busy`: another process holds it. `log_unwritable`: it cannot be used at all.
    """
    try:
        above = next(parent for parent in path.absolute().parents if parent.is_dir())
        make_folder(path.absolute(), {above})
        path.chmod(0o700)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, DiskFullError) as error:
        raise Unavailable(Code.LOG_UNWRITABLE, "the log's folder cannot be used") from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(folder)
        raise Unavailable(Code.BUSY, "another process has the log open") from error
    return folder


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` under `path`, durably and all at once."""
    os.close(replace_and_keep_open(path, content))


def replace_and_keep_open(path: Path, content: bytes) -> int:
    """Put `content` under `path`, durably and all at once, and return the descriptor, open for writing."""
    unfinished = path.with_name(path.name + ".tmp")
    file = _create(unfinished)
    try:
        _write_or_remove(file, content, unfinished)
        os.fsync(file)
        unfinished.rename(path)
        sync_folder(path.parent)
    except BaseException:
        os.close(file)
        raise
    return file


def write_durably(file: int, content: bytes, *, offset: int) -> None:
    """Write `content` at `offset`, where the used part of the file ends; durable on return.

    Raises
    ------
    DiskFullError
        Nothing was written: the file ends at `offset`, and that is durable too.
    OSError
        What the file holds now is unknown.
    """
    try:
        _write_all(file, content, offset)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        os.ftruncate(file, offset)
        os.fsync(file)
        raise DiskFullError from error
    _sync_data(file)


def read_file(path: Path, *, limit: int, what: str) -> bytes:
    """The whole file, which must exist and have at most `limit` bytes; `what` names it in errors.

    Raises
    ------
    Tampered
        `log_altered`: missing or larger.
    Unavailable
        `log_unwritable`: the disk does not give it.
    """
    content = read_slice(path, offset=0, length=limit + 1, what=what)
    if len(content) > limit:
        raise Tampered(Code.LOG_ALTERED, f"{what} is too large")
    return content


def read_slice(path: Path, *, offset: int, length: int, what: str) -> bytes:
    """At most `length` bytes from `offset`; raises as `read_file` does."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Tampered(Code.LOG_ALTERED, f"{what} is missing") from error
    except OSError as error:
        raise Unavailable(Code.LOG_UNWRITABLE, f"{what} cannot be read: {error.strerror}") from error


def _create(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _full_or(error) from error


def _write_or_remove(file: int, content: bytes, path: Path) -> None:
    try:
        _write_all(file, content, 0)
    except OSError as error:
        if error.errno in _FULL:
            path.unlink()
        raise _full_or(error) from error


def _write_all(file: int, content: bytes, offset: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(file, memoryview(content)[written:], offset + written)


def _sync_data(file: int) -> None:
    """Sync content and length; times may lag. Systems without fdatasync sync everything."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(file)
    else:
        os.fsync(file)


def _full_or(error: OSError) -> Exception:
    return DiskFullError() if error.errno in _FULL else error
