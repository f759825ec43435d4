"""Codes of authenticator apps: RFC 6238 with HMAC-SHA-1, six digits and 30 seconds, as every such app knows them."""

import hmac
import time

STEP_SECONDS = 30
SECRET_BYTES = 20
_DIGITS = 6
_STEPS_AROUND = 1  # clocks differ, and people take a moment to type


def code_at(secret: bytes, step: int) -> str:
    """The code of time step `step` (RFC 4226, section 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def step_of(secret: bytes, untrusted_code: str, now_s: float, *, used_step: int) -> int | None:
    """The step whose code this is, later than `used_step` and about now; None where it is none. No early exit."""
    given = "".join(untrusted_code.split()).encode()
    middle, found = int(now_s // STEP_SECONDS), None
    for step in range(middle - _STEPS_AROUND, middle + _STEPS_AROUND + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given) and step > used_step:
            found = step
    return found


def current_step_of(secret: bytes, untrusted_code: str) -> int | None:
    """The step of a code that a new secret shows now; None where it is none."""
    return step_of(secret, untrusted_code, time.time(), used_step=0)
