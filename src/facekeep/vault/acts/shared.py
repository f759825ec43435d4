"""What several handlers do the same way."""

from facekeep.errors import BadInput, Code
from facekeep.terms import CollectionId
from facekeep.vault import places, wire
from facekeep.vault.clock import day_number
from facekeep.vault.identity import Caller
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.shelf import OpenCollection
from facekeep.vault.wire import FacePlace, PersonPlace

ANSWER_DAYS = 1


def collection_of(vault: OpenVault, caller: Caller, collection_id: str) -> OpenCollection:
    """The caller's collection. Raises BadInput `not_found`, for another organization's and an unseen one too."""
    if not caller.sees(collection_id):
        raise BadInput(Code.NOT_FOUND, "no such collection")
    return vault.shelf.collection(CollectionId(collection_id), caller.org_id)


def face_of(vault: OpenVault, caller: Caller, face_id: str) -> FacePlace:
    """Where a face lies that the caller sees. Raises BadInput `not_found`."""
    place = places.face_by_id(vault.database, caller.org_id, face_id)
    if not caller.sees(place.collection_id):
        raise BadInput(Code.NOT_FOUND, "no such face")
    return place


def person_of(vault: OpenVault, caller: Caller, person_id: str) -> PersonPlace:
    """A person that the caller sees. Raises BadInput `not_found`."""
    place = places.person_by_id(vault.database, caller.org_id, person_id)
    if not caller.sees(place.collection_id):
        raise BadInput(Code.NOT_FOUND, "no such person")
    return place


def remember(vault: OpenVault, org_id: str, answer: wire.Remember) -> None:
    """Inside a transaction: keep an answer for its idempotency key, and drop the old ones."""
    today = day_number()
    vault.database.run("DELETE FROM answers WHERE day < ?", today - ANSWER_DAYS)
    vault.database.run(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)",
        org_id,
        answer.key,
        answer.request_digest,
        answer.response,
        today,
    )
