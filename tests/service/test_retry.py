"""Trying again when the gallery moved."""

import pytest

from facekeep.errors import BadInput, Code, FacekeepError, Tampered, Unavailable
from facekeep.service.retry import TRIES, settled


def failing(times: int, error: FacekeepError):
    calls = []

    def attempt() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return len(calls)

    return attempt, calls


@pytest.mark.parametrize("code", [Code.STALE, Code.CELL_MISSING])
def test_what_moved_is_asked_again_at_most_five_times(code):
    attempt, _ = failing(TRIES - 1, Unavailable(code, "moved"))
    assert settled(attempt) == TRIES == 5
    attempt, calls = failing(TRIES, Tampered(code, "moved for good"))
    with pytest.raises(Tampered, match="for good"):
        settled(attempt)
    assert len(calls) == TRIES


def test_other_errors_are_not_repeated():
    attempt, calls = failing(1, BadInput(Code.NOT_FOUND, "no"))
    with pytest.raises(BadInput):
        settled(attempt)
    assert len(calls) == 1
