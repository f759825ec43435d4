"""Sessions, collections, and where persons and faces lie."""

import hmac
import os

import msgspec

from facekeep.errors import BadInput, Code, Refused
from facekeep.terms import SessionToken
from facekeep.vault import forget, places, wire
from facekeep.vault.acts.opening_ahead import refuse_unless_faces_open, refuse_unless_persons_open
from facekeep.vault.acts.shared import ANSWER_DAYS, collection_of, face_of, person_of, remember
from facekeep.vault.clock import day_number, timestamp
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.exposure import UNLIMITED
from facekeep.vault.identity import IDLE_SECONDS, Caller, api_keys
from facekeep.vault.identity.callers import names
from facekeep.vault.identity.sessions import PERSONS, remaining_s
from facekeep.vault.journal import KEEP
from facekeep.vault.keys import fresh_id, fresh_key, wrap
from facekeep.vault.naming import naming
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.signals import watch
from facekeep.vault.wire import Policy

_STRICT = Policy()


def authenticate(vault: OpenVault, message: wire.Authenticate) -> wire.SessionOpened:
    """A session for a good API key, or a person's own again; a wrong one is logged, as a flood leaves room."""
    try:
        return _noted(vault, message, _opened(vault, message.untrusted_credential))
    except Refused as refusal:  # its entry's number is not told: it counts the keep's own entries
        if vault.guesses.spend():
            facts = {"uncounted_before": vault.guesses.suppressed}
            vault.journal.write(KEEP, "nobody", "authenticate", refusal.code, {**facts})
        raise


def _opened(vault: OpenVault, untrusted_credential: str) -> wire.SessionOpened:
    if untrusted_credential.startswith(PERSONS):
        return _still_open(vault, untrusted_credential)
    caller = api_keys.authenticate(vault.database, vault.credential_key, untrusted_credential)
    return wire.SessionOpened(
        session=vault.sessions.open(caller), roles=names(caller.roles), expires_in_s=IDLE_SECONDS
    )


def _noted(vault: OpenVault, message: wire.Authenticate, opened: wire.SessionOpened) -> wire.SessionOpened:
    session = vault.sessions.find(opened.session, in_frozen_organization=True)
    watch.note_client(vault, session, message.client_class)
    return opened


def _still_open(vault: OpenVault, untrusted_token: str) -> wire.SessionOpened:
    session = vault.sessions.find(untrusted_token, in_frozen_organization=True)
    return wire.SessionOpened(
        session=SessionToken(untrusted_token), roles=names(session.caller.roles), expires_in_s=remaining_s(session)
    )


def end_session(vault: OpenVault, message: wire.EndSession) -> wire.Done:
    """Forget a session."""
    vault.sessions.end(message.session)
    return wire.Done()


def create_collection(vault: OpenVault, caller: Caller, message: wire.CreateCollection) -> wire.CollectionShown:
    """A new collection with its own random key and its own public polynomials."""
    _check_policy(message.policy)
    message = msgspec.structs.replace(message, policy=_as_kept(message.policy))
    if vault.database.row("SELECT 1 FROM collections WHERE org_id = ? AND name = ?", caller.org_id, message.name):
        raise BadInput(Code.CONFLICT, "there is a collection of that name")
    collection_id = fresh_id("col")
    with vault.database.transaction():
        _insert_collection(vault, caller, message, collection_id)
        if message.remember_key:
            answer = wire.Remember(message.remember_key, message.remember_digest, collection_id.encode())
            remember(vault, caller.org_id, answer)
        vault.journal.save_anchor()
    return wire.CollectionShown(collection=vault.shelf.view(collection_of(vault, caller, collection_id)))


def list_collections(vault: OpenVault, caller: Caller, message: wire.ListCollections) -> wire.CollectionPage:
    """A page of the caller's organization's collections."""
    key, listing = vault.shelf.cursor_key(caller.org_id), "collections"
    found = vault.shelf.page(caller.org_id, start_of(key, listing, message.cursor), message.limit)
    more = cursor_after(key, listing, found[-1].number) if len(found) == message.limit else ""
    seen = tuple(vault.shelf.view(one) for one in found if caller.sees(one.collection_id))
    return wire.CollectionPage(items=seen, next_cursor=more)


def show_collection(vault: OpenVault, caller: Caller, message: wire.ShowCollection) -> wire.CollectionShown:
    """One collection."""
    return wire.CollectionShown(collection=vault.shelf.view(collection_of(vault, caller, message.collection_id)))


def delete_collection(vault: OpenVault, caller: Caller, message: wire.DeleteCollection) -> wire.Forgotten:
    """Destroy a collection's key, and so everything in it."""
    collection = collection_of(vault, caller, message.collection_id)
    entry = vault.journal.note(caller, "collection.forgotten", {"collection": collection.collection_id})
    with vault.database.transaction():
        faces = forget.forget_collection(vault.database, collection)
        vault.journal.save_anchor()
    vault.shelf.forget(collection.collection_id)
    vault.database.forget_old_pages()
    return wire.Forgotten(faces=faces, entry=entry, horizon_hours=vault.horizon_hours)


def list_persons(vault: OpenVault, caller: Caller, message: wire.ListPersons) -> wire.PersonPage:
    """A page of persons."""
    collection, listing = collection_of(vault, caller, message.collection_id), "persons"
    start = start_of(collection.key, listing, message.cursor)
    found = places.persons_page(vault.database, collection, start, message.limit)
    if message.with_records:
        refuse_unless_persons_open(vault, caller, found)
    ids = {"persons": [one.person_id for one in found]}
    vault.journal.note_all(caller, naming("persons.listed", {"collection": collection.collection_id}, ids))
    if len(found) < message.limit:
        return wire.PersonPage(items=tuple(found))
    last = places.number_of_person(vault.database, found[-1])
    return wire.PersonPage(items=tuple(found), next_cursor=cursor_after(collection.key, listing, last))


def show_person(vault: OpenVault, caller: Caller, message: wire.ShowPerson) -> wire.PersonShown:
    """One person."""
    return wire.PersonShown(person=person_of(vault, caller, message.person_id))


def list_faces(vault: OpenVault, caller: Caller, message: wire.ListFaces) -> wire.FacePage:
    """A page of faces."""
    collection = collection_of(vault, caller, message.collection_id)
    listing = f"faces/{message.person_id or ''}"
    start = start_of(collection.key, listing, message.cursor)
    found = places.faces_page(vault.database, collection, message.person_id, start, message.limit)
    if message.with_records:
        refuse_unless_faces_open(vault, caller, found)
    ids = {"faces": [one.face_id for one in found]}
    vault.journal.note_all(caller, naming("faces.listed", {"collection": collection.collection_id}, ids))
    if len(found) < message.limit:
        return wire.FacePage(items=tuple(found))
    last = places.number_of_face(vault.database, found[-1])
    return wire.FacePage(items=tuple(found), next_cursor=cursor_after(collection.key, listing, last))


def show_face(vault: OpenVault, caller: Caller, message: wire.ShowFace) -> wire.FaceShown:
    """One face."""
    return wire.FaceShown(face=face_of(vault, caller, message.face_id))


def recall_answer(vault: OpenVault, caller: Caller, message: wire.RecallAnswer) -> wire.Recalled:
    """The remembered answer of an idempotency key. Raises `idempotency_mismatch` for another request's key."""
    found = vault.database.row(
        "SELECT request_digest, response FROM answers WHERE org_id = ? AND key = ? AND day >= ?",
        caller.org_id,
        message.key,
        day_number() - ANSWER_DAYS,
    )
    if found is None:
        return wire.Recalled(response=None)
    if not hmac.compare_digest(found[0], message.request_digest):
        raise BadInput(Code.IDEMPOTENCY_MISMATCH, "this idempotency key was used for another request")
    vault.journal.note(caller, "answer.recalled", {"bytes": len(found[1])})
    return wire.Recalled(response=found[1])


def _insert_collection(vault: OpenVault, caller: Caller, message: wire.CreateCollection, collection_id: str) -> None:
    vault.database.run(
        "INSERT INTO collections (collection_id, org_id, name, contract, policy, public_seed, wrapped_key, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        collection_id,
        caller.org_id,
        message.name,
        msgspec.msgpack.encode(message.contract),
        msgspec.msgpack.encode(message.policy),
        os.urandom(32),
        wrap(vault.shelf.org_key(caller.org_id), fresh_key(), collection_id),
        timestamp(),
    )


def _as_kept(policy: Policy) -> Policy:
    """The policy as it will hold: where a search needs no case there is nothing to reveal."""
    return policy if policy.needs_case else msgspec.structs.replace(policy, reveal_required=False)


def _check_policy(policy: Policy) -> None:
    """Only an evaluation collection may loosen what protects templates from searching itself."""
    loosened = (policy.score_floor, policy.exposure_limit, policy.score_step)
    strict = (_STRICT.score_floor, _STRICT.exposure_limit, _STRICT.score_step)
    if loosened != strict and not policy.evaluation:
        raise BadInput(
            Code.INVALID_REQUEST,
            "score_floor, exposure_limit and score_step may only be set on an evaluation collection",
        )
    if policy.exposure_limit is not None and policy.exposure_limit > UNLIMITED:
        raise BadInput(Code.INVALID_REQUEST, f"exposure_limit is at most {UNLIMITED}")
