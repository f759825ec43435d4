"""Where the data lies: kinds of file systems, room, umask."""

from collections.abc import Iterator
from pathlib import Path

from facekeep.service.doctor.finding import Problem, Severity, check, command
from facekeep.service.doctor.subject import Subject

_OF_NETWORKS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"})
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_TEMPORARY = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))  # noqa: S108  places not to keep anything in
_LEAST_FREE_BYTES, _LEAST_FREE_SHARE = 1_000_000_000, 0.05


@check(
    "network-folder",
    Severity.BLOCKER,
    finds="a data folder on a network's file system",
    allows="a lost acknowledgement to lose what was acknowledged; whoever runs that server to copy the vault's files",
)
def network_folder(subject: Subject) -> Iterator[Problem]:
    """Locks and flushes are not what they say there."""
    kind = _file_system(subject)
    if kind in _OF_NETWORKS:
        what = f"{subject.settings.data_dir} lies on {kind}"
        yield Problem(what, _move(subject))


@check(
    "temporary-folder",
    Severity.WARNING,
    finds="a data folder in memory, or where the system tidies up",
    allows="the next start of the machine to lose the keep for good",
)
def temporary_folder(subject: Subject) -> Iterator[Problem]:
    """tmpfs, /tmp and the like."""
    place, kind = subject.machine.place(subject.settings.data_dir), _file_system(subject)
    if kind in _IN_MEMORY or any(place.is_relative_to(one) for one in _TEMPORARY):
        yield Problem(f"{place} is a temporary place ({kind or 'unknown'})", _move(subject))


@check(
    "disk-nearly-full",
    Severity.WARNING,
    finds="less than 1 GB, or a twentieth, left on the disk of the data folder",
    allows="the keep to stop taking anything soon, log and all",
)
def disk_nearly_full(subject: Subject) -> Iterator[Problem]:
    """Bytes, and numbers of files."""
    if not subject.settings.data_dir.exists():
        return
    room = subject.machine.room(subject.settings.data_dir)
    look = command("du", "-xh", "--max-depth=1", subject.settings.data_dir)
    if room.free_bytes < _LEAST_FREE_BYTES or room.free_bytes < _LEAST_FREE_SHARE * room.total_bytes:
        yield Problem(f"{room.free_bytes / 1e9:.1f} GB are free of {room.total_bytes / 1e9:.0f}", look)
    if room.total_files and room.free_files < _LEAST_FREE_SHARE * room.total_files:
        yield Problem(f"room for {room.free_files} files is left of {room.total_files}", look)


@check(
    "umask",
    Severity.WARNING,
    finds="a umask that lets others write the files that are made",
    allows="other users of the machine to change exports and reports that operators write",
)
def umask(subject: Subject) -> Iterator[Problem]:
    """The keep's own files have their modes; what people write beside it has this."""
    mask = subject.machine.umask()
    if mask & 0o022 != 0o022:
        yield Problem(f"the umask here is {mask:04o}", "umask 0077")


def _file_system(subject: Subject) -> str:
    return subject.machine.file_system(subject.settings.data_dir)


def _move(subject: Subject) -> str:
    return command("mv", subject.settings.data_dir, "/srv/keep")
