"""How much memory processes hold, as Linux counts it: pages of their own, and pages of files that they have mapped.

Proportional set sizes are not used: they shrink when a stranger, such as this very process, maps the same libraries.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from facekeep.errors import BadInput, Code, Unavailable

_PROC = Path("/proc")
_KIB = 1024


@dataclass(frozen=True, slots=True)
class Process:
    """A running process by its number, and the module it runs."""

    pid: int
    module: str

    @property
    def bytes_held(self) -> int:
        """Its resident set in bytes, pages that it shares with others included."""
        return self._status("VmRSS")

    @property
    def peak_bytes(self) -> int:
        """The most its resident set ever was, in bytes."""
        return self._status("VmHWM")

    def mappings(self) -> Iterator["Mapping"]:
        """What it has mapped; where it hides that from us, as the vault does from users other than root, two sums."""
        try:
            lines = (_PROC / str(self.pid) / "smaps").read_text().splitlines()
        except PermissionError:
            yield Mapping(f"{self.pid}", "", own=self._status("RssAnon"), of_file=self._status("RssFile"))
        else:
            yield from _parsed(lines)

    def _status(self, name: str) -> int:
        for line in (_PROC / str(self.pid) / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * _KIB
        return 0


@dataclass(frozen=True, slots=True)
class Mapping:
    """A part of a process's memory. Bytes in memory: `own` are the process's alone, `of_file` are as in the file."""

    path: str
    offset: str
    own: int
    of_file: int


def held_together(processes: Iterable[Process]) -> int:
    """Bytes that some processes hold: their own in full, and each part of a file once, by the one that holds most."""
    own, files = 0, defaultdict[tuple[str, str], int](int)
    for process in processes:
        for one in process.mappings():
            own += one.own
            files[one.path, one.offset] = max(files[one.path, one.offset], one.of_file)
    return own + sum(files.values())


def processes_of(folder: Path) -> list[Process]:
    """Every process that names `folder` on its command line, and all that those started (as module "")."""
    found = {pid: words for pid, words in _command_lines() if str(folder) in words}
    children = {child for pid in found for child in _descendants(pid)} - found.keys()
    return [Process(pid, _module(words)) for pid, words in found.items()] + [Process(pid, "") for pid in children]


def process_of(folder: Path, module: str) -> Process:
    """The process that runs `module` and names `folder` on its command line. Raises Unavailable `internal`."""
    found = [one for one in processes_of(folder) if one.module == module]
    if not found:
        raise Unavailable(Code.INTERNAL, f"{module} does not run")
    return found[0]


def mapped_bytes(folder: Path) -> int:
    """Bytes in memory of the files under `folder` that this process has mapped."""
    here = _parsed((_PROC / "self" / "smaps").read_text().splitlines())
    return sum(one.of_file for one in here if one.path.startswith(f"{folder}/"))


def require_linux() -> None:
    """Raise BadInput `invalid_request` where no kernel counts memory as this module reads it."""
    if not (_PROC / "self" / "smaps").exists():
        raise BadInput(Code.INVALID_REQUEST, "measuring a whole keep takes Linux: memory is read from /proc")


def _parsed(smaps: Iterable[str]) -> Iterator[Mapping]:
    """Source: proc_pid_smaps(5). A head with range, permissions, offset, device, inode and path, then its counts."""
    path, offset, resident = "", "", 0
    for line in smaps:
        name, *values = line.split(maxsplit=5)
        if not name.endswith(":"):
            offset, path = values[1], values[4] if len(values) > 4 else ""
        elif name == "Rss:":
            resident = int(values[0]) * _KIB
        elif name == "Anonymous:":
            own = int(values[0]) * _KIB
            yield Mapping(path, offset, own, resident - own)


def _command_lines() -> Iterator[tuple[int, list[str]]]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it ended meanwhile
                yield int(entry.name), (entry / "cmdline").read_text(errors="replace").split("\0")


def _descendants(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in (_PROC / str(pid) / "task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from _descendants(child)


def _module(words: list[str]) -> str:
    return words[words.index("-m") + 1] if "-m" in words else Path(words[0]).name
