"""Looks through one tier's bytes for everything that was planted, and shows that the search would have found it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facekeep.service.drill.declared import DeclaredTier, Outcome
from facekeep.service.drill.report import TierResult
from facekeep.service.drill.scanning import Finding, Scanner
from facekeep.service.drill.traces import Trace

_SAMPLE = 64
_GAP = b"\0" * 8


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, with the scanner that looks for it."""

    traces: Sequence[Trace]
    scanner: Scanner

    @classmethod
    def of(cls, traces: Sequence[Trace]) -> "Search":
        """A search for these traces."""
        return cls(traces, Scanner(traces))

    def folder(self, tier: DeclaredTier, folder: Path, *, also_found: Sequence[str] = ()) -> TierResult:
        """What is found in a folder of copied files, their names among it. A folder without a byte was not drilled."""
        found = self.scanner.in_folder(folder)
        pieces = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        return self._result(tier, found, pieces, also_found)

    def pieces(self, tier: DeclaredTier, pieces: Iterable[bytes]) -> TierResult:
        """What is found in bytes."""
        found: list[Finding] = []
        sample, size = [], 0
        for piece in pieces:
            found += self.scanner.in_bytes(piece, tier.name)
            sample.append(piece[:_SAMPLE])
            size += len(piece)
        return self._result(tier, found, sample, size=size)

    def _result(
        self,
        tier: DeclaredTier,
        found: Sequence[Finding],
        pieces: Sequence[bytes],
        also_found: Sequence[str] = (),
        size: int | None = None,
    ) -> TierResult:
        size = sum(len(piece) for piece in pieces) if size is None else size
        if not size:
            return not_drilled(tier, "there were no bytes of it")
        labels = {one.label for one in self.traces}
        missed = labels - self._controlled(b"".join(piece[:_SAMPLE] for piece in pieces))
        if missed:
            return not_drilled(tier, f"the search missed {len(missed)} of {len(labels)} controls", is_blind=True)
        counts = dict(sorted((Counter(one.label for one in found) + Counter(also_found)).items()))
        outcome: Outcome = "readable" if counts else "unreadable"
        return TierResult(tier.name, tier.holds, tier.expected, tier.covers, outcome, size, len(labels), counts)

    def _controlled(self, sample: bytes) -> set[str]:
        """The labels of what is found where one of each kind and encoding lies among these bytes."""
        first = {trace.label: trace.pattern for trace in reversed(self.traces)}
        hidden = b"".join(sample[-_SAMPLE:] + _GAP + pattern + _GAP for pattern in first.values())
        return {one.label for one in self.scanner.in_bytes(sample + hidden, "controls")}


def not_drilled(tier: DeclaredTier, problem: str, *, is_blind: bool = False) -> TierResult:
    """A tier of which nothing can be said, and why."""
    return TierResult(
        tier.name, tier.holds, tier.expected, tier.covers, "not drilled", problem=problem, is_blind=is_blind
    )


def own_and_children(pid: int) -> Iterator[int]:
    """A process and those that it started, and so on."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from own_and_children(int(child))
