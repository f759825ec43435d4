"""Galleries and searches."""

from typing import Any

from keep_model import Look, Session
from keep_model.casework import Collection
from keep_model.findings import Face

from facekeep.vault import wire
from side_by_side.casework import Casework
from side_by_side.faces import CONTRACT, probe_of, template_of


class Searching(Casework):
    """Who is enrolled, forgotten and found."""

    def add_collection(self, token: str, name: str, **policy: Any) -> None:
        """While the world is made, by an admin who may."""
        made = self.ask(
            wire.CreateCollection(session=token, name=name, contract=CONTRACT, policy=wire.Policy(**policy))
        )
        org, evaluation = self.model.sessions[token].org, policy.get("evaluation", False)
        self.collections[name] = made.collection.collection_id
        self.model.collections[made.collection.collection_id] = Collection(
            org, not evaluation, policy.get("approval_required", False), evaluation, not evaluation
        )
        self.model.write(org, "collection.create", "asked")

    def enroll(self, token: str, collection: str, *people: tuple[str, Look]) -> None:
        """A batch, so a block, of people by name, each with a look."""

        def check(session: Session) -> str:
            return self.model.collection_refused(session, collection)

        drafts = []
        for name, look in people:
            self.enrolled += 1
            template = template_of(look, self.enrolled).tobytes()
            drafts.append(
                wire.FaceDraft(
                    template=template, crop=b"crop", facts=wire.FaceFacts(source="album"), person_name=name
                )
            )
        fields = {"collection_id": collection, "faces": tuple(drafts)}
        batch = self.say(token, "face.enroll", wire.SealFaces, check, **fields)
        if batch is None:
            return
        self.desk.store(batch)
        assert isinstance(self.ask(wire.CommitBatch(session=token, batch_id=batch.batch_id)), wire.Done)
        org = self.model.sessions[token].org
        self.model.write(org, "faces.enrolled")
        self.model.write(org, "faces.enrolled_ids")
        self.model.count(org, "enrollments", len(people))
        for place, (_, look) in zip(batch.places, people, strict=True):
            self.model.faces[place.face_id] = Face(collection, place.person_id, batch.block.block_id, look)
            self.model.persons[place.person_id] = collection
            self.places[place.face_id] = place

    def forget(self, token: str, face_id: str, *, person: bool) -> None:
        face = self.model.faces[face_id]
        gone = [one for one, other in self.model.faces.items() if other.person == face.person] if person else [face_id]

        def check(session: Session) -> str:
            return self.model.collection_refused(session, face.collection)

        if person:
            fields: dict[str, Any] = {"person_id": face.person}
            done = ("person.forgotten", "faces.forgotten_ids")
            answer = self.say(token, "person.forget", wire.ForgetPerson, check, *done, **fields)
        else:
            fields = {"face_ids": (face_id,)}
            done = ("faces.forgotten", "faces.forgotten_ids")
            answer = self.say(token, "face.forget", wire.ForgetFaces, check, *done, **fields)
        if answer is not None:
            assert answer.faces == len(gone)
            self.worn |= {self.model.faces[one].block for one in gone}
            for one in gone:
                self.model.forget_face(one)
            if person:
                del self.model.persons[face.person]

    def housekeep(self) -> None:
        """Blocks with a forgotten face are sealed anew under another name."""
        self.desk.housekeep()
        moved = {one.block: one.collection for one in self.model.faces.values() if one.block in self.worn}
        for block, collection in moved.items():
            self.model.write(self.model.collections[collection].org, "block.resealed")
            for face in self.model.faces.values():
                face.block = f"{block} anew" if face.block == block else face.block
        self.worn.clear()

    # ---- searches ----

    def begin_search(self, token: str, case_id: str, collections: tuple[str, ...], probe: str, top_k: int) -> str:
        """The grant's id, empty where it was refused."""

        def check(session: Session) -> str:
            unseen = max((self.model.collection_refused(session, one) for one in collections), default="")
            refused = unseen or self.model.admission_refused(session, case_id, collections)
            return refused or self.model.spend(session, case_id, collections)

        fields = {
            "collection_ids": collections,
            "probes": probe_of(probe).tobytes(),
            "case_id": case_id,
            "top_k": top_k,
        }
        grant = self.say(token, "search.ask", wire.GrantSearch, check, **fields)
        if grant is None:
            return ""
        self.grants[grant.grant_id] = grant
        self.model.searches[grant.grant_id] = self.model.begin(token, case_id, collections, probe, top_k)
        return str(grant.grant_id)

    def finish_search(self, token: str, grant_id: str) -> list[str]:
        """The leads it showed."""
        search, grant = self.model.searches.get(grant_id), self.grants[grant_id]
        refused = self.model.finish_refused(token, search)
        answer = self.ask(wire.OpenSums(session=token, grant_id=grant_id, sums=self.desk.scan(grant)))
        if search is not None and search.token == token and refused != "unauthenticated":
            del self.model.searches[grant_id]  # a grant is good for one answer
        if refused:
            assert answer == refused, (answer, refused)
            return []
        assert search is not None
        assert isinstance(answer, wire.Candidates), answer
        session, (found,) = self.model.sessions[token], answer.lists
        shown, withheld = self.model.release(session, search)
        assert {one.place.face_id for one in found.candidates} == set(shown)
        assert found.withheld == withheld
        scores = [one.score for one in found.candidates]
        assert scores == sorted(scores, reverse=True)
        return [self._as_lead(session, search, one) for one in found.candidates]

    def _as_lead(self, session: Session, search: Any, one: wire.Candidate) -> str:
        face = self.model.faces[one.place.face_id]
        alike = face.look.first if search.probe[0] == "a" else face.look.second
        assert abs(one.score - 0.99 * alike) < 0.04
        hides = self.model.collections[face.collection].hides
        if not search.case_id:
            assert one.lead_id is None
            assert one.is_revealed is not hides
            return ""
        known = [
            key
            for key, other in self.model.leads.items()
            if (other.case_id, other.face) == (search.case_id, one.place.face_id)
        ]
        assert [one.lead_id] == (known or [one.lead_id])
        lead = self.model.found(session, search, one.place.face_id, str(one.lead_id))
        assert one.is_revealed == (not hides or session.person in lead.revealed)
        return str(one.lead_id)
