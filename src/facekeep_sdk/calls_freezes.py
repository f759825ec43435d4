"""Calls about what is frozen; see `calls.py`. Nothing here does I/O."""

from facekeep_sdk.calls import Call, decoder, get
from facekeep_sdk.models_freezes import FreezeList, LiftSaid
from facekeep_sdk.models_members import Written


def freeze_member(member_id: str) -> Call[Written]:
    """Stop a member at once: every session and key of theirs, searches under way included."""
    return Call("POST", "/v1/members/freeze", decoder(Written), json={"member_id": member_id}, repeatable=True)


def freezes() -> Call[FreezeList]:
    """What is frozen of your organization, oldest first."""
    return get("/v1/freezes", FreezeList)


def lift_freeze(kind: str, subject_id: str) -> Call[LiftSaid]:
    """Say that something frozen may go on; it does once two different people have said so."""
    return Call("POST", "/v1/freezes/lift", decoder(LiftSaid), json={"kind": kind, "subject_id": subject_id})
