"""A server under load that tells what it begins and what it acknowledges, one JSON line each, until it is killed.

`python crash_load.py DATA` reads one order a line from standard input, forks a process that carries it out, and says
when that process has ended. Forking spares each of them the start of an interpreter; nothing is opened before the fork.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drawn_faces import drawn_keep

from facekeep import settings
from facekeep.errors import FacekeepError
from facekeep.service import enroll as enrolling
from facekeep.service.enroll import Enrollment, PhotoToEnroll, enroll
from facekeep.service.forget import Receipt, forget_face
from facekeep.service.housekeeping import Housekeeper
from facekeep.service.idempotency import Once
from facekeep.service.keep import Keep
from facekeep.service.search import search_by_photo
from facekeep.service.sessions import open_session
from facekeep.terms import CollectionId, SessionToken
from facekeep.vault.wire import Done

NOW = datetime(2026, 3, 1, tzinfo=UTC)
_FEW, _MANY = 6, 14
Tell = Callable[[dict[str, Any]], None]


def tell(message: dict[str, Any]) -> None:
    """One line, written at once: shorter than what a pipe takes whole."""
    os.write(1, json.dumps(message).encode() + b"\n")


def enroll_named(keep: Keep, session: SessionToken, collection: CollectionId, names: Sequence[str]) -> Enrollment:
    """Enroll the drawn photo of each name. The same names ask with the same idempotency key."""
    photos = [PhotoToEnroll(name.encode(), person_name=name, source=f"album {name}") for name in names]
    asked = Once(f"k{names[0]}", names[0].encode().ljust(32)[:32])
    return enroll(keep, session, collection, photos, now=NOW, asked=asked)


class Load:
    """Enrolls, forgets and searches at random. `alive` maps faces to the photos they were made from."""

    def __init__(self, keep: Keep, order: dict[str, Any]) -> None:
        self._keep = keep
        self._order = order
        self._chance = random.Random(order["seed"])
        self._number = 0
        self.alive: dict[str, str] = dict(order["alive"])

    def step(self) -> None:
        """Begin one act, carry it out, and acknowledge it, or say that it failed."""
        self._number += 1
        session = open_session(self._keep, self._order["api_key"])
        act = self._choose()
        try:
            tell({"end": self._number, **act(session)})
        except FacekeepError as error:
            tell({"failed": self._number, "code": error.code, "why": error.message})
            time.sleep(0.02)

    def _choose(self) -> Callable[[Any], dict[str, Any]]:
        forgets = 0.5 if len(self.alive) > _MANY else 0.25 if len(self.alive) > _FEW else 0.0
        dice = self._chance.random()
        if dice < forgets:
            return self._forget
        return self._search if dice > 0.8 and self.alive else self._enroll

    def _enroll(self, session: Any) -> dict[str, Any]:
        names = [f"{self._order['seed']}-{self._number}-{one}" for one in range(self._chance.choice((1, 1, 2, 3)))]
        tell({"begin": self._number, "kind": "enroll", "photos": names})
        answer = enroll_named(self._keep, session, self._order["collection"], names)
        faces = {photo.faces[0].face_id: name for photo, name in zip(answer.photos, names, strict=True)}
        self.alive |= faces
        return {"faces": faces, "entry": answer.entry}

    def _forget(self, session: Any) -> dict[str, Any]:
        face = self._chance.choice(sorted(self.alive))
        del self.alive[face]
        tell({"begin": self._number, "kind": "forget", "face": face})
        return {"entry": forget_face(self._keep, session, face).entry}

    def _search(self, session: Any) -> dict[str, Any]:
        face = self._chance.choice(sorted(self.alive))
        tell({"begin": self._number, "kind": "search", "face": face})
        found = search_by_photo(self._keep, session, [self._order["collection"]], self.alive[face].encode()).found
        return {"best": found.candidates[0].face_id if found.candidates else None, "entry": found.entry}


def acknowledge_before_commit() -> None:
    """For tests only: a server that says yes first, and commits the batch before when the next one comes."""
    real, waiting = enrolling.keep_batch, []

    def lazy(*arguments: Any) -> Done:
        while waiting:
            real(*waiting.pop())
        waiting.append(arguments)
        return Done(entry=0)

    enrolling.keep_batch = lazy  # type: ignore[assignment]


def acknowledge_before_forgetting() -> None:
    """For tests only: a server that says that a face is forgotten and never asks the vault."""
    globals()["forget_face"] = lambda *_: Receipt(1, 0, 24)


def invent_log_entries() -> None:
    """For tests only: a server that acknowledges with an entry that the log does not hold."""
    real = enrolling.keep_batch
    enrolling.keep_batch = lambda *arguments: Done(entry=real(*arguments).entry + 1_000)  # type: ignore[assignment]


_FLAWS = {"commit": acknowledge_before_commit, "forget": acknowledge_before_forgetting, "log": invent_log_entries}


def carry_out(data_dir: Path, order: dict[str, Any]) -> None:
    """Serve until killed."""
    if order["flaw"]:
        _FLAWS[order["flaw"]]()
    with drawn_keep(settings.load(data_dir)) as keep, Housekeeper(keep, report=_report, idle_s=1e9):
        load = Load(keep, order)
        tell({"ready": os.getpid()})
        while True:
            try:
                load.step()
            except FacekeepError:
                time.sleep(0.02)  # no session: the vault is away


def _report(error: Exception) -> None:
    tell({"housekeeping": getattr(error, "code", type(error).__name__)})


def main() -> None:
    """Fork for every order."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                carry_out(Path(sys.argv[1]), json.loads(line))
            finally:
                os._exit(1)
        os.waitpid(child, 0)
        tell({"ended": child})


if __name__ == "__main__":
    main()
