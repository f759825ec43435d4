"""People of an organization: they are invited, join with a password and an authenticator app, and sign in like that."""

import hmac
import json
import time
from base64 import b32decode
from dataclasses import dataclass, replace
from threading import Lock

from facekeep.service.bench_load.line import Answer, Line

_PASSWORD = "only for a load test, and only in its own keep"  # noqa: S105 - the keep is gone after the measurement
_STEP_S = 30
_TO_TYPE_S = 5
_BUSY = 503
_PATIENCE_S = 12.0


class Authenticator:
    """An authenticator app (RFC 6238): six digits every 30 seconds, none of them given out twice."""

    def __init__(self, secret_base32: str) -> None:
        self._secret = b32decode(secret_base32 + "=" * (-len(secret_base32) % 8))
        self._shown = 0
        self._lock = Lock()

    def code(self) -> str:
        """A code that is good for a while yet and was not shown before; waits for one where there is none."""
        with self._lock:
            time.sleep(self.wait_s())
            self._shown = self._next()
            return _digits(self._secret, self._shown)

    def wait_s(self) -> float:
        """Seconds until there is another code. The vault takes a code one step early and late, since clocks differ."""
        return max(0.0, (self._next() - 1) * _STEP_S - time.time())

    def _next(self) -> int:
        return max(self._shown + 1, int((time.time() + _TO_TYPE_S) // _STEP_S) - 1)


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the organization, who knows a password and has an authenticator app: a TOTP secret."""

    member_id: str
    handle: str
    app: Authenticator

    def sign_in(self, line: Line) -> tuple[str, Answer, int]:
        """A new session, empty where there was none, the answer that it came with, and how often it was `busy` before.

        Whoever is told that too many sign in at once tries again, and the answer's time counts from the first try.
        """
        told = {"handle": self.handle, "password": _PASSWORD, "code": self.app.code()}
        started, waits = time.perf_counter(), 0
        answer = line.send("POST", "/v1/sign-in/password", json.dumps(told).encode(), "")
        while answer.status == _BUSY and time.perf_counter() - started < _PATIENCE_S:
            time.sleep(1.0)
            waits += 1
            answer = line.send("POST", "/v1/sign-in/password", json.dumps(told).encode(), "")
        answer = replace(answer, milliseconds=(time.perf_counter() - started) * 1e3)
        return str(json.loads(answer.body)["session"]) if answer.is_good else "", answer, waits


def join(line: Line, admin_key: str, name: str, *roles: str) -> tuple[Person, str]:
    """Somebody who was invited and joined, and the session that they joined with."""
    invitation = line.ask("POST", "/v1/invitations", {"name": name, "roles": roles}, admin_key)["code"]
    offer = line.ask("POST", "/v1/join/begin", {"invitation": invitation})
    app = Authenticator(offer["password"]["totp_secret"])
    accepted = {"invitation": invitation, "ticket": offer["ticket"], "password": _PASSWORD, "code": app.code()}
    member = line.ask("POST", "/v1/join/password", accepted)
    return Person(member["memberships"][0]["member_id"], offer["password"]["handle"], app), member["session"]


def _digits(secret: bytes, step: int) -> str:
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    number = int.from_bytes(mac[mac[-1] & 15 :][:4], "big") & 0x7FFF_FFFF
    return f"{number % 10**6:06d}"
