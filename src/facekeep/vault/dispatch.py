"""From message to handler, with what no handler may forget: the caller, and the entry before the act.

`TABLE` is the vault's whole surface towards the server: every message, how it is authenticated and how it is logged. A
message that is not in it is refused; a test holds the table against `wire.ServerRequest`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from facekeep.errors import Code, FacekeepError, Refused, Tampered
from facekeep.terms import Role
from facekeep.vault import wire
from facekeep.vault.acts import (
    alarms,
    approvals,
    cases,
    comparing,
    enrolling,
    exporting_log,
    freezing,
    galleries,
    joining,
    members,
    own_credentials,
    reading_log,
    review,
    rules,
    searching,
    signing_in,
    standing,
    usage,
    witnessing,
)
from facekeep.vault.acts import webhooks as hooks
from facekeep.vault.alarms import raise_alarm
from facekeep.vault.canaries import touches
from facekeep.vault.freezes import SPEAKERS
from facekeep.vault.identity import EVERY_ROLE, Caller
from facekeep.vault.identity.sessions import Session, is_fresh
from facekeep.vault.journal import KEEP, Facts
from facekeep.vault.naming import IDS_ASKED_FOR
from facekeep.vault.open_vault import OpenVault
from facekeep.vault.signals import watch
from facekeep.vault.wire import Message


@dataclass(frozen=True, slots=True)
class Rule:
    """How one message is handled.

    `act` names the entry written before the handler runs; None where the handler writes its own or where nothing of
    anybody is read or changed. `roles` may do it; nobody, unless some are named. `facts` picks what the entry says of
    the message. A `sensitive` act asks for a proof of presence in the last minutes. `when_frozen` is done
    in a frozen organization too. `own_lock` handlers do numerics and
    take the lock themselves.
    """

    handler: Callable[..., Message]
    act: str | None = None
    roles: frozenset[Role] = frozenset()
    facts: Callable[[Any], Facts] = lambda _: {}
    session: bool = True
    sensitive: bool = False
    when_frozen: bool = False
    own_lock: bool = False


def _collection(message: Any) -> Facts:
    return {"collection": message.collection_id}


def _member(message: Any) -> Facts:
    return {"member": message.member_id}


def _frozen(message: wire.LiftFreeze) -> Facts:
    return {"kind": message.kind, "subject": message.subject_id}


def _new_member(message: Any) -> Facts:
    return {"roles": " ".join(message.roles)}


def _new_roles(message: Any) -> Facts:
    return {**_member(message), **_new_member(message)}


def _grant(message: wire.GrantSearch) -> Facts:
    facts: Facts = {"collections": " ".join(message.collection_ids[:IDS_ASKED_FOR]), "top_k": message.top_k}
    facts |= {"probes_bytes": len(message.probes), "face": message.face_id, "only": message.only}
    return facts | {"case": message.case_id or None}


def _case(message: Any) -> Facts:
    return {"case": message.case_id}


def _approval(message: Any) -> Facts:
    return {"approval": message.approval_id}


def _lead(message: Any) -> Facts:
    return {"lead": message.lead_id}


def _standing(message: Any) -> Facts:
    return {"standing": message.standing_id}


def _new_standing(message: wire.CreateStanding) -> Facts:
    return {**_case(message), "collections": " ".join(message.collection_ids[:8])}


def _webhook(message: Any) -> Facts:
    return {"webhook": message.webhook_id}


def _change(message: wire.ChangeCase) -> Facts:
    facts: Facts = {**_case(message), "ends_at": message.expires_at, "searches_a_day": message.searches_a_day}
    more = {"added": " ".join(message.add_members[:8]), "removed": " ".join(message.remove_members[:8])}
    return {**facts, **more, "members_changed": len(message.add_members) + len(message.remove_members)}


def _rules(message: wire.SetRules) -> Facts:
    chosen = ((name, getattr(message.rules, name)) for name in message.rules.__struct_fields__)
    return {name: value if isinstance(value, int) else len(value) for name, value in chosen}


_PEOPLE = frozenset({Role.ADMIN})
_GALLERY = frozenset({Role.CUSTODIAN})
_SEARCH = frozenset({Role.INVESTIGATOR})
_FORGET = frozenset({Role.CUSTODIAN, Role.PRIVACY_OFFICER})
_RECORDS = frozenset({Role.CUSTODIAN, Role.INVESTIGATOR, Role.REVIEWER, Role.PRIVACY_OFFICER})
_LOG = frozenset({Role.AUDITOR, Role.PRIVACY_OFFICER})
_DECIDE = frozenset({Role.ADMIN, Role.REVIEWER, Role.PRIVACY_OFFICER})
_REVIEW = frozenset({Role.INVESTIGATOR, Role.REVIEWER})
_LEADS = frozenset({Role.INVESTIGATOR, Role.REVIEWER})
_BILL = frozenset({Role.ADMIN, Role.AUDITOR})

TABLE: dict[type[Message], Rule] = {
    wire.Authenticate: Rule(galleries.authenticate, session=False),
    wire.EndSession: Rule(galleries.end_session, session=False),
    wire.WhoAmI: Rule(members.who_am_i, "member.self", EVERY_ROLE),
    wire.ListMembers: Rule(members.list_members, "member.list", _PEOPLE | _LOG),
    wire.AddProgram: Rule(members.add_program, "member.add", _PEOPLE, _new_member, sensitive=True),
    wire.SetRoles: Rule(members.set_roles, "member.roles", _PEOPLE, _new_roles, sensitive=True),
    wire.RemoveMember: Rule(members.remove_member, "member.remove", _PEOPLE, _member, sensitive=True),
    wire.EndSessions: Rule(members.end_sessions, "sessions.end", _PEOPLE, _member),
    wire.WitnessRefused: Rule(witnessing.witness_refused, session=False),
    wire.FreezeMember: Rule(freezing.freeze_member, "member.freeze", _PEOPLE, _member),
    wire.ListFreezes: Rule(freezing.list_freezes, "freeze.list", SPEAKERS | _LOG, when_frozen=True),
    wire.LiftFreeze: Rule(
        freezing.lift_freeze, "freeze.lift", SPEAKERS, _frozen, sensitive=True, when_frozen=True
    ),
    wire.Invite: Rule(members.invite, "member.invite", _PEOPLE, _new_member, sensitive=True),
    wire.ListInvitations: Rule(members.list_invitations, "invitation.list", _PEOPLE),
    wire.WithdrawInvitation: Rule(
        members.withdraw_invitation, "invitation.withdraw", _PEOPLE, lambda m: {"invitation": m.invitation_id}
    ),
    wire.MakeApiKey: Rule(members.make_api_key, "key.make", EVERY_ROLE, _member, sensitive=True),
    wire.ListApiKeys: Rule(members.list_api_keys, "key.list", _PEOPLE | _LOG),
    wire.RevokeApiKey: Rule(members.revoke_api_key, "key.revoke", _PEOPLE, lambda m: {"key": m.key_id}),
    wire.BeginSignIn: Rule(signing_in.begin_sign_in, session=False),
    wire.FinishSignIn: Rule(signing_in.finish_sign_in, session=False),
    wire.PasswordSignIn: Rule(signing_in.sign_in_by_password, session=False, own_lock=True),
    wire.ListMemberships: Rule(signing_in.list_memberships, "membership.list", EVERY_ROLE),
    wire.ChooseOrganization: Rule(signing_in.choose_organization, "session.switch", EVERY_ROLE),
    wire.BeginProof: Rule(signing_in.begin_proof, "session.begin_proof", EVERY_ROLE),
    wire.FinishProof: Rule(signing_in.finish_proof, "session.prove", EVERY_ROLE),
    wire.ProvePassword: Rule(signing_in.prove_password, "session.prove_password", EVERY_ROLE),
    wire.SignOut: Rule(signing_in.sign_out, "session.end", EVERY_ROLE),
    wire.ListSessions: Rule(signing_in.list_sessions, "session.list", EVERY_ROLE),
    wire.EndOtherSessions: Rule(signing_in.end_other_sessions, "session.end_others", EVERY_ROLE),
    wire.BeginJoin: Rule(joining.begin_join, session=False),
    wire.FinishJoin: Rule(joining.finish_join, session=False),
    wire.FinishJoinByPassword: Rule(joining.finish_join_by_password, session=False),
    wire.AcceptInvitation: Rule(joining.accept_invitation, "invitation.accept", EVERY_ROLE, sensitive=True),
    wire.BeginPasskey: Rule(own_credentials.begin_passkey, "passkey.begin", EVERY_ROLE, sensitive=True),
    wire.FinishPasskey: Rule(own_credentials.finish_passkey, "passkey.add", EVERY_ROLE, sensitive=True),
    wire.ListPasskeys: Rule(own_credentials.list_passkeys, "passkey.list", EVERY_ROLE),
    wire.RevokePasskey: Rule(
        own_credentials.revoke_passkey, "passkey.revoke", EVERY_ROLE, lambda m: {"passkey": m.passkey_id},
        sensitive=True,
    ),
    wire.BeginPassword: Rule(own_credentials.begin_password, "password.begin", EVERY_ROLE, sensitive=True),
    wire.FinishPassword: Rule(own_credentials.finish_password, "password.set", EVERY_ROLE, sensitive=True),
    wire.ChangePassword: Rule(own_credentials.change_password, "password.change", EVERY_ROLE, sensitive=True),
    wire.CreateCollection: Rule(
        galleries.create_collection, "collection.create", _GALLERY, lambda m: {"evaluation": m.policy.evaluation}
    ),
    wire.ListCollections: Rule(galleries.list_collections, "collection.list", EVERY_ROLE),
    wire.ShowCollection: Rule(galleries.show_collection, "collection.show", EVERY_ROLE, _collection),
    wire.DeleteCollection: Rule(
        galleries.delete_collection, "collection.forget", _FORGET, _collection, sensitive=True
    ),
    wire.CreatePerson: Rule(enrolling.create_person, "person.create", _GALLERY, _collection),
    wire.ListPersons: Rule(galleries.list_persons, "person.list", _RECORDS, _collection),
    wire.ShowPerson: Rule(galleries.show_person, "person.show", _RECORDS, lambda m: {"person": m.person_id}),
    wire.ListFaces: Rule(galleries.list_faces, "face.list", _RECORDS, _collection),
    wire.ShowFace: Rule(galleries.show_face, "face.show", _RECORDS, lambda m: {"face": m.face_id}),
    wire.SealFaces: Rule(
        enrolling.seal_faces,
        "face.enroll",
        _GALLERY,
        lambda m: {"collection": m.collection_id, "faces": len(m.faces)},
    ),
    wire.CommitBatch: Rule(enrolling.commit_batch, session=False),
    wire.RecallAnswer: Rule(galleries.recall_answer, roles=EVERY_ROLE),
    wire.OpenCells: Rule(
        enrolling.open_cells,
        "record.open",
        _RECORDS,
        lambda m: {"cells": len(m.cells), "kinds": " ".join(sorted({one.kind.value for one in m.cells}))},
    ),
    wire.AskDetect: Rule(searching.ask_detect, "photo.detect", _SEARCH | _GALLERY),
    wire.GrantSearch: Rule(searching.grant_search, "search.ask", _SEARCH, _grant),
    wire.OpenSums: Rule(searching.open_sums, session=False, own_lock=True),
    wire.Compare: Rule(searching.compare, "verify.ask", _SEARCH, lambda m: {"model": m.contract.name}),
    wire.ForgetFaces: Rule(enrolling.forget_faces, "face.forget", _FORGET, lambda m: {"faces": len(m.face_ids)}),
    wire.ForgetPerson: Rule(
        enrolling.forget_person, "person.forget", _FORGET, lambda m: {"person": m.person_id}
    ),
    wire.NextReseal: Rule(enrolling.next_reseal, session=False),
    wire.Reseal: Rule(enrolling.reseal_block, session=False),
    wire.GetGarbage: Rule(enrolling.get_garbage, session=False),
    wire.GarbageGone: Rule(enrolling.garbage_gone, session=False),
    wire.CreateCase: Rule(cases.create_case, "case.create", _SEARCH, lambda m: {"members": len(m.members)}),
    wire.ListCases: Rule(cases.list_cases, "case.list", EVERY_ROLE),
    wire.ShowCase: Rule(cases.show_case, "case.show", EVERY_ROLE, _case),
    wire.ChangeCase: Rule(cases.change_case, "case.change", _SEARCH | _PEOPLE, _change),
    wire.CloseCase: Rule(cases.close_case, "case.close", _SEARCH | _PEOPLE, _case),
    wire.RequestApproval: Rule(
        approvals.request_approval,
        "approval.ask",
        _SEARCH,
        lambda m: {"case": m.case_id, "collection": m.collection_id},
    ),
    wire.ListApprovals: Rule(approvals.list_approvals, "approval.list", EVERY_ROLE),
    wire.ShowApproval: Rule(approvals.show_approval, "approval.show", EVERY_ROLE, _approval),
    wire.DecideApproval: Rule(approvals.decide_approval, "approval.decide", _DECIDE, _approval, sensitive=True),
    wire.ListLeads: Rule(review.list_leads, "lead.list", _REVIEW, _case),
    wire.ShowLead: Rule(review.show_lead, "lead.show", _REVIEW, _lead),
    wire.DescribeLeads: Rule(
        review.describe_leads, "lead.describe", _REVIEW, lambda m: {"leads": len(m.lead_ids), "first": m.lead_ids[0]}
    ),
    wire.DecideLead: Rule(review.decide_lead, "lead.decide", _REVIEW, _lead),
    wire.RevealLead: Rule(review.reveal_lead, "lead.reveal", _REVIEW, _lead, sensitive=True),
    wire.ShowRules: Rule(rules.show_rules, "rules.show", EVERY_ROLE),
    wire.SetRules: Rule(rules.set_rules, "rules.set", _PEOPLE, _rules, sensitive=True),
    wire.ShowUsage: Rule(usage.show_usage, "usage.show", _BILL),
    wire.CreateStanding: Rule(standing.create_standing, "standing.create", _SEARCH, _new_standing),
    wire.ListStanding: Rule(standing.list_standing, "standing.list", EVERY_ROLE, lambda m: {"case": m.case_id or None}),
    wire.ShowStanding: Rule(standing.show_standing, "standing.show", EVERY_ROLE, _standing),
    wire.ApproveStanding: Rule(standing.approve_standing, "standing.approve", _DECIDE, _standing, sensitive=True),
    wire.EndStanding: Rule(standing.end_standing, "standing.end", _SEARCH | _DECIDE, _standing),
    wire.ListHits: Rule(standing.list_hits, "standing.hits", _LEADS, _standing),
    wire.NextStanding: Rule(comparing.next_standing, session=False),
    wire.OpenStandingSums: Rule(comparing.open_standing_sums, session=False, own_lock=True),
    wire.SetWebhook: Rule(hooks.set_webhook, "webhook.set", _PEOPLE, sensitive=True),
    wire.ListWebhooks: Rule(hooks.list_webhooks, "webhook.list", _BILL),
    wire.RemoveWebhook: Rule(hooks.remove_webhook, "webhook.remove", _PEOPLE, _webhook),
    wire.TestWebhook: Rule(hooks.test_webhook, "webhook.test", _PEOPLE, _webhook),
    wire.SignDelivery: Rule(hooks.sign_delivery, session=False),
    wire.DeliveryDone: Rule(hooks.delivery_done, session=False),
    wire.SignAlarm: Rule(alarms.sign_alarm, session=False),
    wire.AlarmSent: Rule(alarms.alarm_sent, session=False),
    wire.ReadLog: Rule(reading_log.read_log, "log.read", _LOG, lambda m: {"start": m.start}),
    wire.BeginExport: Rule(exporting_log.begin_export, exporting_log.EXPORT_ACT, _LOG),
    wire.ReadExport: Rule(exporting_log.read_export, roles=_LOG),
    wire.GetCheckpoint: Rule(reading_log.get_checkpoint, session=False),
    wire.ProveEntry: Rule(reading_log.prove_entry, roles=EVERY_ROLE),
    wire.ProveConsistency: Rule(reading_log.prove_consistency, session=False),
}


_ALTERED = frozenset({Code.CELL_ALTERED, Code.BLOCK_ALTERED, Code.LOG_ALTERED})


def answer(vault: OpenVault, message: Message) -> Message:
    """The answer to one message of the server's, acted on by its rule.

    Raises
    ------
    FacekeepError
        Refusals and failures, with the entry that tells of them where somebody asked.
    """
    rule, message = TABLE[type(message)], touches.look_at(vault, message)
    if rule.own_lock:
        return rule.handler(vault, message)
    with vault.lock:
        vault.refuse_when_closed()
        if not rule.session:
            return _run_logging_alarms(vault, rule, message)
        return _run_for_caller(vault, rule, message)


def _run_for_caller(vault: OpenVault, rule: Rule, message: Any) -> Message:
    session = vault.sessions.find(message.session, in_frozen_organization=rule.when_frozen)
    caller = session.caller
    if rule.act is None:
        _require(rule, session, "")
        return rule.handler(vault, caller, message)
    entry = vault.journal.note(caller, rule.act, rule.facts(message), outcome="asked")
    try:
        _require(rule, session, rule.act)
        watch.note_act(vault, session)
        return rule.handler(vault, caller, message)
    except FacekeepError as error:
        error.entry = _refusal(vault, caller, rule.act, error, entry)
        _alarm_of(vault, error, caller.org_id)
        watch.after(vault, session, error)
        raise


def _require(rule: Rule, session: Session, act: str) -> None:
    """Raise Refused: `forbidden` unless this session may do it, `proof_needed` where it is sensitive and old."""
    caller = session.caller
    if not (caller.may(act, rule.roles) if act else caller.roles & rule.roles):
        raise Refused(Code.FORBIDDEN, "this is not for your role, or not for this key")
    if rule.sensitive and not is_fresh(session):
        raise Refused(Code.PROOF_NEEDED, "this asks you to sign in again first")


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
            # Not told to whoever asked: the keep's own numbers count what others did.
            vault.journal.write(KEEP, "server", type(message).__name__, error.code, {})
        _alarm_of(vault, error, KEEP)
        raise


def _alarm_of(vault: OpenVault, error: FacekeepError, org_id: str) -> None:
    """What was altered is an alarm; what was not brought may have been forgotten a moment ago."""
    if isinstance(error, Tampered) and error.code in _ALTERED and not vault.log.broken:
        raise_alarm(vault, error.code, {}, org_id=org_id)
