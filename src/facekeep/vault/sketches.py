"""Near-duplicate probes: a principal who moves one probe a little, again and again, is measuring, not looking.

A sketch is the signs of a probe's products with 128 secret planes, drawn for the organization (M. S. Charikar,
"Similarity estimation techniques from rounding algorithms", STOC 2002): two probes at an angle of t radians differ in
each bit with probability t / pi. The vault keeps sketches of a principal's probes for 30 days, each with a keyed tag
that tells an exact repeat and with whether it was flagged, and never the probes. A probe within `NEAR_BITS` of an
earlier one is flagged in the log; whoever searches is not told. A repeat is no second probe: it is flagged if it was.

`NEAR_BITS` is chosen so that at most one search in 1,000 is flagged by chance where a principal made 6,000 searches for
strangers in the window: with the shipped model's pairs of different people it is one in 3,000. At cosine 0.95 a pair is
flagged with probability 0.999, at 0.9 with 0.93; two photos of one person at 0.7 are with 0.05, and frames of one film
mostly: the flag is a question to the auditor, not a verdict. `tests/vault/test_sketches.py` keeps these figures true.
"""

import hmac
from collections.abc import Iterable, Sequence
from hashlib import shake_256

import numpy as np
from numpy.typing import NDArray

from facekeep.vault.carried import carried
from facekeep.vault.clock import day_number
from facekeep.vault.database import Database

BITS = 128
NEAR_BITS = 24
WINDOW_DAYS = 30
_SKETCH_BYTES, _TAG_BYTES = BITS // 8, 8
_RECORD_BYTES = _SKETCH_BYTES + _TAG_BYTES + 1
_RECORDS_A_ROW = 256


def note_probes(
    database: Database, org_key: bytes, org_id: str, principal: str, probes: NDArray[np.int32]
) -> bool:
    """Inside a transaction: remember these probes, int32 (p, D); returns whether one is near to an earlier one."""
    key, near = carried(database, org_id, org_key, "sketches"), False
    known = _Known(database, org_id, principal)
    for probe in probes:
        near |= known.meet(sketch(key, probe), _tag(key, probe))
    known.save()
    return near


def sketch(key: bytes, probe: NDArray[np.int32]) -> bytes:
    """The 128 signs of a probe, int32 (D,), packed into 16 bytes."""
    signs = _planes(key, len(probe)) @ probe.astype(np.int64) >= 0
    return np.packbits(signs).tobytes()


def forget_old(database: Database) -> None:
    """Inside a transaction: drop sketches older than the window."""
    database.run("DELETE FROM probe_sketches WHERE day < ?", first_day_kept())


def first_day_kept() -> int:
    """The first day of the window."""
    return day_number() - WINDOW_DAYS + 1


class _Known:
    """A principal's sketches of the window; rows hold up to 256 of them, so that an append rewrites little."""

    def __init__(self, database: Database, org_id: str, principal: str) -> None:
        self._database, self._owner = database, (org_id, principal)
        rows = database.rows(
            "SELECT number, day, sketches FROM probe_sketches WHERE principal = ? AND day >= ? ORDER BY number",
            principal,
            first_day_kept(),
        )
        self._last = rows[-1] if rows else None
        kept = b"".join(sketches for _, _, sketches in rows)
        self._records = np.frombuffer(kept, np.uint8).reshape(-1, _RECORD_BYTES)
        self._new: list[bytes] = []

    def meet(self, own_sketch: bytes, tag: bytes) -> bool:
        """Whether a probe is near to an earlier one; a repeat is what it was, and is not remembered again."""
        seen = np.vstack([self._records, _rows(self._new)])
        same = (seen[:, _SKETCH_BYTES:-1] == np.frombuffer(tag, np.uint8)).all(axis=1)
        if same.any():
            return bool(seen[same][0, -1])
        apart = np.bitwise_count(seen[:, :_SKETCH_BYTES] ^ np.frombuffer(own_sketch, np.uint8)).sum(axis=1)
        near = bool((apart <= NEAR_BITS).any())
        self._new.append(own_sketch + tag + bytes([near]))
        return near

    def save(self) -> None:
        """Append what is new to the last row of today, as far as it has room, and to further ones."""
        today = day_number()
        fresh = list(self._new)
        if self._last is not None and self._last[1] == today:
            number, _, sketches = self._last
            room = _RECORDS_A_ROW - len(sketches) // _RECORD_BYTES
            self._database.run(
                "UPDATE probe_sketches SET sketches = ? WHERE number = ?", sketches + b"".join(fresh[:room]), number
            )
            fresh = fresh[room:]
        for some in _chunks(fresh, _RECORDS_A_ROW):
            self._database.run(
                "INSERT INTO probe_sketches (org_id, principal, day, sketches) VALUES (?, ?, ?, ?)",
                *self._owner,
                today,
                b"".join(some),
            )


def _tag(key: bytes, probe: NDArray[np.int32]) -> bytes:
    return hmac.digest(key, b"tag" + probe.astype("<i4").tobytes(), "sha256")[:_TAG_BYTES]


def _planes(key: bytes, dimension: int) -> NDArray[np.int64]:
    """Odd integers in [-255, 255], int64 (128, D): no product of a sparse probe is zero more often than of others."""
    drawn = shake_256(b"planes" + key).digest(BITS * dimension)
    return 2 * np.frombuffer(drawn, np.uint8).reshape(BITS, dimension).astype(np.int64) - 255


def _rows(records: Sequence[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(records), np.uint8).reshape(-1, _RECORD_BYTES)


def _chunks(records: Sequence[bytes], size: int) -> Iterable[Sequence[bytes]]:
    return (records[start : start + size] for start in range(0, len(records), size))
