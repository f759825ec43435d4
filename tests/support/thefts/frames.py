"""What somebody holds who saw frames between server and vault: read from the bytes, with the vault's own messages.

Messages that are not here fail: what they show has to be thought about first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from facekeep.vault import wire
from thefts.customers import id_of
from thefts.stage import Stage
from thefts.tap import Exchange
from thefts.truth import Truth

_REQUEST = msgspec.msgpack.Decoder(wire.ServerRequest)
_ANSWER = msgspec.msgpack.Decoder(wire.Answer)
_OF_NOBODY = (
    wire.GetStatus, wire.GetCheckpoint, wire.ProveConsistency, wire.NextReseal, wire.Reseal, wire.NextStanding,
    wire.GetGarbage, wire.GarbageGone, wire.SignAlarm, wire.AlarmSent, wire.SignDelivery, wire.EndSession,
    wire.BeginSignIn, wire.WitnessRefused, wire.Authenticate,
)  # fmt: skip
_WHOLE = {
    wire.ApiKeyPage: "api_keys", wire.UsageShown: "usage", wire.LogPage: "log", wire.RulesShown: "rules",
    wire.CollectionPage: "collections",
}  # fmt: skip
_KINDS = {"person": "name", "face": "provenance", "crop": "crop", "photo": "photo"}
Shown = Iterator[tuple[str, str]]


@dataclass
class Listener:
    """Reads exchanges in their order, and remembers whose sessions and cells it saw."""

    stage: Stage
    is_scan: bool = False
    truth: Truth = field(default_factory=Truth)
    _whose: dict[str, tuple[str, str]] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def request(frame: bytes) -> Any:
        """A request's message."""
        return _REQUEST.decode(frame)

    @staticmethod
    def answer(frame: bytes) -> Any:
        """An answer's message."""
        return _ANSWER.decode(frame)

    def hear(self, exchanges: Iterable[Exchange], *, since: str) -> Truth:
        """Everything that these show, from that time on; those before only tell whose sessions and cells are whose."""
        for one in exchanges:
            if one.answer is None:
                continue  # the vault hung up: these were no words of the server's
            request, answer = self.request(one.request), self.answer(one.answer)
            self._learn(request, answer)
            if one.minute >= since[:16] + "Z":
                self._take(one.minute, request, answer)
        return self.truth

    def learn(self, exchanges: Iterable[Exchange]) -> None:
        """Whose sessions and cells are whose, from exchanges that show nothing else."""
        for one in exchanges:
            if one.answer is not None:
                self._learn(self.request(one.request), self.answer(one.answer))

    def _learn(self, request: Any, answer: Any) -> None:
        is_key = isinstance(request, wire.Authenticate) and request.untrusted_credential.startswith("fk_")
        if is_key and isinstance(answer, wire.SessionOpened):
            key = id_of(request.untrusted_credential)
            self._whose[answer.session] = self.stage.customer_of_key(key), key
        for place in _places(answer):
            cells = (place.face_cell, place.crop_cell, place.template_cell, place.photo_cell or "")
            self._owners |= dict.fromkeys(cells, place.face_id) | {place.person_cell: place.person_id}
        for person in answer.items if isinstance(answer, wire.PersonPage) else ():
            self._owners[person.person_cell] = person.person_id

    def _take(self, minute: str, request: Any, answer: Any) -> None:
        if isinstance(request, _OF_NOBODY) or (isinstance(request, wire.CommitBatch) and not request.session):
            return
        customer, actor = self._whose[request.session]
        if self.is_scan:
            self.truth.add(customer, minute, _scanned(request, answer))
            return
        self.truth.add(customer, minute, iter([("credentials", actor)]))
        self.truth.add(customer, minute, _passing(request))
        self.truth.add(customer, minute, _scanned(request, answer))
        self.truth.add(customer, minute, self._shown(request, answer))

    def _shown(self, request: Any, answer: Any) -> Shown:
        match answer:
            case wire.Failure() | wire.Done():
                return
            case wire.Grant():  # how large the blocks of these are
                yield from (("collections", one) for one in request.collection_ids)
            case wire.Candidates():
                for one in (one for some in answer.lists for one in some.candidates):
                    yield from (("score", one.place.face_id), ("record_ids", one.place.face_id))
            case wire.FacePage() | wire.FaceShown():
                yield from (("record_ids", place.face_id) for place in _places(answer))
            case wire.PersonPage():
                yield from (("record_ids", one.person_id) for one in answer.items)
            case wire.OpenedCells():
                yield from ((_KINDS[one.kind.value], self._owners[one.cell_id]) for one in request.cells)
            case wire.CollectionShown():
                yield "collections", answer.collection.collection_id
            case wire.MemberPage():
                yield from (("members", one.member_id) for one in answer.items)
            case wire.Myself():
                yield from (("organization", ""), ("members", answer.member.member_id))
            case _ if type(answer) in _WHOLE:
                yield _WHOLE[type(answer)], ""
            case _:
                raise AssertionError(f"what does {type(answer).__name__} show?")


def _passing(request: Any) -> Shown:
    if isinstance(request, wire.GrantSearch | wire.AskDetect):
        yield "passing", ""


def _scanned(request: Any, answer: Any) -> Shown:
    """What whoever scans is given: a probe, which is an enrolled face's template where the search was for that face."""
    if isinstance(answer, wire.Grant):
        yield "passing", ""
        if request.face_id:
            yield "template", request.face_id


def _places(answer: Any) -> Iterator[Any]:
    match answer:
        case wire.FacePage():
            yield from answer.items
        case wire.FaceShown():
            yield answer.face
        case wire.Candidates():
            yield from (one.place for some in answer.lists for one in some.candidates)
