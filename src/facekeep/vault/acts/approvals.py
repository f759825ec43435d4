"""Asking for a second person's approval, and giving or refusing it."""

from facekeep.terms import ApprovalId, CaseId, CollectionId, MemberId
from facekeep.vault import wire
from facekeep.vault.acts.cases import register_of
from facekeep.vault.acts.shared import collection_of, remember
from facekeep.vault.cases.approvals import Approval, Approvals
from facekeep.vault.cases.register import refuse_when_over
from facekeep.vault.cursors import cursor_after, start_of
from facekeep.vault.identity import Caller, rules
from facekeep.vault.naming import naming
from facekeep.vault.open_vault import OpenVault


def request_approval(vault: OpenVault, caller: Caller, message: wire.RequestApproval) -> wire.ApprovalShown:
    """A request to search a collection in a case that the caller is in."""
    case = register_of(vault, caller).own(caller, message.case_id)
    refuse_when_over(case)
    collection = collection_of(vault, caller, message.collection_id)
    with vault.database.transaction():
        approval_id = _approvals(vault, caller).ask(
            caller, case.case_id, collection.collection_id, message.reason, _hours(vault, caller)
        )
        if message.remember_key:
            answer = wire.Remember(message.remember_key, message.remember_digest, approval_id.encode())
            remember(vault, caller.org_id, answer)
        vault.journal.save_anchor()
    facts = {"approval": approval_id, "case": case.case_id, "collection": collection.collection_id}
    entry = vault.journal.note(caller, "approval.asked", {**facts})
    return wire.ApprovalShown(approval=_shown(vault, caller, approval_id), entry=entry)


def list_approvals(vault: OpenVault, caller: Caller, message: wire.ListApprovals) -> wire.ApprovalPage:
    """A page of the requests that the caller sees."""
    key = vault.shelf.cursor_key(caller.org_id)
    found = _approvals(vault, caller).page(caller, start_of(key, "approvals", message.cursor), message.limit)
    more = cursor_after(key, "approvals", found[-1].number) if len(found) == message.limit else ""
    ids = {"approvals": [one.approval_id for one in found], "cases": [one.case_id for one in found]}
    vault.journal.note_all(caller, naming("approvals.listed", {}, ids))
    return wire.ApprovalPage(items=tuple(_view(vault, caller, one) for one in found), next_cursor=more)


def show_approval(vault: OpenVault, caller: Caller, message: wire.ShowApproval) -> wire.ApprovalShown:
    """One request."""
    return wire.ApprovalShown(approval=_shown(vault, caller, message.approval_id))


def decide_approval(vault: OpenVault, caller: Caller, message: wire.DecideApproval) -> wire.ApprovalShown:
    """The decision of a second person, while the case is open."""
    approvals = _approvals(vault, caller)
    approval = approvals.seen(caller, message.approval_id)
    refuse_when_over(register_of(vault, caller).by_id(caller.org_id, approval.case_id))
    with vault.database.transaction():
        approvals.decide(caller, approval, approved=message.approved, hours=_hours(vault, caller))
        vault.journal.save_anchor()
    facts = {"approval": approval.approval_id, "case": approval.case_id, "collection": approval.collection_id}
    entry = vault.journal.note(caller, "approval.decided", {**facts, "approved": message.approved})
    return wire.ApprovalShown(approval=_shown(vault, caller, approval.approval_id), entry=entry)


def _approvals(vault: OpenVault, caller: Caller) -> Approvals:
    return Approvals(vault.database, vault.shelf.org_key(caller.org_id))


def _hours(vault: OpenVault, caller: Caller) -> int:
    return rules.load(vault.database, caller.org_id).approval_hours


def _shown(vault: OpenVault, caller: Caller, approval_id: str) -> wire.ApprovalView:
    return _view(vault, caller, _approvals(vault, caller).seen(caller, approval_id))


def _view(vault: OpenVault, caller: Caller, one: Approval) -> wire.ApprovalView:
    """A request with what its case is for, so that who decides knows."""
    facts = register_of(vault, caller).by_id(caller.org_id, one.case_id).facts
    return wire.ApprovalView(
        approval_id=ApprovalId(one.approval_id),
        case_id=CaseId(one.case_id),
        collection_id=CollectionId(one.collection_id),
        purpose=facts.purpose,
        legal_basis=facts.legal_basis,
        reason=one.reason,
        asked_by=MemberId(one.asked_by),
        asked_at=one.asked_at,
        status=one.status,
        decided_by=None if one.decided_by is None else MemberId(one.decided_by),
        decided_at=one.decided_at,
        expires_at=one.expires_at,
    )
