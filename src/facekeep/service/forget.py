"""Forget: destroyed and never released again once this returns; survivors of the block are sealed anew at once."""

from dataclasses import dataclass

from facekeep.service.housekeeping import after_forget
from facekeep.service.keep import Keep
from facekeep.terms import CollectionId, FaceId, PersonId, SessionToken
from facekeep.vault.wire import DeleteCollection, ForgetFaces, ForgetPerson, Forgotten, Message


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many faces are gone for everybody, the log entry that says so, and when the vault's backups rolled over."""

    forgotten: int
    entry: int
    backup_horizon_hours: int


def forget_face(keep: Keep, session: SessionToken, face_id: FaceId) -> Receipt:
    """Forget one face."""
    return _forgotten(keep, ForgetFaces(session=session, face_ids=(face_id,)))


def forget_person(keep: Keep, session: SessionToken, person_id: PersonId) -> Receipt:
    """Forget a person with every face."""
    return _forgotten(keep, ForgetPerson(session=session, person_id=person_id))


def delete_collection(keep: Keep, session: SessionToken, collection_id: CollectionId) -> Receipt:
    """Forget a collection: its keys destroyed in one step."""
    return _forgotten(keep, DeleteCollection(session=session, collection_id=collection_id))


def _forgotten(keep: Keep, message: Message) -> Receipt:
    answer = keep.vault.call(message, Forgotten)
    after_forget(keep)
    return Receipt(answer.faces, answer.entry, answer.horizon_hours)
