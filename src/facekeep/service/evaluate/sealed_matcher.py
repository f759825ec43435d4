"""The matcher that is the product: seal, store, commit, grant, scan, verify, open, release."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from facekeep.service.cells import keep_batch
from facekeep.service.collections import wire_contract
from facekeep.service.evaluate.matching import Lists, empty_lists
from facekeep.service.evaluate.private_keep import PrivateKeep
from facekeep.service.evaluate.protocol import Templates
from facekeep.service.housekeeping import tidy
from facekeep.service.retry import settled
from facekeep.service.search import released
from facekeep.service.sessions import end_session, open_session
from facekeep.terms import CollectionId, FaceId, SessionToken
from facekeep.vault.wire import (
    MAX_FACES_A_BATCH,
    MAX_PROBES,
    CollectionShown,
    CreateCollection,
    DeleteCollection,
    FaceDraft,
    FaceFacts,
    Forgotten,
    GrantSearch,
    Policy,
    SealedBatch,
    SealFaces,
)

# No floor, the longest list, the finest rounding, no exposure budget: an evaluation reads whole distributions. The
# collection says of itself that it is one, and every act on it is logged as such.
EVALUATION_POLICY = Policy(
    evaluation=True, score_floor=-1.0, exposure_limit=1_000_000, score_step=0.001, top_k=100, minimum_quality=0
)


class SealedMatcher:
    """Answers `nearest` with a sealed collection made for it and deleted after it, in a private keep."""

    def __init__(self, private: PrivateKeep) -> None:
        self._keep = private.keep
        self._api_key = private.api_key
        self._numbers = count(1)

    def nearest(self, gallery: Templates, probes: Templates, depth: int) -> Lists:
        """See `Matcher.nearest`."""
        if not len(gallery):
            return empty_lists(len(probes), depth)
        with self._session() as session, self._collection(session) as collection_id:
            rows = self._enroll(session, collection_id, gallery)
            question = GrantSearch(session=session, collection_ids=(collection_id,), top_k=depth)
            return self._search(question, probes, rows, depth)

    @contextmanager
    def _session(self) -> Iterator[SessionToken]:
        session = open_session(self._keep, self._api_key)
        try:
            yield session
        finally:
            end_session(self._keep, session)

    @contextmanager
    def _collection(self, session: SessionToken) -> Iterator[CollectionId]:
        contract = wire_contract(self._keep.faces.contract)
        name = f"evaluation {next(self._numbers)}"
        made = CreateCollection(session=session, name=name, contract=contract, policy=EVALUATION_POLICY)
        collection_id = self._keep.vault.call(made, CollectionShown).collection.collection_id
        try:
            yield collection_id
        finally:
            self._keep.vault.call(DeleteCollection(session=session, collection_id=collection_id), Forgotten)
            tidy(self._keep)

    def _enroll(self, session: SessionToken, collection_id: CollectionId, gallery: Templates) -> dict[FaceId, int]:
        """Enroll every row as a person of its own; returns the row of each face."""
        rows: dict[FaceId, int] = {}
        for start in range(0, len(gallery), MAX_FACES_A_BATCH):
            part = gallery[start : start + MAX_FACES_A_BATCH]
            drafts = tuple(_draft(start + place, template) for place, template in enumerate(part))
            sealing = SealFaces(session=session, collection_id=collection_id, faces=drafts)
            batch = self._keep.vault.call(sealing, SealedBatch)
            keep_batch(self._keep, session, batch)
            rows |= {place.face_id: start + at for at, place in enumerate(batch.places)}
        return rows

    def _search(self, question: GrantSearch, probes: Templates, rows: dict[FaceId, int], depth: int) -> Lists:
        lists = empty_lists(len(probes), depth)
        for start in range(0, len(probes), MAX_PROBES):
            asked = replace(question, probes=probes[start : start + MAX_PROBES].astype("<f4").tobytes())
            for at, found in enumerate(settled(partial(released, self._keep, asked)).lists):
                shown = found.candidates
                lists.rows[start + at, : len(shown)] = [rows[one.place.face_id] for one in shown]
                lists.scores[start + at, : len(shown)] = [one.score for one in shown]
        return lists


def _draft(row: int, template: NDArray[np.float32]) -> FaceDraft:
    return FaceDraft(template=template.astype("<f4").tobytes(), crop=b"", facts=FaceFacts(), person_name=f"row {row}")
