"""What became of every photo of a bulk enrollment, counted and listed."""

from collections import Counter
from dataclasses import dataclass, field
from os import O_CREAT, O_EXCL, O_WRONLY, fdopen
from os import open as open_file
from pathlib import Path

from facekeep.cli.bulk.batches import Known
from facekeep.cli.bulk.listing import LeftOut
from facekeep.cli.bulk.manifest import write_rows
from facekeep.cli.bulk.resume import OK
from facekeep.cli.bulk.upload import Answered

_KNOWN_GOOD = {OK, "duplicate"}
_REFUSED_BEFORE = "refused in an earlier run; --retry-refused sends it again"


@dataclass(slots=True)
class Tally:
    """Counts, and the list of what was refused, each as path, code and reason."""

    enrolled: int = 0
    known_before: int = 0
    refused: list[tuple[str, str, str]] = field(default_factory=list)

    def answered(self, answer: Answered) -> None:
        """Count an answer of the server."""
        if answer.code == OK:
            self.enrolled += 1
        else:
            self.refused.append((str(answer.item.listed.path), answer.code, answer.reason))

    def passed_on(self, one: LeftOut | Known) -> None:
        """Count something that was not sent."""
        if isinstance(one, LeftOut):
            self.refused.append((one.where, one.code, one.reason))
        elif one.code in _KNOWN_GOOD:
            self.known_before += 1
        else:
            self.refused.append((str(one.listed.path), one.code, _REFUSED_BEFORE))

    @property
    def by_code(self) -> dict[str, int]:
        """How many were refused for which reason, most first."""
        return dict(Counter(code for _, code, _ in self.refused).most_common())

    def write_report(self, path: Path) -> None:
        """Write the refused ones as CSV (0600, never over an existing file) that no spreadsheet executes."""
        with fdopen(open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0o600), "w", encoding="utf-8",
                    errors="backslashreplace", newline="") as file:  # fmt: skip
            write_rows(file, [("path", "code", "reason"), *self.refused])
