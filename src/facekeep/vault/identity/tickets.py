"""Challenges of ceremonies, proved genuine by a MAC instead of being remembered one by one.

Anybody may ask for a challenge without being known, so remembered ones could be pushed out by a flood, and with them
the owner who is about to sign in. A ticket carries its own end and a MAC over what it was given for; only those that
were used are remembered, until they would have expired anyway. The key is random and lives as long as the vault is
open.
"""

import hmac
import os
import time

from facekeep.errors import Code, Refused

LIFETIME_SECONDS = 120
SETUP_SECONDS = 900  # where people set up an app or a device meanwhile
_NONCE, _END, _MAC = 16, 8, 32
_OFFSET_BYTES = 5  # hides the machine's uptime, which the monotonic clock would tell


class Tickets:
    """Gives tickets out and takes each back once."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._offset_ms = int.from_bytes(os.urandom(_OFFSET_BYTES), "big")
        self._used: dict[bytes, int] = {}

    def give(self, purpose: str, about: str = "", *, lifetime_s: int = LIFETIME_SECONDS) -> bytes:
        """A new ticket, 56 bytes, for one purpose and one thing."""
        end = self._now() + lifetime_s * 1000
        body = os.urandom(_NONCE) + end.to_bytes(_END, "big")
        return body + self._mac(purpose, about, body)

    def check(self, untrusted_ticket: bytes, purpose: str, about: str = "") -> None:
        """Nothing for a ticket of ours for exactly this, neither expired nor used. Raises Refused `unauthenticated`."""
        body, mac = untrusted_ticket[: _NONCE + _END], untrusted_ticket[_NONCE + _END :]
        genuine = hmac.compare_digest(mac, self._mac(purpose, about, body))
        if not genuine or body in self._used or int.from_bytes(body[_NONCE:], "big") <= self._now():
            raise Refused(Code.UNAUTHENTICATED, "the challenge is unknown, used or expired")

    def use_up(self, ticket: bytes) -> None:
        """Remember a checked ticket, so that it is never good again."""
        now = self._now()
        self._used = {body: end for body, end in self._used.items() if end > now}
        body = ticket[: _NONCE + _END]
        self._used[body] = int.from_bytes(body[_NONCE:], "big")

    def secret(self, ticket: bytes, label: str) -> bytes:
        """32 bytes that belong to a checked ticket and a label: the same at both ends of a ceremony, never stored."""
        return hmac.digest(self._key, b"secret\0" + label.encode() + b"\0" + ticket, "sha256")

    def _mac(self, purpose: str, about: str, body: bytes) -> bytes:
        return hmac.digest(self._key, b"ticket\0" + purpose.encode() + b"\0" + about.encode() + b"\0" + body, "sha256")

    def _now(self) -> int:
        return round(time.monotonic() * 1000) + self._offset_ms
