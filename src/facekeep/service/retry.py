"""Trying again when the gallery moved under a request: a block was sealed anew, a face was forgotten meanwhile."""

from collections.abc import Callable
from typing import TypeVar

from facekeep.errors import Code, FacekeepError

T = TypeVar("T")
TRIES = 5
_MOVED = frozenset({Code.STALE, Code.CELL_MISSING})


def settled(attempt: Callable[[], T]) -> T:
    """What `attempt` returns once nothing moved under it; at most five tries.

    A cell that is truly missing from the store stays missing: after the last try its error is raised as it is.
    """
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except FacekeepError as error:
            if error.code not in _MOVED:
                raise
    return attempt()
