"""How often passwords may be tried: per sign-in name, known or not, and for the vault as a whole.

Passkeys are never counted here, so whoever floods passwords keeps no owner of a passkey out. A right password gives
its try back.
"""

import time
from dataclasses import dataclass

from facekeep.errors import Code, Refused

AT_ONCE, SECONDS_EACH = 5, 300.0  # for one name
ALL_AT_ONCE, ALL_SECONDS_EACH = 30, 1.0  # for all names together


@dataclass(slots=True)
class _Bucket:
    """Tries left, refilled as time goes by."""

    most: int
    seconds_each: float
    left: float
    at: float

    def now_left(self, now: float) -> float:
        return min(float(self.most), self.left + (now - self.at) / self.seconds_each)

    def change(self, by: int, now: float) -> None:
        self.left, self.at = min(float(self.most), self.now_left(now) + by), now


class Tries:
    """Token buckets in memory. Full ones are dropped, so the vault-wide one bounds how many there are."""

    def __init__(self) -> None:
        self._all = _Bucket(ALL_AT_ONCE, ALL_SECONDS_EACH, ALL_AT_ONCE, time.monotonic())
        self._by_tag: dict[bytes, _Bucket] = {}

    def spend(self, tag: bytes) -> None:
        """One try for the name behind `tag`. Raises Refused `too_many_tries`, the same for known and unknown names."""
        now = time.monotonic()
        self._by_tag = {one: bucket for one, bucket in self._by_tag.items() if bucket.now_left(now) < bucket.most}
        bucket = self._by_tag.setdefault(tag, _Bucket(AT_ONCE, SECONDS_EACH, AT_ONCE, now))
        if self._all.now_left(now) < 1 or bucket.now_left(now) < 1:
            raise Refused(Code.TOO_MANY_TRIES, "too many wrong passwords; wait some minutes, or use a passkey")
        self._all.change(-1, now)
        bucket.change(-1, now)

    def give_back(self, tag: bytes) -> None:
        """The try was right: the name starts afresh."""
        self._by_tag.pop(tag, None)
        self._all.change(1, time.monotonic())
