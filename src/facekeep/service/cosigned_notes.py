"""The checkpoints that witnesses signed, one an hour: what a report about that hour can rest on later.

They are public, and cannot be made up: a witness's signature carries its own time. Whoever holds the folder can delete
them, and then nothing is proven of that time.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from facekeep.ledger.note import MAX_NOTE_BYTES
from facekeep.service.witness.files import replace_durably

_MOST_FILES = 24 * 800  # two years and more
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}", re.ASCII)


class CosignedNotes:
    """A folder of notes, each under the hour in which it was kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, note: str) -> None:
        """Keep a note, unless there is one of this hour already. Raises OSError where it cannot be written."""
        path = self._folder / datetime.now(UTC).strftime("%Y-%m-%dT%H")
        if path.exists():
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_durably(path, note.encode())
        for old in self._names()[_MOST_FILES:]:
            (self._folder / old).unlink(missing_ok=True)

    def newest_first(self) -> Iterator[str]:
        """Every note that can be read. Nothing of it is verified."""
        for name in self._names():
            path = self._folder / name
            if path.stat().st_size <= MAX_NOTE_BYTES:
                yield path.read_text(errors="replace")

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted((one.name for one in self._folder.iterdir() if _NAME.fullmatch(one.name)), reverse=True)
