"""The tail of a log while it is being written: what `log_tail` describes, with its file and its entries at hand."""

import os
from collections.abc import Sequence
from pathlib import Path

from facekeep.vault.log_files import replace_and_keep_open, write_durably
from facekeep.vault.log_tail import pack_frame, pack_tail, with_room


class OpenTail:
    """The newest entries, `leaves` from index `start` on. `replace` must be called once before the first `append`."""

    def __init__(self, path: Path, start: int, leaves: Sequence[bytes]) -> None:
        self._path = path
        self._file = -1
        self._used_bytes = 0
        self.start = start
        self.leaves = list(leaves)

    def append(self, leaves: Sequence[bytes]) -> None:
        """Add entries; durable on return. Raises as `log_files.write_durably` does."""
        frame = pack_frame(self.start + len(self.leaves), leaves)
        write_durably(self._file, frame, offset=self._used_bytes)
        self._used_bytes += len(frame)
        self.leaves += leaves

    def replace(self, start: int, more: Sequence[bytes] = ()) -> None:
        """Write a new file of the entries from index `start` on and `more`, durably and all at once; go on in it."""
        leaves = [*self.leaves[start - self.start :], *more]
        content = pack_tail(start, leaves)
        file = replace_and_keep_open(self._path, with_room(content))
        self.close()
        self._file, self._used_bytes = file, len(content)
        self.start, self.leaves = start, leaves

    def close(self) -> None:
        """Give the file back; what was appended stays."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
