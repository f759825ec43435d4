"""Cases: why somebody searches, on what legal basis, who takes part, and until when. And a second person's approval."""

from typing import Annotated

import msgspec

from facekeep.terms import ApprovalId, CaseId, CollectionId, MemberId, SessionToken
from facekeep.vault.wire.base import Id, Message, Name, Page, Text
from facekeep.vault.wire.rules import Limit

Time = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Members = Annotated[tuple[Id, ...], msgspec.Meta(max_length=100)]


class CaseView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case. `status` is open or closed; an expired one is closed.

    `reference` and `searches_today` are empty for whoever oversees the case without being a member of it. Its records
    are forgotten at `forget_at`, as the rules are now. `searches_a_day` None leaves it to the rules.
    """

    case_id: CaseId
    purpose: str
    legal_basis: str
    reference: str
    members: tuple[MemberId, ...]
    created_by: MemberId
    created_at: str
    ends_at: str
    forget_at: str
    status: str
    searches_a_day: int | None
    searches_today: int | None


class CreateCase(Message, frozen=True):
    """A new case with the caller as its first member. `expires_at` None means as long as the rules allow."""

    session: SessionToken
    purpose: Name
    legal_basis: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    reference: Text = ""
    members: Members = ()
    expires_at: Time | None = None
    searches_a_day: Limit | None = None
    remember_key: str = ""
    remember_digest: bytes = b""


class ListCases(Message, frozen=True):
    """Cases that the caller is a member of or oversees, oldest first."""

    session: SessionToken
    cursor: str = ""
    limit: Page = 100


class ShowCase(Message, frozen=True):
    """One case."""

    session: SessionToken
    case_id: Id


class ChangeCase(Message, frozen=True):
    """Another expiry, other members, another limit of an open case; by whoever created it, or an admin."""

    session: SessionToken
    case_id: Id
    expires_at: Time | None = None
    add_members: Members = ()
    remove_members: Members = ()
    searches_a_day: Limit | None = None


class CloseCase(Message, frozen=True):
    """End a case now: searches in it are refused, those under way included."""

    session: SessionToken
    case_id: Id


class CasePage(Message, frozen=True):
    """Cases and the cursor of the next page, empty at the end."""

    items: tuple[CaseView, ...]
    next_cursor: str = ""


class CaseShown(Message, frozen=True):
    """One case."""

    case: CaseView
    entry: int = -1


class ApprovalView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request to search one collection in one case, and what became of it.

    `status` is asked, approved, refused or expired. `purpose` and `legal_basis` are the case's.
    """

    approval_id: ApprovalId
    case_id: CaseId
    collection_id: CollectionId
    purpose: str
    legal_basis: str
    reason: str
    asked_by: MemberId
    asked_at: str
    status: str
    decided_by: MemberId | None
    decided_at: str | None
    expires_at: str


class RequestApproval(Message, frozen=True):
    """Ask that a collection may be searched in a case."""

    session: SessionToken
    case_id: Id
    collection_id: Id
    reason: Text = ""
    remember_key: str = ""
    remember_digest: bytes = b""


class ListApprovals(Message, frozen=True):
    """Requests in the caller's cases, or all that the caller may decide or oversee, oldest first."""

    session: SessionToken
    cursor: str = ""
    limit: Page = 100


class ShowApproval(Message, frozen=True):
    """One request."""

    session: SessionToken
    approval_id: Id


class DecideApproval(Message, frozen=True):
    """Approve or refuse, as another person than the one who asked."""

    session: SessionToken
    approval_id: Id
    approved: bool


class ApprovalPage(Message, frozen=True):
    """Requests and the cursor of the next page, empty at the end."""

    items: tuple[ApprovalView, ...]
    next_cursor: str = ""


class ApprovalShown(Message, frozen=True):
    """One request."""

    approval: ApprovalView
    entry: int = -1
