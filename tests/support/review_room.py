"""A vault in this process with a small gallery, people, and searches in cases: what reviews are made of."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from people import Person, added, opened_case, signed_in
from vault_driver import CONTRACT, near, unit

from facekeep.errors import FacekeepError
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.keeper import Keeper

PEOPLE = {
    "ann": [Role.INVESTIGATOR],
    "ben": [Role.INVESTIGATOR, Role.REVIEWER],
    "rita": [Role.REVIEWER],
    "rob": [Role.REVIEWER],
    "ruth": [Role.REVIEWER],
    "otto": [Role.REVIEWER, Role.AUDITOR],
    "carl": [Role.CUSTODIAN],
}
TARGET = "target"


class ReviewRoom:
    """`lookalikes` people are enrolled at falling cosines to `TARGET`, one face each."""

    def __init__(self, lookalikes: int = 4, *, top_k: int = 3, policy: wire.Policy | None = None) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.key_file = str(Path(self.folder.name) / "key")
        self.keeper = Keeper(Path(self.folder.name) / "vault")
        message = wire.Initialize(method="key_file", organization="One", member="Admin", key_file=self.key_file)
        self.admin = signed_in(self.keeper.serve, self.keeper.operate(message).api_key)
        other = self.keeper.operate(wire.AddOrganization(name="Two", admin="Eve", is_program=True))
        ask, admin = self.keeper.serve, self.admin.session
        self.people = {name: added(ask, admin, name, roles) for name, roles in PEOPLE.items()}
        self.people |= {"admin": self.admin, "eve": signed_in(self.keeper.serve, other.api_key)}
        self.cells: dict[str, wire.Cell] = {}
        self.blocks: dict[str, bytes] = {}
        self.top_k = top_k
        self.collection = self.new_collection("gallery", policy or wire.Policy())
        alike = [near(unit(TARGET), f"l{i}", 0.95 - i / 50) for i in range(lookalikes)]
        self.faces = self.enroll(self.collection, alike)

    def close(self) -> None:
        self.keeper.seal()
        self.folder.cleanup()

    def restart(self) -> None:
        self.keeper.seal()
        self.keeper.operate(wire.Unseal(key_file=self.key_file))
        self.people = {name: signed_in(self.keeper.serve, one.api_key) for name, one in self.people.items()}

    def say(self, who: str | Person, message: Callable[..., wire.Message], **more: Any) -> Any:
        """The answer to a message of somebody's; raises what the vault does."""
        session = (self.people[who] if isinstance(who, str) else who).session
        return self.keeper.serve(message(session=session, **more))

    def ask(self, who: str | Person, message: Callable[..., wire.Message], **more: Any) -> Any:
        """The same; the code of a refusal in its place."""
        try:
            return self.say(who, message, **more)
        except FacekeepError as error:
            return error.code

    def member(self, who: str) -> str:
        return self.people[who].member_id

    def new_collection(self, name: str, policy: wire.Policy) -> str:
        made = self.say("admin", wire.CreateCollection, name=name, contract=CONTRACT, policy=policy)
        return str(made.collection.collection_id)

    def enroll(self, collection: str, templates: Sequence[np.ndarray], who: str = "admin") -> list[wire.FacePlace]:
        drafts = tuple(
            wire.FaceDraft(
                template=template.tobytes(),
                crop=b"crop",
                facts=wire.FaceFacts(
                    source=f"album {i}", captured_at="2010-05-01", quality=60 + i, quality_reasons=("blurred",)
                ),
                person_name=f"Name {len(self.cells)} {i}",
            )
            for i, template in enumerate(templates)
        )
        batch = self.say(who, wire.SealFaces, collection_id=collection, faces=drafts)
        self.cells |= {cell.cell_id: cell for cell in batch.cells}
        self.blocks[batch.block.block_id] = batch.block_bytes
        self.say(who, wire.CommitBatch, batch_id=batch.batch_id)
        return list(batch.places)

    def case(self, creator: str = "ann", *members: str) -> str:
        others = tuple(self.member(one) for one in members)
        return opened_case(self.keeper.serve, self.people[creator].session, members=others)

    def search(self, who: str | Person, case_id: str, probe: str = TARGET, **more: Any) -> wire.CandidateList:
        """What a search shows; raises what the vault does."""
        template = unit(probe) if probe == TARGET else near(unit(TARGET), probe, 0.97)
        asked = {"collection_ids": (self.collection,), "probes": template.tobytes(), "top_k": self.top_k, **more}
        grant = self.say(who, wire.GrantSearch, case_id=case_id, **asked)
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension)
        sums = scan_reference([parse_block(self.blocks[one.block_id])[1] for one in grant.blocks], probes)
        opened = self.say(who, wire.OpenSums, grant_id=grant.grant_id, sums=sums.astype("<i4").tobytes())
        found: wire.CandidateList = opened.lists[0]
        return found

    def decide(self, who: str | Person, lead_id: str, verdict: str = "same_person", reason: str = "the ear") -> Any:
        return self.ask(who, wire.DecideLead, lead_id=lead_id, verdict=verdict, reason=reason)

    def lead(self, who: str | Person, lead_id: str) -> Any:
        """A lead as somebody sees it, or the code of why they do not."""
        answer = self.ask(who, wire.ShowLead, lead_id=lead_id)
        return answer if isinstance(answer, str) else answer.lead

    def log(self) -> list[wire.LogEntry]:
        start, found = 0, []
        while start is not None:
            page = self.say("admin", wire.ReadLog, start=start, limit=1_000)
            found += page.entries
            start = page.next_start
        return found
