"""Takes the bytes that a thief of each tier would hold from the keep of a drill, while it runs."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from facekeep.service.backup.make import make_backup
from facekeep.service.drill.own_keep import OwnKeep

DATABASE = "records.sqlite3"


@dataclass(frozen=True, slots=True)
class Loot:
    """Copied files by tier. `folders` has one folder a tier of files; `everything` is the copied data folder."""

    everything: Path
    folders: dict[str, Path] = field(default_factory=dict)


def take(keep: OwnKeep, to: Path) -> Loot:
    """Copy the files of a running keep, tier by tier; makes a backup for it. Raises what a backup raises."""
    data = keep.settings.data_dir
    make_backup(keep.settings, to / "backup", to / "backup keys")
    loot = Loot(at_one_moment(keep, to / "all-disks" / "keep"))
    parts = {
        "database": [path for path in _files(data / "store") if path.name.startswith(DATABASE)],
        "index": [path for path in _files(data / "store") if "blocks" in path.relative_to(data).parts],
        "caches": list(_files(keep.settings.cache_dir)),
        "log-files": list(_files(data / "vault" / "log")),
        "vault-disk": list(_files(data / "vault")),
        "server-disk": [path for path in _files(data) if path.relative_to(data).parts[0] != "vault"],
        "logs": [keep.printed],
    }
    taken = {*parts["database"], *parts["index"]}
    parts["objects"] = [path for path in _files(data / "store") if path not in taken]
    for tier, paths in parts.items():
        loot.folders[tier] = to / tier
        _copy(paths, data, to / tier)
    copied(to / "backup", to / "all-disks" / "backup")
    _copy([keep.printed], data, to / "all-disks" / "printed")
    loot.folders["backup"], loot.folders["all-disks"] = to / "backup", to / "all-disks"
    return loot


def at_one_moment(keep: OwnKeep, to: Path) -> Path:
    """A copy of the data folder as it is at one moment, as a snapshot of its disk would be; returns `to`."""
    with keep.frozen():
        return copied(keep.settings.data_dir, to)


def copied(folder: Path, to: Path) -> Path:
    """A copy of the files below a folder, without sockets; returns `to`."""
    _copy(list(_files(folder)), folder, to)
    return to


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _copy(paths: Sequence[Path], root: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for path in paths:
        target = to / (path.relative_to(root) if path.is_relative_to(root) else path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # the keep runs, and deletes what it is done with
            target.write_bytes(path.read_bytes())
