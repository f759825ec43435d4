"""A running keep with synthetic faces of the model it runs, and bare scans of their blocks.

The server embeds nothing: faces are enrolled by this process, through the same vault and store.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from facekeep.search.local import LocalSearch
from facekeep.service.bench_keep.gallery import Gallery, SyntheticFaces
from facekeep.service.collections import Policy, create_collection
from facekeep.service.enroll import PhotoToEnroll, enroll
from facekeep.service.keep import Keep
from facekeep.service.sessions import end_session, open_session
from facekeep.settings import Settings
from facekeep.store import Store
from facekeep.terms import BlockRef, CaseId, CollectionId, FaceId, ModelContract, SessionToken
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import MAX_FACES_A_BATCH, Grant, GrantSearch


class _FacesOf(SyntheticFaces):
    """Synthetic faces that pass for those of a real model."""

    def __init__(self, contract: ModelContract) -> None:
        super().__init__(contract.dimension)
        self._contract = contract

    @property
    def contract(self) -> ModelContract:
        return self._contract


@dataclass(frozen=True, slots=True)
class Filled:
    """A collection with faces in it; `faces` are those that searches will be made with."""

    collection_id: CollectionId
    faces: tuple[FaceId, ...]


@contextmanager
def keep_beside(settings: Settings, contract: ModelContract) -> Iterator[Keep]:
    """A keep in this process over the vault and the store of a running one."""
    vault = VaultClient(settings.vault_socket)
    store = Store(settings.store, settings.store_dir, settings.cache_dir)
    try:
        yield Keep(settings, vault, store, LocalSearch(store.block_path), _FacesOf(contract))
    finally:
        vault.close()
        store.close()


def fill(keep: Keep, session: SessionToken, gallery: Gallery) -> Filled:
    """Enroll the gallery into an ordinary collection, as it is made where nobody says otherwise.

    Searches are made with its faces that resemble nine others: their lists are full, and nobody sees a record through
    more different probes than the vault allows.
    """
    collection_id = create_collection(keep, session, "load", Policy(), None).collection_id
    faces: list[FaceId] = []
    for number, batch in enumerate(gallery.batches()):
        photos = [PhotoToEnroll(template.tobytes(), source="synthetic") for template in batch]
        done = enroll(keep, session, collection_id, photos, now=datetime.now(UTC))
        alike = gallery.rows_near_probes(number * MAX_FACES_A_BATCH, len(batch))
        faces += [done.photos[row].faces[0].face_id for row in alike]
    return Filled(collection_id, tuple(faces))


@contextmanager
def signed_in(keep: Keep, api_key: str) -> Iterator[SessionToken]:
    """A session for the length of the block."""
    session = open_session(keep, api_key)
    try:
        yield session
    finally:
        end_session(keep, session)


def granted(
    keep: Keep, session: SessionToken, case_id: CaseId, filled: Filled, gallery: Gallery
) -> tuple[list[BlockRef], NDArray[np.int32]]:
    """The blocks of the collection and one quantized probe, as a search node is given them."""
    ask = GrantSearch(
        session=session,
        collection_ids=(filled.collection_id,),
        probes=gallery.probe(0).tobytes(),
        case_id=case_id,
    )
    grant = keep.vault.call(ask, Grant)
    blocks = [BlockRef(one.block_id, one.slots, one.digest) for one in grant.blocks]
    return blocks, np.frombuffer(grant.probes, "<i4").reshape(1, -1)
