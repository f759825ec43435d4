"""The decoy collection: generated people with generated templates, in one block that nobody ever scans.

The server stores it as it stores a block that was sealed anew, by the same messages, at a random moment after the keep
has real collections: a store does not begin with what is not real.
"""

import os
from dataclasses import replace

import msgspec
import numpy as np

from facekeep.terms import JobId
from facekeep.vault import enroll
from facekeep.vault.batches import Batch
from facekeep.vault.canaries import people
from facekeep.vault.canaries.register import Kind
from facekeep.vault.clock import timestamp
from facekeep.vault.keys import fresh_id, fresh_key, wrap
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.wire import FaceDraft, FaceFacts, Policy, ResealJob, SealedBatch

_FEWEST, _MOST = 6, 24
_SMALLEST_CROP, _LARGEST_CROP = 9_000, 22_000  # bytes, as crops of 256 pixels have them
_NAMES = ("Families 2019", "Archive A", "Intake", "Unidentified", "North", "Collection 2")


def next_job(vault: OpenVault) -> ResealJob:
    """A job where a decoy is to be stored now, which looks like any other; else none."""
    is_due = vault.placing.is_due() and _is_wanted(vault)
    return ResealJob(job_id=JobId(vault.placing.give()) if is_due else None)


def seal(vault: OpenVault) -> SealedBatch:
    """A decoy collection's faces, to be stored and committed."""
    collection = _collection(vault)
    drafts = tuple(_draft(collection.contract.dimension) for _ in range(_FEWEST + people.below(_MOST - _FEWEST)))
    batch, sealed = enroll.seal_faces(vault.database, vault.batches, collection, drafts, ())
    vault.batches.add(replace(batch, is_own=True))
    return sealed


def note_placed(vault: OpenVault, batch: Batch) -> None:
    """Inside the committing transaction: everything of the batch is a decoy from now on."""
    names: set[str] = {key.cell_id for key in batch.keys}
    for place in batch.places:
        names |= {place.face_id, place.person_id}
    if batch.block is not None:
        vault.canaries.add(Kind.BLOCK, batch.block.block.block_id, sorted(names))


def note_resealed(vault: OpenVault, batch: Batch) -> None:
    """Inside the committing transaction: where a decoy's block was sealed anew, the new block is the decoy."""
    if vault.canaries.named(batch.collection_id) is not None and batch.block is not None:
        for canary in vault.canaries.live(Kind.BLOCK):
            vault.canaries.rename(canary, batch.block.block.block_id)


def _is_wanted(vault: OpenVault) -> bool:
    """Whether there is a decoy organization without a block, and a real collection to look like."""
    has_organization = bool(vault.canaries.live(Kind.ORGANIZATION))
    return has_organization and not vault.canaries.live(Kind.BLOCK) and _real_contract(vault) is not None


def _real_contract(vault: OpenVault) -> bytes | None:
    """The model contract of a collection of a customer's."""
    rows = vault.database.rows(
        "SELECT contract FROM collections WHERE collection_id NOT IN (SELECT name FROM canary_names)"
        " AND EXISTS (SELECT 1 FROM blocks WHERE blocks.collection = collections.number)"
    )
    return people.chosen(rows)[0] if rows else None


def _collection(vault: OpenVault) -> OpenCollection:
    """The decoy collection: the one that waits for its block, or a new one."""
    (owner,) = vault.canaries.live(Kind.ORGANIZATION)
    known = vault.canaries.live(Kind.COLLECTION)
    if not known:
        with vault.database.transaction():
            collection_id = _insert(vault, owner.thing)
            vault.canaries.add(Kind.COLLECTION, collection_id)
            vault.journal.save_anchor()
        vault.canaries.reload()
        return vault.shelf.collection(collection_id, owner.thing)
    return vault.shelf.collection(known[0].thing, owner.thing)


def _insert(vault: OpenVault, org_id: str) -> str:
    collection_id = fresh_id("col")
    contract = _real_contract(vault) or b""
    vault.database.run(
        "INSERT INTO collections (collection_id, org_id, name, contract, policy, public_seed, wrapped_key, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(collection_id, org_id, people.chosen(_NAMES), contract, msgspec.msgpack.encode(Policy()), os.urandom(32)),
        *(wrap(vault.shelf.org_key(org_id), fresh_key(), collection_id), timestamp()),
    )
    return collection_id


def _draft(dimension: int) -> FaceDraft:
    """A person who does not exist: a random direction, and bytes that only look like a crop from outside."""
    direction = np.frombuffer(os.urandom(4 * dimension), "<i4").astype(np.float64)
    template = (direction / np.linalg.norm(direction)).astype("<f4")
    crop = b"\xff\xd8\xff\xdb" + os.urandom(_SMALLEST_CROP + people.below(_LARGEST_CROP - _SMALLEST_CROP))
    return FaceDraft(
        template=template.tobytes(), crop=crop, facts=FaceFacts(source="family album"), person_name=people.person()
    )
