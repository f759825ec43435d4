"""Hits: faces that were enrolled later and look like a standing search's probe, each once."""

from dataclasses import dataclass

from facekeep.vault.clock import timestamp
from facekeep.vault.database import Database

MOST_HITS = 1_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A hit, the `number`th that ever was. `face` is a row number; `score` is noisy and rounded."""

    number: int
    face: int
    score: float
    one_in: float | None
    found_at: str


def add(database: Database, standing: int, face: int, score: float, one_in: float | None) -> None:
    """Inside a transaction: one more hit; a face that is one already stays what it is."""
    database.run(
        "INSERT OR IGNORE INTO standing_hits (standing, face, score, one_in, found_at) VALUES (?, ?, ?, ?, ?)",
        standing,
        face,
        score,
        one_in,
        timestamp(),
    )


def withhold(database: Database, standing: int, count: int) -> None:
    """Inside a transaction: count hits that were held back."""
    database.run("UPDATE standing_searches SET withheld = withheld + ? WHERE number = ?", count, standing)


def page(database: Database, standing: int, after: int, limit: int) -> list[Hit]:
    """Hits, oldest first, after row number `after`."""
    sql = (
        "SELECT number, face, score, one_in, found_at FROM standing_hits WHERE standing = ? AND number > ?"
        " ORDER BY number LIMIT ?"
    )
    return [Hit(*row) for row in database.rows(sql, standing, after, limit)]


def count(database: Database, standing: int) -> int:
    """How many there are."""
    (found,) = database.row("SELECT count(*) FROM standing_hits WHERE standing = ?", standing) or (0,)
    return int(found)
