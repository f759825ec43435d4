"""A store in a dictionary and a search node over its blocks, for a vault in this process and whoever has a session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.vault import wire
from facekeep.vault.keeper import Keeper


@dataclass
class Desk:
    """What the server does between photos and a vault, in few lines. Raises what the vault does."""

    keeper: Keeper
    cells: dict[str, wire.Cell] = field(default_factory=dict)
    blocks: dict[str, bytes] = field(default_factory=dict)

    def ask(self, message: wire.Message) -> Any:
        return self.keeper.serve(message)

    def seal(self, session: str, collection: str, people: Mapping[str, Sequence[NDArray[np.float32]]]) -> Any:
        """A batch of every template of each person, stored and not committed."""
        drafts = tuple(
            wire.FaceDraft(
                template=template.tobytes(),
                crop=b"crop",
                facts=wire.FaceFacts(source=f"album of {name}"),
                person_name=name,
            )
            for name, templates in people.items()
            for template in templates
        )
        return self.store(self.ask(wire.SealFaces(session=session, collection_id=collection, faces=drafts)))

    def store(self, batch: wire.SealedBatch) -> wire.SealedBatch:
        self.cells |= {cell.cell_id: cell for cell in batch.cells}
        if batch.block is not None:
            self.blocks[batch.block.block_id] = batch.block_bytes
        return batch

    def enroll(
        self, session: str, collection: str, people: Mapping[str, Sequence[NDArray[np.float32]]]
    ) -> tuple[wire.FacePlace, ...]:
        batch = self.seal(session, collection, people)
        self.ask(wire.CommitBatch(session=session, batch_id=batch.batch_id))
        return tuple(batch.places)

    def scan(self, grant: wire.Grant | wire.StandingGrant) -> bytes:
        """The sums of a grant."""
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension)
        blocks = [parse_block(self.blocks[one.block_id])[1] for one in grant.blocks]
        sums = scan_reference(blocks, probes) if blocks else np.zeros((len(probes), 0), np.int32)
        return sums.astype("<i4").tobytes()

    def search(self, session: str, collection: str, probe: NDArray[np.float32], **more: Any) -> wire.Candidates:
        grant = self.ask(
            wire.GrantSearch(session=session, collection_ids=(collection,), probes=probe.tobytes(), **more)
        )
        opened = self.ask(wire.OpenSums(session=session, grant_id=grant.grant_id, sums=self.scan(grant)))
        assert isinstance(opened, wire.Candidates)
        return opened

    def compare(self) -> None:
        """A whole round of comparing new faces with standing searches."""
        grant = self.ask(wire.NextStanding(anew=True))
        while grant.grant_id is not None:
            self.ask(wire.OpenStandingSums(grant_id=grant.grant_id, sums=self.scan(grant)))
            grant = self.ask(wire.NextStanding())

    def housekeep(self) -> int:
        """Seal anew what is due; how many blocks were."""
        jobs = 0
        while (job := self.ask(wire.NextReseal(anew=jobs == 0))).job_id is not None:
            cells = tuple(self.cells[cell_id] for cell_id in job.cell_ids)
            batch = self.store(self.ask(wire.Reseal(job_id=job.job_id, cells=cells)))
            self.ask(wire.CommitBatch(session=None, batch_id=batch.batch_id))
            jobs += 1
        return jobs
