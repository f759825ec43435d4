"""The facts of the machine that checks ask for: files and their owners, processes, limits, swap, clock, packages.

Every fact comes from here, so that a test can plant what only root could, and leave the rest real.
"""

import ctypes
import os
import pwd
import resource
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_STA_UNSYNC, _TIME_ERROR = 0x40, 5  # timex.h
_TIMEX_BYTES, _STATUS_AT = 512, 40  # struct timex of 64-bit Linux, with room to spare
_CRYPT = "CRYPT-"  # how the device mapper names dm-crypt


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as `lstat` tells it. `kind` is file, folder, link, socket or other; `modified` is in UTC."""

    kind: str
    mode: int
    uid: int
    size_bytes: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Process:
    """A running process of the keep. Limits are soft ones, -1 for none; None where the kernel does not tell us."""

    pid: int
    uid: int
    core_limit_bytes: int | None
    open_files: int | None
    locked_bytes: int | None
    umask: int | None


@dataclass(frozen=True, slots=True)
class Room:
    """What a file system has left: bytes and, where it counts them, files."""

    free_bytes: int
    total_bytes: int
    free_files: int
    total_files: int


class Machine:
    """This machine, as it is."""

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC)

    def environment(self) -> Mapping[str, str]:
        """The environment that processes started from here inherit."""
        return os.environ

    def user_id(self) -> int:
        """Who looks."""
        return os.geteuid()

    def user_name(self, uid: int) -> str:
        """The name of a user, or the number where it has none."""
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:
            return str(uid)

    def knows_user(self, name: str) -> bool:
        """Whether there is a user of that name."""
        try:
            return bool(pwd.getpwnam(name).pw_name)
        except KeyError:
            return False

    def facts(self, path: Path) -> FileFacts:
        """The facts of a file; a link's own, not those of what it leads to. Raises OSError."""
        found = path.lstat()
        modified = datetime.fromtimestamp(found.st_mtime, UTC)
        return FileFacts(_kind(found.st_mode), stat.S_IMODE(found.st_mode), found.st_uid, found.st_size, modified)

    def place(self, path: Path) -> Path:
        """Where a folder really lies."""
        return path.resolve()

    def file_system(self, path: Path) -> str:
        """The type of the file system that a folder lies on, such as ext4, nfs4 or tmpfs; empty where nobody says."""
        place, best, kind = str(path.resolve()), "", ""
        for point, found in _mounts():
            inside = place == point or place.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, found
        return kind

    def room(self, path: Path) -> Room:
        """What is left where a folder lies."""
        usage, files = shutil.disk_usage(path), os.statvfs(path)
        return Room(usage.free, usage.total, files.f_favail, files.f_files)

    def umask(self) -> int:
        """The mask that new files of processes started from here get."""
        return _own_umask()

    def core_limit_bytes(self) -> int:
        """How large a core dump of a process started from here may be; -1 for no limit."""
        return resource.getrlimit(resource.RLIMIT_CORE)[0]

    def core_pattern(self) -> str:
        """Where the kernel puts core dumps; empty where it does not tell."""
        return _read(Path("/proc/sys/kernel/core_pattern")).strip()

    def open_files(self) -> int:
        """How many files a process started from here may open; -1 for no limit."""
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

    def plain_swaps(self) -> tuple[str, ...]:
        """Swap areas in use that are not encrypted."""
        areas = (line.split()[0] for line in _read(Path("/proc/swaps")).splitlines()[1:] if line.split())
        return tuple(one for one in areas if not one.startswith("/dev/zram") and not _is_encrypted(Path(one)))

    def clock_is_synchronized(self) -> bool | None:
        """Whether the kernel's clock follows another one; None where the kernel does not tell."""
        libc = ctypes.CDLL(None)
        if sys.platform != "linux" or not hasattr(libc, "adjtimex"):
            return None
        timex = ctypes.create_string_buffer(_TIMEX_BYTES)
        state = libc.adjtimex(timex)
        status = int.from_bytes(timex.raw[_STATUS_AT : _STATUS_AT + 4], sys.byteorder)
        return None if state < 0 else state != _TIME_ERROR and not status & _STA_UNSYNC

    def processes(self, module: str, data_dir: Path) -> tuple[Process, ...]:
        """Processes that run `python -m module` for the keep in `data_dir`."""
        return tuple(_process(pid) for pid in _pids() if _runs(pid, module, data_dir))

    def address(self, url: str) -> str:
        """Where a service of the settings is reached from here."""
        return url

    def packages(self) -> Iterable[metadata.Distribution]:
        """Every installed package."""
        return metadata.distributions()


def _kind(mode: int) -> str:
    known = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFSOCK: "socket"}
    return known.get(stat.S_IFMT(mode), "other")


def _mounts() -> Iterator[tuple[str, str]]:
    for line in _read(Path("/proc/self/mountinfo")).splitlines():
        before, _, after = line.partition(" - ")
        yield before.split()[4].replace("\\040", " "), after.split()[0]


def _own_umask() -> int:
    found = _field(_read(Path("/proc/self/status")), "Umask:")
    return int(found, 8) if found else 0o022


def _is_encrypted(device: Path) -> bool:
    """Whether a device is one of dm-crypt's; a swap file is not, and what lies under it is not looked at."""
    return _read(Path("/sys/block") / device.resolve().name / "dm/uuid").startswith(_CRYPT)


def _pids() -> list[int]:
    folder = Path("/proc")
    return [int(one.name) for one in folder.iterdir() if one.name.isdecimal()] if folder.is_dir() else []


def _runs(pid: int, module: str, data_dir: Path) -> bool:
    words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
    if module not in words or "--data" not in words[:-1]:
        return False
    return Path(words[words.index("--data") + 1]).absolute() == data_dir


def _process(pid: int) -> Process:
    status, limits = _read(Path(f"/proc/{pid}/status")), _read(Path(f"/proc/{pid}/limits"))
    locked, umask = _field(status, "VmLck:"), _field(status, "Umask:")
    return Process(
        pid=pid,
        uid=int(_field(status, "Uid:") or -1),
        core_limit_bytes=_limit(limits, "Max core file size"),
        open_files=_limit(limits, "Max open files"),
        locked_bytes=int(locked) * 1024 if locked else None,
        umask=int(umask, 8) if umask else None,
    )


def _field(text: str, name: str) -> str:
    """The first word after a name at the start of a line; empty where there is none."""
    words = next((line.split() for line in text.splitlines() if line.startswith(name)), [])
    return words[1] if len(words) > 1 else ""


def _limit(limits: str, name: str) -> int | None:
    line = next((line for line in limits.splitlines() if line.startswith(name)), "")
    words = line.removeprefix(name).split()
    return None if not words else -1 if words[0] == "unlimited" else int(words[0])


def _read(path: Path) -> str:
    """A file of the kernel's; empty where it is not there or not for us."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
