"""Decoy files in the data folder: credentials, an old configuration with a secret, and a backup.

A file's access time is set back to its modification time when it is armed: most file systems (`relatime`) write the
first read after that down, so that a read while no vault ran is noticed at the next unsealing.
"""

import json
import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from facekeep.vault.canaries import people
from facekeep.vault.canaries.customer import Customer
from facekeep.vault.canaries.register import Canary, Kind
from facekeep.vault.clock import timestamp
from facekeep.vault.keys import fresh_key
from facekeep.vault.open_vault import OpenVault

FILES = (Kind.API_KEY, Kind.CONFIGURATION_SECRET, Kind.BACKUP_FILE)
_CREDENTIALS = ("credentials.json", "service-account.json", "api-key.json")
_OLD_SETTINGS = ("keep.toml.bak", "keep.toml.old", "keep.toml.orig")
_BACKUP_FOLDER = "backups"
_SMALLEST, _LARGEST = 4_096, 16_384  # of a backup, in blocks of 16 bytes


@dataclass(frozen=True, slots=True)
class DecoyFile:
    """A file to be written: its name from the data folder, and what it holds; None for bytes that look encrypted."""

    kind: Kind
    name: str
    content: bytes | None


def planned(made: Customer, data_dir: Path) -> tuple[DecoyFile, ...]:
    """The three files of a decoy organization, which hold its keys, under names that are free."""
    return (
        DecoyFile(Kind.API_KEY, _free(data_dir, _CREDENTIALS), _credentials(made.key, data_dir)),
        DecoyFile(Kind.CONFIGURATION_SECRET, _free(data_dir, _OLD_SETTINGS), _settings(made.second_key, data_dir)),
        DecoyFile(Kind.BACKUP_FILE, f"{_BACKUP_FOLDER}/vault-{timestamp()[:10]}.tar.gz.enc", None),
    )


def write(vault: OpenVault, canary: Canary, data_dir: Path) -> int:
    """Write a decoy file, mode 0600, in one step; returns its access time, in nanoseconds."""
    path = data_dir / canary.thing
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(vault.canaries.content(canary) or _encrypted())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return set_back(path)


def set_back(path: Path) -> int:
    """Make the next read show: the access time becomes the modification time, which is returned."""
    changed = path.stat().st_mtime_ns
    os.utime(path, ns=(changed, changed))
    return path.stat().st_atime_ns


def remove(canary: Canary, data_dir: Path) -> None:
    """Delete a decoy file."""
    with suppress(FileNotFoundError):
        (data_dir / canary.thing).unlink()


def _free(data_dir: Path, names: tuple[str, ...]) -> str:
    return next((name for name in _mixed(names) if not (data_dir / name).exists()), f"{people.chosen(names)}.1")


def _mixed(names: tuple[str, ...]) -> list[str]:
    start = people.below(len(names))
    return [*names[start:], *names[:start]]


def _credentials(key: str, data_dir: Path) -> bytes:
    with suppress(OSError, tomllib.TOMLDecodeError, AttributeError):
        port = tomllib.loads((data_dir / "keep.toml").read_text("utf-8")).get("http", {}).get("port", 8470)
        return json.dumps({"url": f"http://127.0.0.1:{port}", "api_key": key}).encode()
    return json.dumps({"url": "http://127.0.0.1:8470", "api_key": key}).encode()


def _settings(key: str, data_dir: Path) -> bytes:
    """The settings as they are, with what somebody might once have written there."""
    now = ""
    with suppress(OSError, UnicodeDecodeError):
        now = (data_dir / "keep.toml").read_text("utf-8")
    secret = f'[store]\nrecords_url = "postgresql://facekeep:{fresh_key().hex()[:24]}@db.internal/facekeep"\n'
    return f"{now}\n{secret}\n# nightly export\n# FACEKEEP_API_KEY={key}\n".encode()


def _encrypted() -> bytes:
    """What `openssl enc` writes: a head, and bytes without a pattern."""
    return b"Salted__" + os.urandom(8 + 16 * (_SMALLEST + people.below(_LARGEST - _SMALLEST)))
