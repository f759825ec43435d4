"""Leads: what searches in a case found, decided by two people, each without the other's word; else by a third.

What a view holds depends on who asks; the vault leaves out what they may not see yet.
"""

from typing import Annotated, Literal

import msgspec

from facekeep.terms import CaseId, LeadId, MemberId, SessionToken
from facekeep.vault.wire.base import Id, Message, Page
from facekeep.vault.wire.enrolling import Cell
from facekeep.vault.wire.galleries import FacePlace

Verdict = Literal["same_person", "not_the_same", "cannot_say"]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000, pattern=r"\S")]


class DecisionView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person's decision; `round` is 1, 2, or 3 where the first two differ."""

    round: int
    verdict: Verdict
    reason: str
    decided_by: MemberId
    decided_at: str


class RevealView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who looked at the identity of a lead, when and why."""

    revealed_by: MemberId
    reason: str
    revealed_at: str


class LeadView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lead as the caller may see it.

    `state` is waiting_for_first, waiting_for_second, disputed or agreed; `verdict` is set once it is agreed. `is_blind`
    says that `score`, `one_in`, `decisions` and others' `reveals` are kept back until the caller decided or it is
    agreed; whoever searched sees the score, and decisions are kept back all the same. `may_decide` says that the next
    decision may be the caller's. `is_revealed` says that the records of the face and its person open to them.
    """

    lead_id: LeadId
    case_id: CaseId
    place: FacePlace
    state: str
    verdict: Verdict | None
    found_by: MemberId
    found_at: str
    gallery: int
    floor: float
    model: str
    probe_captured_at: str
    is_blind: bool
    score: float | None
    one_in: float | None
    decisions: tuple[DecisionView, ...]
    reveals: tuple[RevealView, ...]
    is_revealed: bool
    may_decide: bool


class ListLeads(Message, frozen=True):
    """The leads of a case that the caller is in, in an order that says nothing of their scores."""

    session: SessionToken
    case_id: Id
    cursor: str = ""
    limit: Page = 100


class ShowLead(Message, frozen=True):
    """One lead."""

    session: SessionToken
    lead_id: Id


class DescribeLeads(Message, frozen=True):
    """What may be known of leads' photos before anybody is revealed. `cells` are their face cells, in order."""

    session: SessionToken
    lead_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=1_000)]
    cells: Annotated[tuple[Cell, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class DecideLead(Message, frozen=True):
    """The caller's decision and why. It is never taken back."""

    session: SessionToken
    lead_id: Id
    verdict: Verdict
    reason: Reason


class RevealLead(Message, frozen=True):
    """Let the caller see who a lead is, and say why."""

    session: SessionToken
    lead_id: Id
    reason: Reason


class LeadPage(Message, frozen=True):
    """Leads and the cursor of the next page, empty at the end."""

    items: tuple[LeadView, ...]
    next_cursor: str = ""


class LeadShown(Message, frozen=True):
    """One lead."""

    lead: LeadView
    entry: int = -1


class LeadPhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of the photo of a lead, and names nobody. `captured_at` may be empty."""

    quality: int
    quality_reasons: tuple[str, ...]
    captured_at: str


class LeadsDescribed(Message, frozen=True):
    """In the order asked."""

    photos: tuple[LeadPhoto, ...]
