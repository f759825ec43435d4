"""How a described call becomes an HTTP request, an answer, or an exception, and when it is worth trying again."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import httpx
import msgspec

from facekeep_sdk.calls import Call
from facekeep_sdk.errors import FacekeepSdkError, FacekeepUnreachable, api_error

T = TypeVar("T")
Outcome = httpx.Response | httpx.TransportError
_PASSING = {"busy", "stale", "store_unavailable", "vault_unreachable", "internal"}  # others need a person
_JITTER = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how patiently, a call is sent again. Only what is safe to repeat is repeated."""

    attempts: int = 4
    first_delay_s: float = 0.25
    longest_delay_s: float = 4.0

    def delay_s(self, call: Call[Any], attempt: int, outcome: Outcome) -> float | None:
        """Seconds to wait before attempt number `attempt` + 1 (counted from 1), or None to stop here."""
        if attempt >= self.attempts or not _may_repeat(call, outcome):
            return None
        asked = _retry_after_s(outcome)
        usual: float = self.first_delay_s * 2 ** (attempt - 1) * _JITTER.uniform(0.5, 1.0)
        return min(self.longest_delay_s, max(asked, usual))


def _may_repeat(call: Call[Any], outcome: Outcome) -> bool:
    if isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return True  # nothing was sent
    if isinstance(outcome, httpx.TransportError):
        return call.repeatable
    if outcome.status_code != httpx.codes.SERVICE_UNAVAILABLE or not call.repeatable:
        return False
    return api_error(outcome.status_code, outcome.content, "").code in _PASSING


def _retry_after_s(outcome: Outcome) -> float:
    text = outcome.headers.get("Retry-After", "") if isinstance(outcome, httpx.Response) else ""
    return float(text) if text.isascii() and text.isdecimal() else 0.0


@contextmanager
def request_arguments(call: Call[Any]) -> Iterator[dict[str, Any]]:
    """Keyword arguments for `httpx`'s `request`, with photo files open while they are needed."""
    with ExitStack() as stack:
        arguments: dict[str, Any] = {"params": dict(call.query), "headers": dict(call.headers)}
        if call.json is not None:
            arguments["json"] = call.json
        if call.parts:
            arguments["files"] = [
                (part.name, (part.name, _opened(part.content, stack), part.media_type)) for part in call.parts
            ]
        yield arguments


def _opened(content: Any, stack: ExitStack) -> bytes | IO[bytes]:
    if isinstance(content, bytes):
        return content
    try:
        file: IO[bytes] = stack.enter_context(content.open("rb"))
    except OSError as error:
        raise FacekeepSdkError("photo_unreadable", f"cannot read the photo: {error.strerror}") from error
    return file


def settle(call: Call[T], outcome: Outcome) -> T:
    """The decoded answer.

    Raises
    ------
    FacekeepApiError
        The server refused.
    FacekeepUnreachable
        No answer, or one that is not facekeep's.
    """
    if isinstance(outcome, httpx.TransportError):
        raise FacekeepUnreachable("server_unreachable", _reason(outcome)) from outcome
    if outcome.status_code >= 300:
        raise api_error(outcome.status_code, outcome.content, outcome.headers.get("X-Request-Id", ""))
    try:
        return call.decode(outcome.content)
    except msgspec.DecodeError as error:
        raise FacekeepUnreachable("bad_answer", f"the answer is not a facekeep server's: {error}") from error


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "the server did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return "nothing answers at the server's address"
    return "the connection to the server broke"
