"""Which faces a standing search has not been compared with, and the comparisons that were handed out.

A comparison lives in memory for a minute. One that never came back is due again in the next round: nothing was written
of it. One that comes back twice, or late, finds that the search has come further and is refused.
"""

import time
from dataclasses import dataclass

from facekeep.errors import BadInput, Code, Unavailable
from facekeep.vault.database import Database
from facekeep.vault.grants import SearchGrant

_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Due:
    """New faces of one collection for one standing search: row numbers of both, of the faces and of their blocks."""

    standing: int
    collection: int
    after: int
    faces: tuple[int, ...]
    blocks: frozenset[int]

    @property
    def through(self) -> int:
        """How far the search has come when these are compared."""
        return self.faces[-1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One that was handed out."""

    due: Due
    grant: SearchGrant


class Comparisons:
    """Comparisons of an open vault, handed out in rounds; within a round none is handed out twice."""

    def __init__(self) -> None:
        self._out: dict[str, Comparison] = {}
        self._of_round: set[tuple[int, int]] = set()

    def begin_round(self) -> None:
        """Forget what was handed out; it is due again as far as it was not opened."""
        self._out.clear()
        self._of_round.clear()

    def next(self, database: Database) -> Due | None:
        """The next of this round, or None. It counts as handed out, whatever becomes of it."""
        for standing, collection, through in database.rows(_ACTIVE):
            if (standing, collection) in self._of_round:
                continue
            found = new_faces(database, standing, collection, through)
            if found is not None:
                self._of_round.add((standing, collection))
                return found
        return None

    def give(self, comparison: Comparison) -> None:
        """Remember one until it comes back."""
        self._out[comparison.grant.grant_id] = comparison

    def take(self, grant_id: str) -> Comparison:
        """One that was handed out, once. Raises BadInput `not_found`."""
        found = self._out.pop(grant_id, None)
        if found is None or time.monotonic() - found.grant.given_at > _PATIENCE_SECONDS:
            raise BadInput(Code.NOT_FOUND, "no such comparison")
        return found

    def forget_organization(self, org_id: str) -> None:
        """Drop the comparisons of a shredded organization, with the keys that they hold."""
        self._out = {key: one for key, one in self._out.items() if not one.grant.is_of(org_id)}


def new_faces(database: Database, standing: int, collection: int, after: int) -> Due | None:
    """The live faces of a collection that were enrolled after row number `after`; None where there are none."""
    sql = "SELECT number, block FROM faces WHERE collection = ? AND number > ? ORDER BY number"
    rows = database.rows(sql, collection, after)
    if not rows:
        return None
    faces = tuple(number for number, _ in rows)
    return Due(standing, collection, after, faces, frozenset(block for _, block in rows))


def move_on(database: Database, due: Due) -> None:
    """Inside a transaction: these faces were compared. Raises Unavailable `stale` where another was faster."""
    found = database.row(
        "SELECT compared_through FROM standing_collections WHERE standing = ? AND collection = ?",
        due.standing,
        due.collection,
    )
    if found is None or found[0] != due.after:
        raise Unavailable(Code.STALE, "these faces were compared meanwhile")
    database.run(
        "UPDATE standing_collections SET compared_through = ? WHERE standing = ? AND collection = ?",
        due.through,
        due.standing,
        due.collection,
    )


_ACTIVE = (
    "SELECT s.number, c.collection, c.compared_through FROM standing_searches s"
    " JOIN standing_collections c ON c.standing = s.number"
    " WHERE s.ended_at IS NULL AND s.approved_at IS NOT NULL ORDER BY s.number, c.collection"
)
