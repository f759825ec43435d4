"""A witness's folder: its own alone, and every file in it whole and durable."""

import fcntl
import os
from pathlib import Path

from facekeep.errors import Code, Unavailable


def lock_folder(folder: Path) -> int:
    """Make the folder (0700) and hold it while the returned descriptor is open.

    Raises
    ------
    Unavailable
        `busy`: another witness has it. Two on one folder could sign two histories.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        raise Unavailable(Code.BUSY, "another witness has this folder") from error
    return held


def replace_durably(path: Path, content: bytes) -> None:
    """Put `content` under `path` (0600), all at once; on the disk on return. Any `OSError` leaves it unknown."""
    fresh = path.with_name(path.name + ".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
