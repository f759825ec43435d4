"""The per-record exposure budget: what searching itself may reveal of one template.

About 2D different probes that return the same record are enough to rebuild its template. Rounding does not stop that;
counting does (`docs/sealed-index.md`, section 5). At most D/8 distinct probes of one principal may return a record in
30 days; above that the record is withheld and the outcome entry says so.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facekeep.vault.clock import day_number
from facekeep.vault.database import Database, listed
from facekeep.vault.grants import probe_digest
from facekeep.vault.incidents.register import is_frozen

WINDOW_DAYS = 30
_OF_FACES = "FROM exposures WHERE principal = ? AND face IN (SELECT value FROM json_each(?))"
UNLIMITED = 1_000_000  # only an evaluation collection may carry it


def limit_for(dimension: int, configured: int | None) -> int:
    """Distinct probes a principal may see one record through."""
    return dimension // 8 if configured is None else configured


def probe_name(probe: NDArray[np.int32]) -> bytes:
    """What a quantized probe, int32 (D,), is counted by: 16 bytes."""
    return probe_digest(probe)[:16]


def has_seen(database: Database, principal: str, face: int, probe: bytes) -> bool:
    """Whether this face's score with this probe was shown to the principal, as far back as it is counted."""
    sql = "SELECT 1 FROM exposures WHERE principal = ? AND face = ? AND probe = ?"
    return database.row(sql, principal, face, probe) is not None


def admit(database: Database, principal: str, faces: Sequence[int], probe: bytes, limit: int) -> set[int]:
    """Count this probe against each of `faces` and return those that may still be released. Inside a transaction."""
    if limit >= UNLIMITED:
        return set(faces)
    today, wanted = day_number(), listed(faces)
    over = today - WINDOW_DAYS
    if not is_frozen(database):
        database.run(f"DELETE {_OF_FACES} AND day <= ?", principal, wanted, over)
    sql = f"SELECT face, count(*) {_OF_FACES} AND day > ? GROUP BY face"
    counts: dict[int, int] = dict(database.rows(sql, principal, wanted, over))
    sql = f"SELECT face {_OF_FACES} AND day > ? AND probe = ?"
    again = {face for (face,) in database.rows(sql, principal, wanted, over, probe)}
    fresh = [face for face in dict.fromkeys(faces) if face not in again and counts.get(face, 0) < limit]
    sql = "INSERT OR REPLACE INTO exposures VALUES (?, ?, ?, ?)"
    database.run_many(sql, [(principal, face, probe, today) for face in fresh])
    return again.union(fresh)
