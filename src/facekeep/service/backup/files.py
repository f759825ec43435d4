"""Files of a backup: whole or not there, durable when they are; and what an error of their disk means."""

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from facekeep.errors import BadInput, Code, Unavailable


@contextmanager
def failures_told() -> Iterator[None]:
    """Turn errors of the backup's disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable(Code.DISK_FULL, "no room for the backup; the ones before it are as they were") from error
        raise Unavailable(Code.STORE_UNAVAILABLE, f"the backup's folder cannot be used: {error.strerror}") from error


def write(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file of mode 0600, whole or not at all, durable on return. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".tmp")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold a backup's folder for this process. Raises BadInput `conflict` where another one writes there."""
    with failures_told():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise BadInput(Code.CONFLICT, "another backup is being made in this folder") from error
    try:
        yield
    finally:
        os.close(handle)
