"""A decoy collection in a vault in this process: what has to be there first, and how it is placed."""

from town import Town
from vault_driver import CONTRACT, unit

from facekeep.vault import wire


def enroll(town: Town, session: str) -> str:
    """A real collection with a face; its id."""
    message = wire.CreateCollection(session=session, name="real", contract=CONTRACT, policy=wire.Policy())
    collection_id = town.ask(message, wire.CollectionShown).collection.collection_id
    draft = wire.FaceDraft(template=unit("x").tobytes(), crop=b"\xff\xd8", facts=wire.FaceFacts())
    batch = town.ask(wire.SealFaces(session=session, collection_id=collection_id, faces=(draft,)), wire.SealedBatch)
    town.ask(wire.CommitBatch(session=session, batch_id=batch.batch_id), wire.Done)
    return collection_id


def place(town: Town) -> wire.SealedBatch:
    """What the server does for a decoy collection, which is what it does for any block."""
    town.vault.placing.hurry()
    job = town.ask(wire.NextReseal(anew=True), wire.ResealJob)
    assert job.job_id is not None
    batch = town.ask(wire.Reseal(job_id=job.job_id, cells=()), wire.SealedBatch)
    town.ask(wire.CommitBatch(session=None, batch_id=batch.batch_id), wire.Done)
    return batch
