"""Key files of backups by their names: which can still be opened, and destroying those whose time is over."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from facekeep.errors import BadInput, Code
from facekeep.service.backup.files import failures_told, sync_folder
from facekeep.vault.wire import KeyName, parse_key_name

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Key:
    """A key file that lies in the folder. `expires_at` in seconds since 1970."""

    path: Path
    name: KeyName
    expires_at: float


def listed(folder: Path, horizon_hours: int) -> list[Key]:
    """Every key file, the oldest first; none where there is no such folder."""
    with failures_told():
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    named = [(path, parse_key_name(path.name)) for path in paths]
    return [Key(path, name, name.expires_at(horizon_hours)) for path, name in named if name is not None]


def chosen(folder: Path, backup_id: str, horizon_hours: int, now: Clock = time.time) -> Key:
    """The key of a backup, or of the newest where none is named.

    Raises
    ------
    BadInput
        `backup_expired`: there is none that may be opened.
    """
    found = [key for key in listed(folder, horizon_hours) if key.name.backup_id == (backup_id or key.name.backup_id)]
    alive = [key for key in found if now() < key.expires_at]
    if not alive:
        why = "its horizon has passed" if found else "no key of it is in that folder"
        raise BadInput(Code.BACKUP_EXPIRED, f"this backup opens no more: {why}")
    return max(alive, key=lambda key: key.name.made_at)


def expire(folder: Path, horizon_hours: int, now: Clock = time.time) -> int:
    """Overwrite and remove every key file whose time is over; how many. No vault is needed for that."""
    due = [key for key in listed(folder, horizon_hours) if now() >= key.expires_at]
    with failures_told():
        for key in due:
            _destroy(key.path)
    return len(due)


def _destroy(path: Path) -> None:
    with suppress(FileNotFoundError):  # the running keep was faster
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(path.parent)
