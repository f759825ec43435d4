"""One connection to a keep's HTTP door, as a client holds it."""

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from select import select
from typing import Any

from facekeep.errors import Code, Unavailable

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request. `status` is 0 where nothing did."""

    status: int
    body: bytes
    milliseconds: float

    @property
    def is_good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


class Line:
    """Requests one after the other on one connection, made again where the server has closed it meanwhile."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)

    def send(self, method: str, path: str, body: bytes, bearer: str, kind: str = "application/json") -> Answer:
        """The answer to one request, whatever it is."""
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        if self._was_closed():
            self._connection.close()
        started = time.perf_counter()
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return Answer(0, b"", 0.0)
        return Answer(answer.status, content, (time.perf_counter() - started) * 1e3)

    def ask(self, method: str, path: str, asked: object = None, bearer: str = "") -> dict[str, Any]:
        """The JSON object that answers a request. Raises Unavailable where it is refused."""
        answer = self.send(method, path, b"" if asked is None else json.dumps(asked).encode(), bearer)
        if not answer.is_good:
            told = answer.body.decode(errors="replace")[:300]
            raise Unavailable(Code.INTERNAL, f"{method} {path} was answered with {answer.status}: {told}")
        told_object: dict[str, Any] = json.loads(answer.body)
        return told_object

    def _was_closed(self) -> bool:
        """Whether the server ended a connection that was not used for long: its end is there to be read."""
        return self._connection.sock is not None and bool(select([self._connection.sock], [], [], 0)[0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
