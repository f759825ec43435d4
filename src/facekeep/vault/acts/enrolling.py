"""Sealing and committing batches, opening records, forgetting, re-sealing, and what the store should delete."""

from collections.abc import Sequence
from contextlib import ExitStack

from facekeep.errors import BadInput, Code, FacekeepError
from facekeep.terms import BlockId, CellId, CellKind
from facekeep.vault import cells, enroll, forget, places, reseal, usage, wire
from facekeep.vault.acts.shared import collection_of, face_of, person_of, remember
from facekeep.vault.backup.making import is_under_way
from facekeep.vault.batches import Batch
from facekeep.vault.canaries import gallery
from facekeep.vault.identity import Caller
from facekeep.vault.journal import Facts
from facekeep.vault.naming import naming, opened_by
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.review import identity
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.signals import coverage, watch
from facekeep.vault.wire import Cell, FacePlace

_OPENABLE = (CellKind.PERSON, CellKind.FACE, CellKind.CROP, CellKind.PHOTO)


def create_person(vault: OpenVault, caller: Caller, message: wire.CreatePerson) -> wire.SealedBatch:
    """A pending person."""
    collection = collection_of(vault, caller, message.collection_id)
    batch, answer = enroll.seal_person(vault.database, vault.batches, collection, message.name)
    vault.batches.add(batch)
    return answer


def seal_faces(vault: OpenVault, caller: Caller, message: wire.SealFaces) -> wire.SealedBatch:
    """A pending batch of faces in one new block."""
    collection = collection_of(vault, caller, message.collection_id)
    batch, answer = enroll.seal_faces(vault.database, vault.batches, collection, message.faces, message.photos)
    vault.batches.add(batch)
    return answer


def commit_batch(vault: OpenVault, message: wire.CommitBatch) -> wire.Done:
    """Make a batch live, once the store holds it. A batch that cannot be committed is discarded."""
    caller = vault.sessions.caller(message.session) if message.session else None
    batch = vault.batches.take(message.batch_id)
    try:
        _check_committer(caller, batch)
        collection = vault.shelf.collection(batch.collection_id, batch.org_id)
        entry = _commit_entry(vault, caller, batch)
        _commit(vault, caller, collection, batch, message.remember)
    except FacekeepError:
        collection_in_memory_is_stale(vault, batch)
        vault.batches.discard(batch.batch_id)
        raise
    if batch.moved:
        vault.database.forget_old_pages()
    if vault.canaries.is_decoy(batch.org_id):
        vault.canaries.reload()
    return wire.Done(entry=entry)


def open_cells(vault: OpenVault, caller: Caller, message: wire.OpenCells) -> wire.OpenedCells:
    """Plaintexts of records, crops and photos of the caller's organization. Templates are never opened this way.

    All or none: a record that is hidden from the caller hides the others that were asked for with it.
    """
    identity.refuse_hidden(vault.database, vault.shelf, caller, message.cells)
    session = vault.sessions.find(message.session)
    watch.count(vault, session, watch.OPENS, len(message.cells))
    watch.see_cells(vault, caller, message.cells)
    opened = open_all(vault, caller, message.cells, _OPENABLE)
    whose = opened_by(vault.database, [cell.cell_id for cell in message.cells])
    vault.journal.note_all(caller, naming("record.opened", {"cells": len(opened)}, whose))
    return wire.OpenedCells(plaintexts=opened)


def open_all(
    vault: OpenVault, caller: Caller, some: Sequence[Cell], kinds: tuple[CellKind, ...]
) -> tuple[bytes, ...]:
    """Their plaintexts. Raises `not_found` for a forgotten, foreign or unopenable one, Tampered for an altered one."""
    keys = cells.wrapped_keys_of(vault.database, [cell.cell_id for cell in some])
    found = (vault.shelf.by_number(number) for number in {number for number, _ in keys.values()})
    mine = {one.number: one for one in found if one.org_id == caller.org_id and caller.sees(one.collection_id)}
    if not all(cell.kind in kinds and cell.cell_id in keys and keys[cell.cell_id][0] in mine for cell in some):
        raise BadInput(Code.NOT_FOUND, "no such record")
    with_keys = ((cell, *keys[cell.cell_id]) for cell in some)
    return tuple(cells.open_cell(mine[number].cells_key, wrapped, cell) for cell, number, wrapped in with_keys)


def forget_faces(vault: OpenVault, caller: Caller, message: wire.ForgetFaces) -> wire.Forgotten:
    """Destroy what opens some faces; durable when answered."""
    found = [face_of(vault, caller, one) for one in dict.fromkeys(message.face_ids)]
    facts: Facts = {"faces": len(found), "first": found[0].face_id}
    which = naming("faces.forgotten_ids", {}, {"faces": [place.face_id for place in found]})
    entry = vault.journal.note_all(caller, [("faces.forgotten", facts), *which])
    with ExitStack() as changing, vault.database.transaction():
        for collection_id in {place.collection_id for place in found}:
            mine = [place for place in found if place.collection_id == collection_id]
            collection = collection_of(vault, caller, collection_id)
            changing.enter_context(collection.changing()).add(forget.forget_faces(vault.database, collection, mine))
        vault.journal.save_anchor()
    vault.database.forget_old_pages()
    return wire.Forgotten(faces=len(found), entry=entry, horizon_hours=vault.horizon_hours)


def forget_person(vault: OpenVault, caller: Caller, message: wire.ForgetPerson) -> wire.Forgotten:
    """Destroy what opens a person and every face of theirs; durable when answered."""
    person = person_of(vault, caller, message.person_id)
    collection = collection_of(vault, caller, person.collection_id)
    faces = _every_face(vault, collection, person.person_id)
    facts: Facts = {"person": person.person_id, "faces": len(faces)}
    which = naming("faces.forgotten_ids", {"person": person.person_id}, {"faces": [one.face_id for one in faces]})
    entry = vault.journal.note_all(caller, [("person.forgotten", facts), *which])
    with collection.changing() as change, vault.database.transaction():
        change.add(forget.forget_person(vault.database, collection, person.person_id, faces))
        vault.journal.save_anchor()
    vault.database.forget_old_pages()
    return wire.Forgotten(faces=len(faces), entry=entry, horizon_hours=vault.horizon_hours)


def next_reseal(vault: OpenVault, message: wire.NextReseal) -> wire.ResealJob:
    """The next re-sealing job, if there is one."""
    if message.anew:
        vault.jobs.begin_round()
    job = vault.jobs.next(after_forget_only=message.after_forget_only)
    if job is None:
        return wire.ResealJob(job_id=None) if message.after_forget_only else gallery.next_job(vault)
    cell_ids = tuple(cell_id for _, cell_id in job.faces)
    return wire.ResealJob(job_id=job.job_id, cell_ids=cell_ids, is_rotation=job.is_rotation)


def reseal_block(vault: OpenVault, message: wire.Reseal) -> wire.SealedBatch:
    """A pending batch that replaces the job's blocks."""
    if vault.placing.takes(message.job_id):
        return gallery.seal(vault)
    job = vault.jobs.take(message.job_id)
    batch, answer = reseal.reseal(vault.database, vault.shelf.by_number(job.collection), job, message.cells)
    vault.batches.add(batch)
    return answer


def get_garbage(vault: OpenVault, message: wire.GetGarbage) -> wire.Garbage:
    """What the store should delete; nothing while a backup is being made, which may have to copy it."""
    limit = 0 if is_under_way(vault) else message.limit
    rows = vault.database.rows("SELECT id, is_block FROM garbage LIMIT ?", limit)
    return wire.Garbage(
        cell_ids=tuple(CellId(one) for one, is_block in rows if not is_block),
        block_ids=tuple(BlockId(one) for one, is_block in rows if is_block),
    )


def garbage_gone(vault: OpenVault, message: wire.GarbageGone) -> wire.Done:
    """Those are deleted."""
    with vault.database.transaction():
        gone = [(one,) for one in (*message.cell_ids, *message.block_ids)]
        vault.database.run_many("DELETE FROM garbage WHERE id = ?", gone)
    return wire.Done()


def collection_in_memory_is_stale(vault: OpenVault, batch: Batch) -> None:
    """What is remembered of a batch's collection may no longer be true; read it again."""
    try:
        collection = vault.shelf.collection(batch.collection_id, batch.org_id)
    except FacekeepError:
        return
    collection.blocks.clear()
    collection.stack = collection.counts = None


def _check_committer(caller: Caller | None, batch: Batch) -> None:
    """Re-sealings and decoys are the vault's own business; all else is committed by the organization that sealed it."""
    is_ours = bool(batch.moved) or batch.is_own
    if (caller is None) != is_ours or (caller is not None and caller.org_id != batch.org_id):
        raise BadInput(Code.NOT_FOUND, "no such batch; enroll again")


def _commit_entry(vault: OpenVault, caller: Caller | None, batch: Batch) -> int:
    if caller is None and batch.moved:
        facts: Facts = {"collection": batch.collection_id, "faces": len(batch.moved), "blocks": len(batch.replaces)}
        return vault.journal.write(batch.org_id, "keep", "block.resealed", "done", facts)
    first = batch.places[0].face_id if batch.places else None
    facts = {"collection": batch.collection_id, "faces": len(batch.places), "persons": len(batch.persons)}
    ids: dict[str, list[str]] = {
        "faces": [place.face_id for place in batch.places],
        "persons": [one.person_id for one in batch.persons],
        "photos": [place.face_id for place in batch.places if place.photo_cell is not None],
    }
    which = naming("faces.enrolled_ids", {"collection": batch.collection_id}, ids)
    act = "faces.enrolled" if batch.places else "person.created"
    said = [(act, {**facts, "first": first}), *which]
    if caller is None:
        return vault.journal.write_all(batch.org_id, "keep", [(name, "done", told) for name, told in said])
    return vault.journal.note_all(caller, said)


def _commit(
    vault: OpenVault, caller: Caller | None, collection: OpenCollection, batch: Batch, answer: wire.Remember | None
) -> None:
    with collection.changing() as change, vault.database.transaction():
        vault.batches.settle(batch.batch_id)
        if batch.moved:
            reseal.commit_reseal(vault.database, collection, batch)
            gallery.note_resealed(vault, batch)
        else:
            change.add(enroll.commit_enrollment(vault.database, collection, batch))
            usage.count(vault.database, batch.org_id, usage.ENROLLMENTS, len(batch.places))
            if caller is not None and not collection.policy.evaluation:
                coverage.note_own(vault.database, caller.member_id, collection.number, len(batch.places))
        if batch.is_own:
            gallery.note_placed(vault, batch)
        if answer is not None:
            remember(vault, batch.org_id, answer)
        vault.journal.save_anchor()


def _every_face(vault: OpenVault, collection: OpenCollection, person_id: str) -> list[FacePlace]:
    return places.faces_page(vault.database, collection, person_id, 0, 1_000_000)
