"""What a newer log says was forgotten or revoked after a backup, done again on the vault that came back from it.

Each of these acts stands in the log already: nothing here needs an entry of its own. Galleries that were made since,
cases and other changes are gone with the old disk; the log says what they were, and their number is told.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from facekeep.errors import BadInput
from facekeep.terms import CollectionId
from facekeep.vault import forget, operations, places
from facekeep.vault.identity import api_keys, members, passkeys
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire import FacePlace, LogEntry

_PAGE = 1_000
_EVERY = 1_000_000


@dataclass(slots=True)
class Again:
    """How many faces were forgotten again, how many keys and memberships ended again, and which acts there were."""

    forgotten: int = 0
    revoked: int = 0
    since: Counter[str] = field(default_factory=Counter)


def organizations(vault: OpenVault) -> list[str]:
    """Every organization."""
    return [org_id for (org_id,) in vault.database.rows("SELECT org_id FROM organizations")]


def reapply(vault: OpenVault) -> Again:
    """Do again what must not come back. The database is as it was at the backup, the log is newer.

    Raises
    ------
    Tampered
        `log_altered`.
    """
    again = Again()
    newer = [(one, entry) for one in [KEEP, *organizations(vault)] for entry in _since(vault, one)]
    for org_id, entry in newer:
        again.since[entry.act] += 1
        if entry.outcome == "done":
            with suppress(BadInput):  # it was made after the backup, or is forgotten already
                again.forgotten += _FORGETS.get(entry.act, _nothing)(vault, org_id, dict(entry.facts))
                again.revoked += _REVOKES.get(entry.act, _nothing)(vault, org_id, dict(entry.facts))
    vault.database.forget_old_pages()
    return again


def _since(vault: OpenVault, org_id: str) -> list[LogEntry]:
    """An organization's entries that the database does not know of."""
    (last,) = vault.database.row("SELECT max(entry) FROM log_places WHERE org_id = ?", org_id) or (None,)
    start: int | None = 0 if last is None else last + 1
    found: list[LogEntry] = []
    while start is not None:
        some, start = vault.journal.read(org_id, start, _PAGE)
        found += some
    return found


def _nothing(_vault: OpenVault, _org_id: str, _facts: Facts) -> int:
    return 0


def _faces(vault: OpenVault, org_id: str, facts: Facts) -> int:
    return sum(_face(vault, org_id, one) for one in str(facts.get("faces") or "").split())


def _face(vault: OpenVault, org_id: str, face_id: str) -> int:
    with suppress(BadInput):
        place = places.face_by_id(vault.database, org_id, face_id)
        return _forget(vault, org_id, place.collection_id, [place])
    return 0


def _person(vault: OpenVault, org_id: str, facts: Facts) -> int:
    person = places.person_by_id(vault.database, org_id, str(facts["person"]))
    collection = vault.shelf.collection(person.collection_id, org_id)
    faces = places.faces_page(vault.database, collection, person.person_id, 0, _EVERY)
    with collection.changing() as change, vault.database.transaction():
        change.add(forget.forget_person(vault.database, collection, person.person_id, faces))
    return len(faces)


def _collection(vault: OpenVault, org_id: str, facts: Facts) -> int:
    collection = vault.shelf.collection(CollectionId(str(facts["collection"])), org_id)
    with vault.database.transaction():
        faces = forget.forget_collection(vault.database, collection)
    vault.shelf.forget(collection.collection_id)
    return faces


def _organization(vault: OpenVault, _org_id: str, facts: Facts) -> int:
    return operations.shred(vault, str(facts["organization"]))


def _forget(vault: OpenVault, org_id: str, collection_id: CollectionId, faces: list[FacePlace]) -> int:
    collection = vault.shelf.collection(collection_id, org_id)
    with collection.changing() as change, vault.database.transaction():
        change.add(forget.forget_faces(vault.database, collection, faces))
    return len(faces)


def _key(vault: OpenVault, _org_id: str, facts: Facts) -> int:
    with vault.database.transaction():
        api_keys.revoke(vault.database, [str(facts["key"])])
    return 1


def _keys_of_admin(vault: OpenVault, _org_id: str, facts: Facts) -> int:
    admin = operations.first_admin(vault, str(facts["organization"]))
    doomed = api_keys.live_keys_of(vault.database, admin) if facts["revoke_others"] else []
    with vault.database.transaction():
        api_keys.revoke(vault.database, doomed)
    return len(doomed)


def _member(vault: OpenVault, org_id: str, facts: Facts) -> int:
    member_id = str(facts["member"])
    with vault.database.transaction():
        api_keys.revoke(vault.database, api_keys.live_keys_of(vault.database, member_id))
        members.remove(vault.database, org_id, member_id)
    return 1


def _passkey(vault: OpenVault, _org_id: str, facts: Facts) -> int:
    with vault.database.transaction():
        passkeys.revoke(vault.database, str(facts["passkey"]))
    return 1


_Act = Callable[[OpenVault, str, Facts], int]
_FORGETS: dict[str, _Act] = {
    "faces.forgotten_ids": _faces,
    "person.forgotten": _person,
    "collection.forgotten": _collection,
    "organization.shred": _organization,
}
_REVOKES: dict[str, _Act] = {
    "key.revoked": _key,
    "key.issue": _keys_of_admin,
    "member.removed": _member,
    "passkey.revoked": _passkey,
}
