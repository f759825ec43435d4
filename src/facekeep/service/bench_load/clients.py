"""Clients of people who sign in and then search in their case, one request after the other on one connection each."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from facekeep.service.bench_load.filled import Filled
from facekeep.service.bench_load.line import Answer, Line
from facekeep.service.bench_load.organization import Place

_NOT_SIGNED_IN = 401


@dataclass
class Outcome:
    """What became of one client's work: milliseconds of what was answered, and how many requests were not."""

    searches_ms: list[float] = field(default_factory=list)
    sign_ins_ms: list[float] = field(default_factory=list)
    candidates: int = 0
    told_to_wait: int = 0
    failed: int = 0


class Searcher:
    """One client of a person, at a `place`. Where its `session` has ended, the person signs in again, as people do."""

    def __init__(self, port: int, place: Place, filled: Filled) -> None:
        self.outcome = Outcome()
        self._line = Line(port)
        self.place = place
        self._filled = filled
        self.session = ""
        self._body = json.dumps({"collection_ids": [filled.collection_id], "case_id": place.case_id}).encode()

    def sign_in(self) -> None:
        """Begin a session. A code that was given out already is waited for before the clock starts."""
        self.session, answer, waits = self.place.person.sign_in(self._line)
        self.outcome.told_to_wait += waits
        self._note(answer, self.outcome.sign_ins_ms)

    def search(self, number: int) -> float | None:
        """Search with the face of that number; milliseconds, or None where it was not answered with a list."""
        face_id = self._filled.faces[number % len(self._filled.faces)]
        answer = self._ask(face_id)
        if answer.status == _NOT_SIGNED_IN:
            self.sign_in()
            answer = self._ask(face_id)
        self._note(answer, self.outcome.searches_ms)
        if not answer.is_good:
            return None
        self.outcome.candidates += len(json.loads(answer.body)["candidates"])
        return answer.milliseconds

    def search_until(self, deadline: float, first: int, *, sign_in_after_s: float | None) -> Outcome:
        """Search again and again until `deadline` (of the monotonic clock), after signing in where that is asked."""
        self.outcome = Outcome()
        if sign_in_after_s is not None:
            time.sleep(sign_in_after_s)
            self.sign_in()
        number = first
        while time.monotonic() < deadline:
            self.search(number)
            number += 1
        self._line.close()
        return self.outcome

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def _ask(self, face_id: str) -> Answer:
        return self._line.send("POST", f"/v1/faces/{face_id}/search", self._body, self.session)

    def _note(self, answer: Answer, times: list[float]) -> None:
        if answer.is_good:
            times.append(answer.milliseconds)
        else:
            self.outcome.failed += 1


def together(
    at_work: Sequence[Searcher], coming: Sequence[Searcher], seconds: float, coming_within_s: float
) -> Iterator[Outcome]:
    """Outcomes of clients searching at once for so long.

    Those `at_work` begin at once; those who are `coming` sign in first, evenly spread over the first `coming_within_s`.
    """
    deadline = time.monotonic() + seconds
    step_s = coming_within_s / max(1, len(coming))
    waits = [None for _ in at_work] + [number * step_s for number in range(len(coming))]
    with ThreadPoolExecutor(len(waits)) as pool:
        running = [
            pool.submit(one.search_until, deadline, 31 * place, sign_in_after_s=wait)
            for place, (one, wait) in enumerate(zip([*at_work, *coming], waits, strict=True))
        ]
        yield from (one.result() for one in running)
