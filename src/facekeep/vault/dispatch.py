"""From message to handler, with what no handler may forget: the caller, and the entry before the act.

`TABLE` is the vault's whole surface towards the server: every message, how it is authenticated and how it is logged. A
message that is not in it is refused; a test holds the table against `wire.ServerRequest`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from facekeep.errors import FacekeepError, Refused, Tampered
from facekeep.vault import wire
from facekeep.vault.acts import enrolling, galleries, reading_log, searching
from facekeep.vault.identity import Caller
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.wire import Message


@dataclass(frozen=True, slots=True)
class Rule:
    """How one message is handled.

    `announced` names the entry written before the handler runs; None where the handler writes its own or where nothing
    of anybody is read or changed. `facts` picks what the entry says of the message. `own_lock` handlers do numerics
    and take the lock themselves.
    """

    handler: Callable[..., Message]
    announced: str | None = None
    session: bool = True
    facts: Callable[[Any], Facts] = lambda _: {}
    own_lock: bool = False


def _collection(message: Any) -> Facts:
    return {"collection": message.collection_id}


def _grant(message: wire.GrantSearch) -> Facts:
    facts: Facts = {"collections": " ".join(message.collection_ids[:8]), "top_k": message.top_k}
    return {**facts, "probes_bytes": len(message.probes), "face": message.face_id, "only": message.only}


TABLE: dict[type[Message], Rule] = {
    wire.Authenticate: Rule(galleries.authenticate, session=False),
    wire.EndSession: Rule(galleries.end_session, session=False),
    wire.CreateCollection: Rule(
        galleries.create_collection, "collection.create", facts=lambda m: {"evaluation": m.policy.evaluation}
    ),
    wire.ListCollections: Rule(galleries.list_collections, "collection.list"),
    wire.ShowCollection: Rule(galleries.show_collection, "collection.show", facts=_collection),
    wire.DeleteCollection: Rule(galleries.delete_collection, "collection.forget", facts=_collection),
    wire.CreatePerson: Rule(enrolling.create_person, "person.create", facts=_collection),
    wire.ListPersons: Rule(galleries.list_persons, "person.list", facts=_collection),
    wire.ShowPerson: Rule(galleries.show_person, "person.show", facts=lambda m: {"person": m.person_id}),
    wire.ListFaces: Rule(galleries.list_faces, "face.list", facts=_collection),
    wire.ShowFace: Rule(galleries.show_face, "face.show", facts=lambda m: {"face": m.face_id}),
    wire.SealFaces: Rule(
        enrolling.seal_faces, "face.enroll", facts=lambda m: {"collection": m.collection_id, "faces": len(m.faces)}
    ),
    wire.CommitBatch: Rule(enrolling.commit_batch, session=False),
    wire.RecallAnswer: Rule(galleries.recall_answer),
    wire.OpenCells: Rule(
        enrolling.open_cells,
        "record.open",
        facts=lambda m: {"cells": len(m.cells), "kinds": " ".join(sorted({one.kind.value for one in m.cells}))},
    ),
    wire.GrantSearch: Rule(searching.grant_search, "search.ask", facts=_grant),
    wire.OpenSums: Rule(searching.open_sums, session=False, own_lock=True),
    wire.Compare: Rule(searching.compare, "verify.ask", facts=lambda m: {"model": m.contract.name}),
    wire.ForgetFaces: Rule(enrolling.forget_faces, "face.forget", facts=lambda m: {"faces": len(m.face_ids)}),
    wire.ForgetPerson: Rule(enrolling.forget_person, "person.forget", facts=lambda m: {"person": m.person_id}),
    wire.NextReseal: Rule(enrolling.next_reseal, session=False),
    wire.Reseal: Rule(enrolling.reseal_block, session=False),
    wire.GetGarbage: Rule(enrolling.get_garbage, session=False),
    wire.GarbageGone: Rule(enrolling.garbage_gone, session=False),
    wire.ReadLog: Rule(reading_log.read_log, "log.read", facts=lambda m: {"start": m.start}),
    wire.GetCheckpoint: Rule(reading_log.get_checkpoint, session=False),
    wire.ProveEntry: Rule(reading_log.prove_entry, session=False),
    wire.ProveConsistency: Rule(reading_log.prove_consistency, session=False),
}


def answer(vault: OpenVault, message: Message) -> Message:
    """The answer to one message of the server's, acted on by its rule.

    Raises
    ------
    FacekeepError
        Refusals and failures, with the entry that tells of them where somebody asked.
    """
    rule = TABLE[type(message)]
    if rule.own_lock:
        return rule.handler(vault, message)
    with vault.lock:
        vault.refuse_when_closed()
        if not rule.session:
            return _run_logging_alarms(vault, rule, message)
        return _run_for_caller(vault, rule, message)


def _run_for_caller(vault: OpenVault, rule: Rule, message: Any) -> Message:
    caller = vault.sessions.caller(message.session)
    if rule.announced is None:
        return rule.handler(vault, caller, message)
    entry = vault.journal.note(caller, rule.announced, rule.facts(message), outcome="asked")
    try:
        return rule.handler(vault, caller, message)
    except FacekeepError as error:
        error.entry = _refusal(vault, caller, rule.announced, error, entry)
        raise


def _refusal(vault: OpenVault, caller: Caller, act: str, error: FacekeepError, asked: int) -> int:
    """Write how it ended. Where the log itself is what failed, the entry that asked is all there is."""
    if vault.log.broken:
        return asked
    return vault.journal.note(caller, act, {"asked": asked}, outcome=error.code)


def _run_logging_alarms(vault: OpenVault, rule: Rule, message: Message) -> Message:
    """The vault's own business: only refusals and tampering leave an entry."""
    try:
        return rule.handler(vault, message)
    except (Refused, Tampered) as error:
        if error.entry is None and not vault.log.broken and vault.guesses.spend():
            act = type(message).__name__
            error.entry = vault.journal.write(KEEP, "server", act, error.code, {})
        raise
