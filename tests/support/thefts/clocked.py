"""`python -m thefts.clocked FILE MODULE …`: a module of facekeep as a program whose dates come from a file.

Only dates are set: patience, lifetimes of sessions and the like go by the monotonic clock, and run as always. `Clock`
sets it, from the test's process.
"""

import os
import runpy
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace

_LENGTH = len("2026-01-01T00:00:00.000000+00:00")


class Clock:
    """The date of every process that reads `path`; it stands still until it is moved, and never goes back."""

    def __init__(self, path: Path, start: datetime) -> None:
        self.path, self.now = path, start
        self._write()

    @property
    def at(self) -> str:
        """Now, as the vault writes times."""
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def minute(self) -> str:
        """The minute, as reports write it."""
        return self.at[:16] + "Z"

    def move(self, **by: float) -> None:
        """Later by so much, as `timedelta` takes it."""
        self.now += timedelta(**by)
        self._write()

    def _write(self) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(handle, self.now.isoformat(timespec="microseconds").encode(), 0)
        os.close(handle)


def main() -> None:
    """Read the clock's file, set the clock of the room that is started, and become that program."""
    path, module = sys.argv[1], sys.argv[2]
    handle = os.open(path, os.O_RDONLY)

    def now(zone: tzinfo | None = UTC) -> datetime:
        return datetime.fromisoformat(os.pread(handle, _LENGTH, 0).decode()).astimezone(zone)

    if module == "facekeep.vault":
        from facekeep.vault import clock

        clock.now = now
    else:
        from facekeep.service import cosigned_notes
        from facekeep.service.witness import witness

        cosigned_notes.datetime = SimpleNamespace(now=now)  # type: ignore[attr-defined]
        witness.time = SimpleNamespace(time=lambda: now().timestamp())  # type: ignore[attr-defined]
    sys.argv = [module, *sys.argv[3:]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
