"""When the server is given a decoy collection to store: at a random moment, not with the keep's first bytes."""

import time

from facekeep.vault.canaries.people import below
from facekeep.vault.keys import fresh_id

_LATEST_S = 3600


class Placing:
    """One job at a time. Lives as long as the vault is open."""

    def __init__(self) -> None:
        self._job_id = ""
        self._put_off()

    def hurry(self) -> None:
        """At the next housekeeping."""
        self._due_at = time.monotonic()

    def is_due(self) -> bool:
        """Whether a decoy should be stored now."""
        return time.monotonic() >= self._due_at

    def give(self) -> str:
        """The id of a job; another one is due later, should the server not bring this one back."""
        self._put_off()
        self._job_id = fresh_id("job")
        return self._job_id

    def takes(self, job_id: str) -> bool:
        """Whether this is the job that was given, once."""
        is_ours = bool(self._job_id) and job_id == self._job_id
        self._job_id = "" if is_ours else self._job_id
        return is_ours

    def _put_off(self) -> None:
        self._due_at = time.monotonic() + below(_LATEST_S)
