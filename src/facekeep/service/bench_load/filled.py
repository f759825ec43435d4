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
from facekeep.terms import BlockRef, CollectionId, FaceId, ModelContract, SessionToken
from facekeep.vault.client import VaultClient
from facekeep.vault.wire import Grant, GrantSearch

_POLICY = Policy(evaluation=True, exposure_limit=1_000_000)  # a load test is more than a person may ask a day


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
    """Enroll the gallery; every 97th face or so is one to search with, so that lists differ."""
    collection_id = create_collection(keep, session, "load", _POLICY, None).collection_id
    faces: list[FaceId] = []
    for batch in gallery.batches():
        photos = [PhotoToEnroll(template.tobytes(), source="synthetic") for template in batch]
        done = enroll(keep, session, collection_id, photos, now=datetime.now(UTC))
        faces += [photo.faces[0].face_id for photo in done.photos[::97]]
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
    keep: Keep, session: SessionToken, filled: Filled, gallery: Gallery
) -> tuple[list[BlockRef], NDArray[np.int32]]:
    """The blocks of the collection and one quantized probe, as a search node is given them."""
    ask = GrantSearch(session=session, collection_ids=(filled.collection_id,), probes=gallery.probe(0).tobytes())
    grant = keep.vault.call(ask, Grant)
    blocks = [BlockRef(one.block_id, one.slots, one.digest) for one in grant.blocks]
    return blocks, np.frombuffer(grant.probes, "<i4").reshape(1, -1)
