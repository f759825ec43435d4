"""Cases: open, list, show, change, close; and the approval of a second person.

The vault's views are handed on as they are: it has decided already what this caller may see of them.
"""

from collections.abc import Sequence

from facekeep.service.idempotency import Once, alone, recalled_bytes
from facekeep.service.keep import Keep
from facekeep.terms import ApprovalId, CaseId, CollectionId, SessionToken
from facekeep.vault.wire import (
    ApprovalPage,
    ApprovalShown,
    ApprovalView,
    CasePage,
    CaseShown,
    CaseView,
    ChangeCase,
    CloseCase,
    CreateCase,
    DecideApproval,
    ListApprovals,
    ListCases,
    RequestApproval,
    ShowApproval,
    ShowCase,
)

__all__ = [
    "ApprovalPage",
    "ApprovalView",
    "CasePage",
    "CaseView",
    "change_case",
    "close_case",
    "create_case",
    "decide_approval",
    "list_approvals",
    "list_cases",
    "request_approval",
    "show_approval",
    "show_case",
]


def create_case(
    keep: Keep,
    session: SessionToken,
    asked: Once | None,
    *,
    purpose: str,
    legal_basis: str,
    reference: str = "",
    members: Sequence[str] = (),
    expires_at: str | None = None,
    searches_a_day: int | None = None,
) -> CaseView:
    """A new case with its creator and `members` in it. The vault remembers which one an asked `Once` made."""
    message = CreateCase(
        session=session,
        purpose=purpose,
        legal_basis=legal_basis,
        reference=reference,
        members=tuple(members),
        expires_at=expires_at,
        searches_a_day=searches_a_day,
        remember_key="" if asked is None else asked.key,
        remember_digest=b"" if asked is None else asked.digest,
    )
    with alone(keep, asked):
        made_before = None if asked is None else recalled_bytes(keep, session, asked)
        if made_before is not None:
            return show_case(keep, session, CaseId(made_before.decode()))
        return keep.vault.call(message, CaseShown).case


def list_cases(keep: Keep, session: SessionToken, *, cursor: str, limit: int) -> CasePage:
    """The cases that the caller sees after the cursor of the last page."""
    return keep.vault.call(ListCases(session=session, cursor=cursor, limit=limit), CasePage)


def show_case(keep: Keep, session: SessionToken, case_id: CaseId) -> CaseView:
    """One case. Raises `not_found` for one that the caller is not in and does not oversee."""
    return keep.vault.call(ShowCase(session=session, case_id=case_id), CaseShown).case


def change_case(
    keep: Keep,
    session: SessionToken,
    case_id: CaseId,
    *,
    expires_at: str | None = None,
    add_members: Sequence[str] = (),
    remove_members: Sequence[str] = (),
    searches_a_day: int | None = None,
) -> CaseView:
    """An open case with another end, other members or another limit."""
    message = ChangeCase(
        session=session,
        case_id=case_id,
        expires_at=expires_at,
        add_members=tuple(add_members),
        remove_members=tuple(remove_members),
        searches_a_day=searches_a_day,
    )
    return keep.vault.call(message, CaseShown).case


def close_case(keep: Keep, session: SessionToken, case_id: CaseId) -> CaseView:
    """A case that is over from now on."""
    return keep.vault.call(CloseCase(session=session, case_id=case_id), CaseShown).case


def request_approval(
    keep: Keep, session: SessionToken, asked: Once | None, *, case_id: CaseId, collection_id: CollectionId, reason: str
) -> ApprovalView:
    """A request that a collection may be searched in a case."""
    message = RequestApproval(
        session=session,
        case_id=case_id,
        collection_id=collection_id,
        reason=reason,
        remember_key="" if asked is None else asked.key,
        remember_digest=b"" if asked is None else asked.digest,
    )
    with alone(keep, asked):
        made_before = None if asked is None else recalled_bytes(keep, session, asked)
        if made_before is not None:
            return show_approval(keep, session, ApprovalId(made_before.decode()))
        return keep.vault.call(message, ApprovalShown).approval


def list_approvals(keep: Keep, session: SessionToken, *, cursor: str, limit: int) -> ApprovalPage:
    """The requests that the caller sees after the cursor of the last page."""
    return keep.vault.call(ListApprovals(session=session, cursor=cursor, limit=limit), ApprovalPage)


def show_approval(keep: Keep, session: SessionToken, approval_id: ApprovalId) -> ApprovalView:
    """One request."""
    return keep.vault.call(ShowApproval(session=session, approval_id=approval_id), ApprovalShown).approval


def decide_approval(keep: Keep, session: SessionToken, approval_id: ApprovalId, *, approved: bool) -> ApprovalView:
    """A decided request. Raises `forbidden` for the person who asked."""
    message = DecideApproval(session=session, approval_id=approval_id, approved=approved)
    return keep.vault.call(message, ApprovalShown).approval
