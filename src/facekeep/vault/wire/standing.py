"""Standing searches: a probe kept with a case and compared with faces that are enrolled later."""

from typing import Annotated

import msgspec

from facekeep.terms import CaseId, CollectionId, GrantId, MemberId, SessionToken, StandingId
from facekeep.vault.wire.base import Id, Message, Page, Text
from facekeep.vault.wire.cases import Time
from facekeep.vault.wire.enrolling import Block
from facekeep.vault.wire.searching import Candidate


class StandingView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A standing search and what became of it; never its probe.

    `status` is waiting, active or ended; `ended_because` says why. `purpose` and `legal_basis` are the case's. `hits`
    counts what is listed now, `withheld` the hits held back because too many searches have shown those faces.
    """

    standing_id: StandingId
    case_id: CaseId
    collection_ids: tuple[CollectionId, ...]
    purpose: str
    legal_basis: str
    reason: str
    score_floor: float | None
    status: str
    created_by: MemberId
    created_at: str
    expires_at: str
    approved_by: MemberId | None
    approved_at: str | None
    ended_at: str | None
    ended_because: str | None
    hits: int
    withheld: int


class HitView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A face that was enrolled later and looks like the probe: a lead, never an identification."""

    candidate: Candidate
    found_at: str


class CreateStanding(Message, frozen=True):
    """A standing search in a case of the caller's, with one unit-length probe, float32 (D,); waits for approval.

    `expires_at` None means as long as the case lasts.
    """

    session: SessionToken
    case_id: Id
    collection_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=16)]
    probe: bytes
    reason: Text = ""
    score_floor: Annotated[float, msgspec.Meta(ge=-1, le=1)] | None = None
    expires_at: Time | None = None
    remember_key: str = ""
    remember_digest: bytes = b""


class ListStanding(Message, frozen=True):
    """Standing searches of one case, or of every case whose standing searches the caller sees, oldest first."""

    session: SessionToken
    case_id: Annotated[str, msgspec.Meta(max_length=64)] = ""
    cursor: str = ""
    limit: Page = 100


class ShowStanding(Message, frozen=True):
    """One standing search."""

    session: SessionToken
    standing_id: Id


class ApproveStanding(Message, frozen=True):
    """Let it begin, as another person than the one who asked."""

    session: SessionToken
    standing_id: Id


class EndStanding(Message, frozen=True):
    """End it for good: by a member of its case; or the refusal, or withdrawal, of a second person's approval."""

    session: SessionToken
    standing_id: Id


class ListHits(Message, frozen=True):
    """What it found, oldest first; for members of its case."""

    session: SessionToken
    standing_id: Id
    cursor: str = ""
    limit: Page = 100


class StandingPage(Message, frozen=True):
    """Standing searches and the cursor of the next page, empty at the end."""

    items: tuple[StandingView, ...]
    next_cursor: str = ""


class StandingShown(Message, frozen=True):
    """One standing search."""

    standing: StandingView
    entry: int = -1


class HitPage(Message, frozen=True):
    """Hits and the cursor of the next page, empty at the end."""

    items: tuple[HitView, ...]
    next_cursor: str = ""


class NextStanding(Message, frozen=True):
    """Which comparison is due? `anew` begins a round: within one, no comparison is handed out twice."""

    anew: bool = False


class StandingGrant(Message, frozen=True):
    """What to scan, as in `Grant`: the blocks in which new faces lie. `grant_id` None: nothing is due."""

    grant_id: GrantId | None
    dimension: int = 0
    probes: bytes = b""
    blocks: tuple[Block, ...] = ()


class OpenStandingSums(Message, frozen=True):
    """The answer of a search node to a `StandingGrant`. What it shows stays in the vault until somebody lists hits."""

    grant_id: GrantId
    sums: bytes
