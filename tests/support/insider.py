"""A gallery large enough to browse, and somebody inside who counts what they get to see of it."""

from collections.abc import Sequence

import numpy as np
from people import added
from review_room import ReviewRoom
from vault_driver import near, unit

from facekeep.errors import FacekeepError
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.terms import CellKind, Role
from facekeep.vault import wire

_A_BATCH = 500
_WIDE = wire.Rules(
    searches_a_day_by_person=100_000, searches_a_day_in_case=100_000, searches_a_day_of_collection=100_000,
    searches_a_day=100_000,
)  # fmt: skip


def chain(count: int) -> list[np.ndarray]:
    """Unit vectors of which each is near to the one before: whoever searches by a found face finds the next."""
    found = [unit("first")]
    while len(found) < count:
        found.append(near(found[-1], f"next {len(found)}", 0.9))
    return found


class InsiderRoom(ReviewRoom):
    """`count` people, one face each, in a collection that hides identities; `alike`, each is near to the next one."""

    def __init__(self, count: int, *, alike: bool = True) -> None:
        self.brought: dict[str, set[str]] = {}
        self.record: dict[str | None, str] = {}
        super().__init__(lookalikes=1)
        self.people["paula"] = added(self.keeper.serve, self.admin.session, "paula", [Role.PRIVACY_OFFICER])
        self.say("admin", wire.SetRules, rules=_WIDE)
        self.big = self.new_collection("big", wire.Policy(keep_photos=True))
        self.templates = chain(count) if alike else [unit(f"stranger {n}") for n in range(count)]
        self.places: list[wire.FacePlace] = []
        for start in range(0, count, _A_BATCH):
            self.places += self.enroll(self.big, self.templates[start : start + _A_BATCH])
        self.seen: set[str] = set()
        self.refusals: list[str] = []

    def enroll(
        self, collection: str, templates: Sequence[np.ndarray], who: str = "admin"
    ) -> list[wire.FacePlace]:
        """Enroll, and remember who brought what and what each cell is of."""
        places = super().enroll(collection, templates, who)
        self.brought.setdefault(who, set()).update(place.face_id for place in places)
        self.record |= {
            cell: place.face_id
            for place in places
            for cell in (place.face_cell, place.person_cell, place.crop_cell, place.photo_cell)
        }
        return places

    def opens(self, who: str, places: Sequence[wire.FacePlace], *kinds: CellKind) -> bool:
        """Whether somebody gets to see these cells of these records, all at once."""
        which = {CellKind.CROP: "crop_cell", CellKind.FACE: "face_cell", CellKind.PERSON: "person_cell"}
        ids = [getattr(place, which[kind]) for place in places for kind in kinds]
        try:
            self.say(who, wire.OpenCells, cells=tuple(self.cells[one] for one in ids))
        except FacekeepError as error:
            self.refusals.append(error.code)
            return False
        self.seen |= {self.record[one] for one in ids}
        return True

    def finds(self, who: str, case_id: str, top_k: int = 3, **probe: object) -> list[wire.FacePlace]:
        """Who a search shows; nobody where it is refused."""
        asked = {"collection_ids": (self.big,), "top_k": top_k, "case_id": case_id, **probe}
        try:
            grant = self.say(who, wire.GrantSearch, **asked)
            probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension)
            sums = scan_reference([parse_block(self.blocks[one.block_id])[1] for one in grant.blocks], probes)
            opened = self.say(who, wire.OpenSums, grant_id=grant.grant_id, sums=sums.astype("<i4").tobytes())
        except FacekeepError as error:
            self.refusals.append(error.code)
            return []
        found = [one.place for some in opened.lists for one in some.candidates]
        self.seen |= {one.face_id for one in found}
        return found

    def listed(self, who: str, limit: int = 1_000) -> list[wire.FacePlace]:
        """Where the faces lie, as far as somebody may list them; it says who nobody is."""
        answer = self.ask(who, wire.ListFaces, collection_id=self.big, limit=limit)
        return [] if isinstance(answer, str) else list(answer.items)

    @property
    def share(self) -> float:
        """The part of the collection that was seen."""
        return len(self.seen) / len(self.places)

    def alarms(self) -> list[str]:
        """Kinds of alarms raised by now."""
        return [one.kind for one in self.keeper.operate(wire.ListAlarms(limit=1_000)).items]  # type: ignore[union-attr]
