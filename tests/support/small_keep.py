"""A vault with both its doors and a real store, all in this process, so that a test can set the clock of both."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from vault_driver import CONTRACT, EVALUATION, unit

from facekeep import settings
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.settings import LogSettings, Settings
from facekeep.store import Store
from facekeep.terms import BlockId, CellId, SealedCell
from facekeep.vault import wire
from facekeep.vault.keeper import Keeper
from facekeep.vault.server import Door

T = TypeVar("T", bound=wire.Message)


@dataclass
class SmallKeep:
    """Made in `data`, unless it is to be restored there. `secret` is a key file beside it."""

    data: Path
    session: str = ""
    api_key: str = ""
    collection: str = ""
    faces: dict[str, wire.FacePlace] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.keeper = Keeper(self.settings.vault_dir, LogSettings(interval_s=3_600), backup=self.settings.backup)
        for path, union, act in (
            (self.settings.vault_socket, wire.ServerRequest, self.keeper.serve),
            (self.settings.admin_socket, wire.OperatorRequest, self.keeper.operate),
        ):
            door = Door(path, msgspec.msgpack.Decoder(union), act)
            threading.Thread(target=door.open, daemon=True).start()
        self.store = Store(self.settings.store, self.settings.store_dir, self.settings.cache_dir)
        self.store.migrate()

    @property
    def settings(self) -> Settings:
        return settings.load(self.data)

    @property
    def key_file(self) -> Path:
        return self.data.parent / "unseal.key"

    def initialize(self) -> None:
        message = wire.Initialize(method="key_file", organization="O", member="M", key_file=str(self.key_file))
        made = self.keeper.operate(message)
        assert isinstance(made, wire.Initialized)
        self.sign_in(made.api_key)
        shown = self.serve(
            wire.CreateCollection(session=self.session, name="c", contract=CONTRACT, policy=EVALUATION),
            wire.CollectionShown,
        )
        self.collection = shown.collection.collection_id

    def sign_in(self, api_key: str) -> None:
        self.api_key = api_key
        self.session = self.serve(wire.Authenticate(untrusted_credential=api_key), wire.SessionOpened).session

    def serve(self, message: wire.Message, expected: type[T]) -> T:
        found = self.keeper.serve(message)
        assert isinstance(found, expected)
        return found

    def enroll(self, names: Sequence[str]) -> None:
        drafts = tuple(
            wire.FaceDraft(template=unit(name).tobytes(), crop=b"crop of " + name.encode(), facts=wire.FaceFacts(),
                           person_name=name)
            for name in names
        )  # fmt: skip
        batch = self.serve(
            wire.SealFaces(session=self.session, collection_id=self.collection, faces=drafts), wire.SealedBatch
        )
        self._keep(batch)
        self.serve(wire.CommitBatch(session=self.session, batch_id=batch.batch_id), wire.Done)
        self.faces |= dict(zip(names, batch.places, strict=True))

    def forget(self, names: Sequence[str]) -> wire.Forgotten:
        ids = tuple(self.faces[name].face_id for name in names)
        answer = self.serve(wire.ForgetFaces(session=self.session, face_ids=ids), wire.Forgotten)
        self.tidy()
        return answer

    def tidy(self) -> None:
        """Blocks sealed anew, and garbage deleted, as a server does it."""
        ask = wire.NextReseal(after_forget_only=True, anew=True)
        while (job := self.serve(ask, wire.ResealJob)).job_id is not None:
            found = self.store.get(job.cell_ids).values()
            cells = tuple(wire.Cell(one.cell_id, one.kind, one.ciphertext) for one in found)
            batch = self.serve(wire.Reseal(job_id=job.job_id, cells=cells), wire.SealedBatch)
            self._keep(batch)
            self.serve(wire.CommitBatch(session=None, batch_id=batch.batch_id), wire.Done)
            ask = wire.NextReseal(after_forget_only=True)
        while (garbage := self.serve(wire.GetGarbage(), wire.Garbage)).cell_ids or garbage.block_ids:
            self.store.delete(garbage.cell_ids, garbage.block_ids)
            self.serve(wire.GarbageGone(cell_ids=garbage.cell_ids, block_ids=garbage.block_ids), wire.Done)

    def search(self, name: str) -> list[tuple[str, float]]:
        """Candidates for somebody's own template: ids of faces and scores."""
        probe = unit(name).reshape(1, -1)
        message = wire.GrantSearch(session=self.session, collection_ids=(self.collection,), probes=probe.tobytes())
        grant = self.serve(message, wire.Grant)
        sums = self._scan(grant).astype("<i4").tobytes()
        answer = wire.OpenSums(session=self.session, grant_id=grant.grant_id, sums=sums)
        (found,) = self.serve(answer, wire.Candidates).lists
        return [(one.place.face_id, one.score) for one in found.candidates]

    def crop(self, name: str, store: Store | None = None) -> bytes:
        """What the record of a face's crop says."""
        return self.open_cell(self.faces[name].crop_cell, store or self.store)

    def open_cell(self, cell_id: CellId, store: Store) -> bytes:
        one = store.get([cell_id])[cell_id]
        message = wire.OpenCells(session=self.session, cells=(wire.Cell(one.cell_id, one.kind, one.ciphertext),))
        return self.serve(message, wire.OpenedCells).plaintexts[0]

    def close(self) -> None:
        self.keeper.seal()
        self.store.close()

    def _keep(self, batch: wire.SealedBatch) -> None:
        blocks = {} if batch.block is None else {BlockId(batch.block.block_id): batch.block_bytes}
        self.store.put([SealedCell(one.cell_id, one.kind, one.ciphertext) for one in batch.cells], blocks)

    def _scan(self, grant: wire.Grant) -> NDArray[np.int32]:
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension)
        blocks = [parse_block(self.store.block_path(one.block_id).read_bytes())[1] for one in grant.blocks]
        return scan_reference(blocks, probes) if blocks else np.zeros((len(probes), 0), np.int32)
