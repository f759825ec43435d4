"""Blobs as files under one folder, written so that they are on the disk when `put` returns.

obstore's `LocalStore` is not used for this: it writes a temporary file and renames it, but syncs neither the file nor
the folder (its constructor has no such option, and a system-call trace of version 0.12.1 shows no fsync at all), so a
power cut can take back a blob whose row is already committed. Here the order is: write to `incoming/`, fsync the file,
rename it into place, fsync the folder. Folders are made when the store is opened, not in the middle of a write.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from tempfile import mkstemp

from facekeep.store.failures import DiskFailed, is_full, translated
from facekeep.store.names import SHARDS, Folder

_ABANDONED_AFTER_S = 3600  # a temporary file this old belongs to a process that was killed
_AT_ONCE = 64  # blobs written before they are renamed


class LocalBlobs:
    """Blobs under `root`: folders 0700, files 0600, one file a blob."""

    def __init__(self, root: Path, folders: Sequence[Folder] = tuple(Folder)) -> None:
        self._root = root
        self._folders = folders
        self._incoming = root / "incoming"
        self.prepare()

    def prepare(self) -> None:
        """Make every folder that is missing, durably, and remove what a killed writer left in `incoming/`."""
        with translated():
            _make_folder(self._root)
            _make_folder(self._incoming)
            for folder in self._folders:
                _make_folder(self._root / folder)
                _make_folders(self._root / folder, SHARDS)
            self._sweep()

    def put(self, blobs: Mapping[str, bytes]) -> None:
        """Store all of `blobs`; each is whole or absent, whatever happens."""
        remaining = iter(blobs.items())
        while some := dict(islice(remaining, _AT_ONCE)):
            with translated():
                self._put_some(some)

    def get(self, name: str) -> bytes | None:
        """The bytes of one blob, None if it is not there."""
        with translated():
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def path(self, name: str) -> Path | None:
        """The file of one blob, None if it is not there."""
        path = self._root / name
        with translated():
            return path if path.is_file() else None

    def names(self, folder: Folder) -> Iterator[str]:
        """The id of every blob in a folder."""
        for shard in SHARDS:
            with translated():
                found = sorted(os.listdir(self._root / folder / shard))
            yield from found

    def delete(self, names: Iterable[str]) -> None:
        """Unlink all of `names` and sync their folders. Contents are ciphertext and are not overwritten."""
        with translated():
            paths = [self._root / name for name in names]
            for folder in {path.parent for path in paths if _unlinked(path)}:
                _sync(folder)

    def close(self) -> None:
        """Nothing is held open."""

    def _put_some(self, blobs: Mapping[str, bytes]) -> None:
        staged: dict[Path, Path] = {}
        try:
            for name, content in blobs.items():
                staged[self._root / name] = self._stage(content)
            for final, temporary in staged.items():
                temporary.replace(final)
            for folder in {final.parent for final in staged}:
                _sync(folder)
        finally:
            for temporary in staged.values():
                temporary.unlink(missing_ok=True)

    def _stage(self, content: bytes) -> Path:
        """A new temporary file that holds `content` and is on the disk; nothing of it stays behind on failure."""
        descriptor, name = mkstemp(dir=self._incoming)  # mkstemp makes it 0600
        try:
            with open(descriptor, "wb", buffering=0) as file:
                _write_all(file.fileno(), content)
                _fsync(file.fileno())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return Path(name)

    def _sweep(self) -> None:
        oldest = time.time() - _ABANDONED_AFTER_S
        for path in self._incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


def make_private_folder(folder: Path) -> None:
    """Make `folder` with mode 0700 if it is missing, and make its name durable. Raises as `translated` does."""
    with translated():
        _make_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable. Raises as `translated` does."""
    with translated():
        _sync(folder)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync(folder.parent)


def _make_folders(parent: Path, names: Iterable[str]) -> None:
    """The same for many in one folder, with one sync."""
    missing = set(names) - set(os.listdir(parent))
    for name in sorted(missing):
        (parent / name).mkdir(mode=0o700, exist_ok=True)
    if missing:
        _sync(parent)


def _unlinked(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _fsync(descriptor)
    finally:
        os.close(descriptor)


def _fsync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if is_full(error):
            raise
        raise DiskFailed from error
