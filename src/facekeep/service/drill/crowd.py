"""Drawn templates, a few hundred, that a drill has the vault of its own keep seal: so many that algebra has a chance.

They are brought to the vault as whoever runs code in the server could. The searches of them are those of an evaluation
collection, whose limits are loosened: what a thief does not learn from these, no other collection tells either.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import numpy as np
from numpy.typing import NDArray

from facekeep.errors import FacekeepError
from facekeep.sealed.format import parse_block
from facekeep.sealed.scan import scan_reference
from facekeep.service.drill.own_keep import OwnKeep
from facekeep.service.drill.planting import caller_of, made, word
from facekeep.service.drill.recovering import Columns, Templates
from facekeep.store import Store
from facekeep.terms import BlockId, SealedCell, SessionToken
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import (
    Authenticate,
    Candidates,
    CommitBatch,
    Done,
    EndSession,
    FaceDraft,
    FaceFacts,
    Grant,
    GrantSearch,
    OpenSums,
    SealedBatch,
    SealFaces,
    SessionOpened,
)

DIMENSION = 128
SEARCHED = 96  # all of them are released to every search: a list has 100 at most
SEALED = 192
PROBES_A_SEARCH, SEARCHES = 64, 4
_LOOSE = {"evaluation": True, "score_floor": -1.0, "exposure_limit": 1_000_000, "top_k": 100, "case_required": False}


@dataclass(frozen=True, slots=True)
class Searched:
    """What a listener between server and vault has of searches: probes (p, D), sums and scores (p, n) by slot."""

    probes: NDArray[np.int32]
    sums: NDArray[np.int32]
    scores: NDArray[np.float64]


@dataclass
class Crowd:
    """Two blocks of one collection, with their templates in the order of slots, and a third that was searched."""

    templates: Sequence[Templates] = field(default_factory=lambda: [drawn(SEALED), drawn(SEALED), drawn(SEARCHED)])
    blocks: list[BlockId] = field(default_factory=list)
    searched: Searched | None = None
    taken_twice: int = 0

    def plant(self, keep: OwnKeep) -> None:
        """Seal, store, commit and search."""
        with caller_of(keep) as client:
            sealed, searched = (_collection(client) for _ in range(2))
            node = _Node(keep)
            try:
                for collection, templates in zip((sealed, sealed, searched), self.templates, strict=True):
                    self.blocks.append(node.seal(collection, templates))
                self.searched = node.search(searched)
                self.taken_twice = node.answers_taken_twice()
                face = node.faces[-1]
            finally:
                node.close()
            for collection in (sealed, searched):  # so that the server maps these blocks
                made(client, f"/v1/faces/{face}/search", json={"collection_ids": [collection]})


def sealed_alone(keep: OwnKeep, templates: Sequence[Templates]) -> list[Columns]:
    """The blocks of the same templates in another keep, in one collection."""
    with caller_of(keep) as client:
        collection, node = _collection(client), _Node(keep)
        try:
            return [node.columns[node.seal(collection, each)] for each in templates]
        finally:
            node.close()


class _Node:
    """What a compromised server can do: bring templates, store what comes back, and scan."""

    def __init__(self, keep: OwnKeep) -> None:
        self._vault = VaultClient(keep.settings.vault_socket)
        self._store = Store(keep.settings.store, keep.settings.store_dir, keep.settings.cache_dir)
        opened = self._vault.call(Authenticate(untrusted_credential=keep.api_key), SessionOpened)
        self._session = SessionToken(opened.session)
        self.columns: dict[str, Columns] = {}
        self._answers: list[OpenSums] = []
        self.faces: tuple[str, ...] = ()

    def close(self) -> None:
        self._vault.call(EndSession(session=self._session), Done)
        self._store.close()
        self._vault.close()

    def seal(self, collection: str, templates: Templates) -> BlockId:
        drafts = tuple(FaceDraft(one.tobytes(), secrets.token_bytes(64), FaceFacts()) for one in templates)
        batch = self._vault.call(SealFaces(self._session, collection, drafts), SealedBatch)
        assert batch.block is not None
        cells = [SealedCell(one.cell_id, one.kind, one.ciphertext) for one in batch.cells]
        self._store.put(cells, {batch.block.block_id: batch.block_bytes})
        self._vault.call(CommitBatch(self._session, batch.batch_id), Done)
        self.columns[batch.block.block_id] = parse_block(batch.block_bytes)[1]
        self.faces = tuple(one.face_id for one in batch.places)
        return batch.block.block_id

    def search(self, collection: str) -> Searched:
        found = [self._searched_once(collection) for _ in range(SEARCHES)]
        probes, sums, scores = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return Searched(probes, sums, scores)

    def answers_taken_twice(self) -> int:
        """How many answers to searches the vault opens again for the session that gave them, still living."""
        return sum(self._is_opened(one) for one in self._answers)

    def _is_opened(self, answer: OpenSums) -> bool:
        try:
            self._vault.call(answer, Candidates)
        except FacekeepError:
            return False
        return True

    def _searched_once(
        self, collection: str
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
        message = GrantSearch(self._session, (collection,), drawn(PROBES_A_SEARCH).tobytes(), top_k=100)
        grant = self._vault.call(message, Grant)
        probes = np.frombuffer(grant.probes, "<i4").reshape(-1, grant.dimension).astype(np.int32)
        sums = scan_reference([self.columns[one.block_id] for one in grant.blocks], probes)
        self._answers.append(
            OpenSums(session=self._session, grant_id=grant.grant_id, sums=sums.astype("<i4").tobytes())
        )
        answer = self._vault.call(self._answers[-1], Candidates)
        slots = {face: slot for slot, face in enumerate(self.faces)}
        scores = np.zeros(sums.shape)
        for row, one in enumerate(answer.lists):
            for candidate in one.candidates:
                scores[row, slots[candidate.place.face_id]] = candidate.score
        return probes, sums, scores


def drawn(count: int) -> Templates:
    """Templates of nobody: float32 (count, 128), unit length, uniform over the sphere."""
    found = np.random.default_rng(secrets.randbits(128)).normal(size=(count, DIMENSION))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def _collection(client: httpx.Client) -> str:
    return str(made(client, "/v1/collections", json={"name": word(), "policy": _LOOSE})["collection_id"])
