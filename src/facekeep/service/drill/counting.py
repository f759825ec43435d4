"""Guesses, from everything a keep has on disk, at what each customer has; and whether a guess follows the truth."""

import sqlite3
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facekeep.ledger.leaf import LEAF_SIZE


def guesses(folder: Path, customers: int) -> dict[str, NDArray[np.float64]]:
    """Guesses from a copied data folder: those that came first are thought to have left the first traces."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    sizes = [path.stat().st_size for path in files]
    blocks = sorted((folder / "store").rglob("blocks/*"), key=lambda path: path.stat().st_mtime_ns)
    rows = _store_rows(folder)
    found = {
        "block sizes by age": [path.stat().st_size for path in blocks],
        "sizes of records by age": [size for size, _ in rows],
        "records by the first letters of their ids": sorted(int(name[4:8], 36) for _, name in rows),
        "bytes of log leaves by age": _leaf_sums(folder),
        "sizes of all files by name": sizes,
    }
    return {name: in_runs(values, customers) for name, values in found.items() if values}


def chance(guess: NDArray[np.generic], truth: NDArray[np.int64], *, orders: int = 20_000) -> float:
    """How often a random order of customers would correlate with the truth as well, by ranks, in either direction.

    Parameters
    ----------
    guess, truth : one number a customer, in the same order. Not all of a kind may be equal.
    orders : how many random orders are tried; the least that can come out is 1 / (orders + 1).
    """
    own, wanted = (_standardized(_ranks(values)) for values in (guess, truth))
    tried = np.random.default_rng(5).permuted(np.tile(own, (orders, 1)), axis=1) @ wanted
    return float(1 + np.count_nonzero(np.abs(tried) >= abs(own @ wanted) - 1e-9)) / (1 + orders)


def in_runs(values: list[int], customers: int) -> NDArray[np.float64]:
    """A guess at what each customer has: sums over as many runs of neighboring values as there are customers."""
    return np.array([float(part.sum()) for part in np.array_split(np.array(values), customers)])


def _store_rows(folder: Path) -> list[tuple[int, str]]:
    connection = sqlite3.connect(folder / "store" / "records.sqlite3")
    try:
        return connection.execute("SELECT length(cell), id FROM records ORDER BY rowid").fetchall()
    finally:
        connection.close()


def _leaf_sums(folder: Path) -> list[int]:
    paths = sorted((folder / "vault" / "log").rglob("*"), key=str)
    entries = b"".join(path.read_bytes() for path in paths if path.is_file())
    return [sum(entries[start : start + LEAF_SIZE]) for start in range(0, len(entries), LEAF_SIZE)]


def _ranks(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Ranks, equal values sharing theirs."""
    return np.array([np.mean(np.flatnonzero(np.sort(values) == one)) for one in values])


def _standardized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean 0 and length 1, so that a product of two is their correlation."""
    centered = values - values.mean()
    return np.asarray(centered / np.linalg.norm(centered))
