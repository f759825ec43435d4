"""What witnesses signed of the newest checkpoint. Apart from `cosigning`, which loads what speaks HTTP to them."""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Cosignatures:
    """The witnesses' lines for the newest checkpoint they have signed. Thread-safe."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _note: str = ""
    _lines: dict[str, str] = field(default_factory=dict)

    def add(self, note: str, witness: str, line: str) -> None:
        """Keep the line of `witness` for `note`, and let go of those for another note."""
        with self._lock:
            if note != self._note:
                self._note, self._lines = note, {}
            self._lines[witness] = line

    def on(self, note: str) -> str:
        """The note with the lines that are known for it."""
        with self._lock:
            return note + "".join(self._lines.values()) if note == self._note else note
