"""A vault with a case in it, and the least that compares new faces with its standing searches."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from people import Person, added, opened_case, signed_in
from vault_driver import VaultDriver, running_vault

from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.terms import Role
from facekeep.vault import wire


@dataclass
class Watch:
    """Ann asks and owns a case, Rita approves; `vault` is also driven by the first admin, who has every role."""

    vault: VaultDriver
    admin: Person
    ann: Person
    rita: Person
    case_id: str
    collection: str

    def ask(self, message: wire.Message) -> Any:
        return self.vault.server.call(message, wire.Message)

    def sign_in_again(self) -> None:
        """After a restart, which ends sessions."""
        everybody = (self.admin, self.ann, self.rita)
        self.admin, self.ann, self.rita = (signed_in(self.ask, one.api_key) for one in everybody)

    def create(self, probe: NDArray[np.float32], *collections: str, **more: Any) -> wire.StandingView:
        message = wire.CreateStanding(
            session=self.ann.session,
            case_id=more.pop("case_id", self.case_id),
            collection_ids=collections or (self.collection,),
            probe=probe.tobytes(),
            **more,
        )
        return self.vault.server.call(message, wire.StandingShown).standing

    def approve(self, standing_id: str) -> wire.StandingView:
        message = wire.ApproveStanding(session=self.rita.session, standing_id=standing_id)
        return self.vault.server.call(message, wire.StandingShown).standing

    def active(self, probe: NDArray[np.float32], *collections: str, **more: Any) -> str:
        return self.approve(self.create(probe, *collections, **more).standing_id).standing_id

    def show(self, standing_id: str) -> wire.StandingView:
        message = wire.ShowStanding(session=self.ann.session, standing_id=standing_id)
        return self.vault.server.call(message, wire.StandingShown).standing

    def end(self, standing_id: str, by: Person) -> wire.StandingView:
        message = wire.EndStanding(session=by.session, standing_id=standing_id)
        return self.vault.server.call(message, wire.StandingShown).standing

    def hits(self, standing_id: str) -> list[wire.HitView]:
        message = wire.ListHits(session=self.ann.session, standing_id=standing_id, limit=1_000)
        return list(self.vault.server.call(message, wire.HitPage).items)

    def found(self, standing_id: str) -> list[str]:
        """The ids of the faces that are hits."""
        return [one.candidate.place.face_id for one in self.hits(standing_id)]

    def next(self, *, anew: bool = True) -> wire.StandingGrant:
        return self.vault.server.call(wire.NextStanding(anew=anew), wire.StandingGrant)

    def sums(self, grant: wire.StandingGrant) -> NDArray[np.int32]:
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension)
        blocks = [parse_block(self.vault.blocks[one.block_id])[1] for one in grant.blocks]
        return scan_reference(blocks, probes)

    def bring(self, grant: wire.StandingGrant, sums: NDArray[np.int32] | None = None) -> wire.Done:
        untrusted = self.sums(grant) if sums is None else sums
        message = wire.OpenStandingSums(grant_id=grant.grant_id or "", sums=untrusted.astype("<i4").tobytes())
        return self.vault.server.call(message, wire.Done)

    def compare(self) -> int:
        """A whole round; how many comparisons it had."""
        done, grant = 0, self.next()
        while grant.grant_id is not None:
            self.bring(grant)
            done, grant = done + 1, self.next(anew=False)
        return done

    def entries(self, act: str) -> list[wire.LogEntry]:
        return [entry for entry in self.vault.log() if entry.act == act]


@contextmanager
def running_watch(folder: Path) -> Iterator[Watch]:
    """A fresh vault with an organization, a case and a collection."""
    with running_vault(folder) as vault:

        def ask(message: wire.Message) -> Any:
            return vault.server.call(message, wire.Message)

        admin = signed_in(ask, vault.api_key)
        ann = added(ask, admin.session, "Ann", [Role.INVESTIGATOR])
        rita = added(ask, admin.session, "Rita", [Role.REVIEWER])
        yield Watch(vault, admin, ann, rita, opened_case(ask, ann.session), vault.collection("strict", wire.Policy()))
