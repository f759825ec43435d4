"""Clients that search over HTTP: one request after the other on one connection each."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from facekeep.service.bench_load.filled import Filled

_TIMEOUT_S = 30.0
_OK = 200


@dataclass
class Outcome:
    """What became of some searches: milliseconds of those answered, and how many were not."""

    milliseconds: list[float] = field(default_factory=list)
    failed: int = 0


class Searcher:
    """One client with a key."""

    def __init__(self, port: int, api_key: str, filled: Filled) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self._filled = filled
        self._body = json.dumps({"collection_ids": [filled.collection_id]})

    def search(self, number: int) -> float | None:
        """Search with the face of that number; milliseconds, or None where it was not answered with a list."""
        face_id = self._filled.faces[number % len(self._filled.faces)]
        started = time.perf_counter()
        try:
            self._connection.request("POST", f"/v1/faces/{face_id}/search", self._body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            return None
        return (time.perf_counter() - started) * 1e3 if answer.status == _OK else None

    def search_until(self, deadline: float, first: int) -> Outcome:
        """Search again and again until `deadline` (of the monotonic clock)."""
        outcome, number = Outcome(), first
        while time.monotonic() < deadline:
            milliseconds = self.search(number)
            if milliseconds is None:
                outcome.failed += 1
            else:
                outcome.milliseconds.append(milliseconds)
            number += 1
        self.close()
        return outcome

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def together(searchers: Sequence[Searcher], seconds: float) -> Iterator[Outcome]:
    """The outcomes of all clients searching at once for that long."""
    deadline = time.monotonic() + seconds
    with ThreadPoolExecutor(len(searchers)) as pool:
        running = [pool.submit(one.search_until, deadline, 31 * place) for place, one in enumerate(searchers)]
        yield from (one.result() for one in running)
